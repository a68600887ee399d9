"""What comes of bought clicks, outcome by outcome, for methods that learn amounts."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.log import Bools, Ints, Outcomes
from replay.scratch import scratch_column
from simulator.market.auctions import Auctions


class Purse:
    """Outcomes of a growing log: they are written down with their clicks, and found again as they arrive.

    Parameters
    ----------
    auctions : Auctions
    scratch : Path, optional
        Folder for columns, which are mapped from unnamed files there instead of held in memory.
    """

    def __init__(self, auctions: Auctions, scratch: Path | None = None) -> None:
        self._auctions, self._n, self._n_came = auctions, 0, 0
        n = len(auctions.log.outcomes.row)

        def column(dtype: Any) -> NDArray[Any]:
            return scratch_column(scratch, n, dtype)

        self._row, self._kind = column(np.int64), column(np.int8)
        self._time, self._amount, self._arrival = column(np.int64), column(np.int64), column(np.int64)
        self._outside, self._repeat = column(np.bool_), column(np.bool_)
        self._place = column(np.int64)  # of each outcome of the whole log: its index here, plus 1; 0 if not bought
        self._came, self._came_at = column(np.int64), column(np.int64)

    def enter(self, auction: Ints, row: int) -> None:
        """Write down the outcomes of auctions that were just won and have become rows `row` and following."""
        whole, deliveries = self._auctions.log.outcomes, self._auctions.deliveries
        first = np.searchsorted(whole.row, auction)
        size = np.searchsorted(whole.row, auction, side="right") - first
        which = np.repeat(np.arange(len(auction)), size)
        index = np.arange(len(which)) + (first - (np.cumsum(size) - size))[which]
        new = slice(self._n, self._n + len(index))
        self._row[new], self._place[index] = row + which, np.arange(new.start + 1, new.stop + 1)
        self._kind[new], self._time[new] = whole.kind[index], whole.time[index]
        self._amount[new], self._arrival[new] = whole.amount[index], deliveries.outcome_arrival[index]
        self._outside[new], self._repeat[new] = deliveries.outside[index], deliveries.repeat[index]
        self._n = new.stop

    def hear(self, since: int, until: int) -> None:
        """Take in the outcomes that arrive in [since, until), us UTC."""
        order, moment = self._auctions.deliveries.outcomes_in_order
        cut = slice(*np.searchsorted(moment, [since, until]))
        place = self._place[order[cut]] - 1
        bought = place >= 0
        new = slice(self._n_came, self._n_came + int(np.count_nonzero(bought)))
        self._came[new], self._came_at[new] = place[bought], moment[cut][bought]
        self._n_came = new.stop

    def outcomes(self) -> Outcomes:
        """Return the outcomes of all bought clicks, in the order of these."""
        n = self._n
        return Outcomes(self._row[:n], self._kind[:n], self._time[:n], self._amount[:n])

    def columns(self) -> tuple[Ints, Bools, Bools]:
        """Return when each arrives, whether it is outside the window, and whether it repeats another."""
        return self._arrival[: self._n], self._outside[: self._n], self._repeat[: self._n]

    def in_order(self) -> tuple[Ints, Ints]:
        """Return the outcomes that have arrived, and when, ordered by that."""
        return self._came[: self._n_came], self._came_at[: self._n_came]
