"""The log of what was won: it grows as clicks are bought, and labels in it as they arrive."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.feed import Deliveries
from replay.log import ClickLog, Ints, Outcomes, Segment
from replay.scratch import scratch_column
from replay.slots import Slots, SlotTable
from simulator.market.auctions import Auctions
from simulator.market.purse import Purse

_NONE = Outcomes(np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class Picked(SlotTable):
    """Some rows of a table of slots, found where they lie."""

    index: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def slice(self, start: int, stop: int) -> Slots:
        """Return picked rows start to stop, as a copy."""
        return super().take(self.index[start:stop])

    def take(self, rows: NDArray[np.int64]) -> Slots:
        """Return picked rows in the given order, as a copy."""
        return super().take(self.index[rows])


class Arrived(Deliveries):
    """Deliveries of a growing log: what happened when, and in which order it arrived, is handed over."""

    _happened: Ints
    _in_order: tuple[Ints, Ints]
    _outcomes_in_order: tuple[Ints, Ints]

    @property
    def outcomes_in_order(self) -> tuple[Ints, Ints]:
        """Outcomes that have arrived, and when, ordered by (arrival, index); none unless amounts are learned."""
        return self._outcomes_in_order

    @property
    def happened(self) -> Ints:
        """When the conversion that makes a click's label known happened, us UTC; NEVER."""
        return self._happened

    @property
    def in_order(self) -> tuple[Ints, Ints]:
        """Rows whose conversion has arrived, and when, ordered by (arrival, row)."""
        return self._in_order


class Won:
    """Bought clicks as a log and its deliveries, as of a moment.

    Parameters
    ----------
    auctions : Auctions
    scratch : Path, optional
        Folder for columns, which are mapped from unnamed files there instead of held in memory.
    amounts : bool
        Whether the log has outcomes one by one, for a method that learns what they bring.
    """

    def __init__(self, auctions: Auctions, scratch: Path | None = None, *, amounts: bool = False) -> None:
        self._purse = Purse(auctions, scratch) if amounts else None
        self._auctions, self._heard_until, n = auctions, int(auctions.log.click_time[0]), auctions.log.n_clicks

        def column(dtype: Any) -> NDArray[Any]:
            return scratch_column(scratch, n, dtype)

        self.n = 0
        self.index = column(np.int64)  # of each bought click: its auction
        self._time, self._arrival, self._happened = column(np.int64), column(np.int64), column(np.int64)
        self._label = column(np.bool_)
        self._place = column(np.int64)  # of each auction: its row here, plus 1; 0 where it was not won
        self._came, self._came_at, self._n_came = column(np.int64), column(np.int64), 0

    def place(self, auction: Ints) -> Ints:
        """Return the rows of auctions here, -1 where they were not won."""
        return self._place[auction] - 1

    def enter(self, auction: Ints) -> slice:
        """Write down auctions that were just won, in order, and return their rows."""
        rows = slice(self.n, self.n + len(auction))
        deliveries = self._auctions.deliveries
        self.index[rows] = auction
        self._place[auction] = np.arange(rows.start + 1, rows.stop + 1)
        self._time[rows] = self._auctions.log.click_time[auction]
        self._arrival[rows], self._label[rows] = deliveries.arrival[auction], deliveries.label[auction]
        self._happened[rows] = deliveries.happened[auction]
        if self._purse:
            self._purse.enter(auction, rows.start)
        self.n = rows.stop
        return rows

    def hear(self, until: int) -> None:
        """Take in the conversions that arrive before `until`; all clicks before it are in."""
        order, moment = self._auctions.deliveries.in_order
        cut = slice(*np.searchsorted(moment, [self._heard_until, until]))
        row = self.place(order[cut])
        bought = row >= 0
        new = slice(self._n_came, self._n_came + int(np.count_nonzero(bought)))
        self._came[new], self._came_at[new] = row[bought], moment[cut][bought]
        if self._purse:
            self._purse.hear(self._heard_until, until)
        self._n_came, self._heard_until = new.stop, until

    def log(self) -> ClickLog:
        """Return the log as it stands; what came of its clicks is told by `deliveries` alone."""
        whole, n = self._auctions.log, self.n
        return ClickLog(
            click_time=self._time[:n],
            click=self.index[:n],
            slots=self._slots(),
            feature_names=whole.feature_names,
            outcomes=self._purse.outcomes() if self._purse else _NONE,
            observed_until=whole.observed_until,
            intake=whole.intake,
            fingerprint=whole.fingerprint,
        )

    def deliveries(self) -> Deliveries:
        """Return the deliveries as they stand."""
        n, none, nothing = self.n, np.empty(0, np.bool_), np.empty(0, np.int64)
        whole, purse = self._auctions.deliveries, self._purse
        arrival, outside, repeat = purse.columns() if purse else (nothing, none, none)
        arrived = Arrived(
            self._label[:n],
            self._arrival[:n],
            arrival,
            outside,
            repeat,
            self.log(),
            whole.feed,
            whole.watermark,
        )
        object.__setattr__(arrived, "_outcomes_in_order", purse.in_order() if purse else (nothing, nothing))
        object.__setattr__(arrived, "_happened", self._happened[:n])
        object.__setattr__(arrived, "_in_order", (self._came[: self._n_came], self._came_at[: self._n_came]))
        return arrived

    def whole(self) -> ClickLog:
        """Return the log with all that came of its clicks, for those who look back on it."""
        whole, index = self._auctions.log, self.index[: self.n]
        row, kind, time, amount = whole.outcomes
        place = self.place(row)
        bought = place >= 0
        outcomes = Outcomes(place[bought], kind[bought], time[bought], amount[bought])
        truth = None if whole.true_probability is None else whole.true_probability[index]
        segments = {name: Segment(one.code[index], one.values) for name, one in whole.segments.items()}
        click = whole.click[index]
        return replace(self.log(), outcomes=outcomes, true_probability=truth, click=click, segments=segments)

    def _slots(self) -> Picked:
        table = self._auctions.log.slots
        return Picked(table.words, table.base, table.n_rows, table.n_features, table.batch_bits, self.index[: self.n])
