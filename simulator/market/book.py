"""The buyer's book: what each click cost, what was expected of it, and what has come of it so far."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.log import MICROS
from replay.scratch import scratch_column
from simulator.market.curves import DelayCurves, share_at
from simulator.market.estimators import Known
from simulator.market.estimators.base import Floats, sums_by

Ints = NDArray[np.int64]


class Book:
    """Columns of bought clicks, sorted by time; only what had become known is written into them.

    Parameters
    ----------
    capacity : int
        At most so many clicks.
    n_groups : int
        Number of campaigns.
    scratch : Path, optional
        Folder for the columns, which are mapped from unnamed files there instead of held in memory.
    """

    def __init__(self, capacity: int, n_groups: int, scratch: Path | None = None) -> None:
        def column(dtype: Any) -> NDArray[Any]:
            return scratch_column(scratch, capacity, dtype)

        self.n_groups, self.n = n_groups, 0
        self.time, self.cost = column(np.int64), column(np.int64)  # us UTC; millionths
        self.group = column(np.int32)
        self.probability, self.predicted = column(np.float32), column(np.float32)
        self.counted, self.settled = column(np.float64), column(np.float64)
        self.converted = column(np.bool_)

    def enter(self, time: Ints, group: NDArray[Any], cost: Ints, probability: Any, predicted: Any) -> None:
        """Write down clicks that were just bought; columns of shape (n_clicks,)."""
        new = slice(self.n, self.n + len(time))
        self.time[new], self.group[new], self.cost[new] = time, group, cost
        self.probability[new], self.predicted[new] = probability, predicted
        self.n = new.stop

    def rows(self, start: int, end: int) -> slice:
        """Return the rows of the clicks in [start, end), us UTC."""
        first, last = np.searchsorted(self.time[: self.n], [start, end])
        return slice(int(first), int(last))

    def known(
        self,
        asked: slice,
        watermark: int,
        come: DelayCurves,
        come_of_value: DelayCurves,
        mature: slice,
        arrived: Floats,
    ) -> Known:
        """Return what is known of some clicks.

        Parameters
        ----------
        asked : slice
            Of rows.
        watermark : int
            us UTC.
        come, come_of_value : DelayCurves
            Of conversions and of value; the same object where conversions are counted.
        mature : slice
            Rows of the mature clicks that may speak for them.
        arrived : float64 array of shape (n_groups,)
            Value that arrived in the same stretch of time.
        """
        group = self.group[asked].astype(np.int64)
        age = np.maximum(watermark - self.time[asked], 0)
        share = _shares(age, group, come_of_value)
        of_conversions = share if come is come_of_value else _shares(age, group, come)
        return Known(
            group=group,
            n_groups=self.n_groups,
            cost=self.cost[asked] / MICROS,
            probability=self.probability[asked].astype(np.float64),
            predicted=self.predicted[asked].astype(np.float64),
            counted=self.counted[asked],
            settled=self.settled[asked],
            converted=self.converted[asked],
            converted_share=of_conversions,
            share=share,
            mature_cost=self._sums(mature, self.cost) / MICROS,
            mature_value=self._sums(mature, self.settled),
            arrived=arrived,
        )

    def _sums(self, rows: slice, column: NDArray[Any]) -> Floats:
        return sums_by(self.group[rows], column[rows], self.n_groups)


def _shares(age: Ints, group: Ints, curves: DelayCurves) -> Floats:
    out = np.empty(len(age))
    share_at(age, group, curves.edges, curves.table(), out)
    return out
