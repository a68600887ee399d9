"""What a bidder did, update by update and campaign by campaign: columns that every figure is made from."""

from typing import Any, NamedTuple

import numpy as np

from replay.log import MICROS
from simulator.market.bidder import Bidder
from simulator.market.estimators.base import Floats
from simulator.market.kernel import Ints


class Series(NamedTuple):
    """Columns of shape (n_updates, n_campaigns), and the times of the updates of shape (n_updates,).

    Row k is about the clicks between update k - 1 and update k, and about what was believed at update k.
    """

    start: Ints  # us UTC
    end: Ints
    clicks: Floats
    cost: Floats
    value: Floats  # that the clicks bring in the end
    expected: Floats  # expectation of that where the world knows it, else `value`
    looked_back_cost: Floats
    estimate: Floats  # of the value of the clicks looked back on; nan for no answer
    truth: Floats  # what those bring in the end
    multiplier: Floats  # from the update on

    def since(self, moment: int, until: int | None = None) -> "Series":
        """Return the updates of stretches that lie in [moment, until)."""
        inside = self.start >= moment
        if until is not None:
            inside &= self.end <= until
        columns: Any = (column[inside] for column in self)
        return Series(*columns)


def series_of(bidder: Bidder) -> Series:
    """Return what a bidder did and believed."""
    beliefs, book, auctions = bidder.diary.beliefs, bidder.book, bidder.auctions
    end = np.array([belief.now for belief in beliefs], np.int64)
    start = np.concatenate([[bidder.way.terms.start], end[:-1]]).astype(np.int64)[: len(end)]
    shape = len(end), book.n_groups
    time, group = book.time[: book.n], book.group[: book.n].astype(np.int64)
    which = np.searchsorted(end, time, side="right")
    inside = which < len(end)
    place = which[inside] * book.n_groups + group[inside]
    index = bidder.won.index[: book.n][inside]

    def sums(column: Floats | None) -> Floats:
        return np.bincount(place, column, minlength=shape[0] * shape[1]).astype(np.float64).reshape(shape)

    def believed(name: str) -> Floats:
        return np.array([getattr(belief, name) for belief in beliefs]).reshape(shape)

    value = sums(auctions.worth[index])
    return Series(
        start,
        end,
        sums(None),
        sums(book.cost[: book.n][inside] / MICROS),
        value,
        value if auctions.expected is None else sums(auctions.expected[index]),
        *(believed(name) for name in ("cost", "estimate", "truth", "multiplier")),
    )


def by_window(series: Series, window: int) -> Series:
    """Return the sums of UTC windows; beliefs are those of a window's last update."""
    _, first = np.unique(series.start - series.start % window, return_index=True)
    if not len(first):
        return series
    last = np.append(first[1:], len(series.start)) - 1
    sums = (np.add.reduceat(column, first, axis=0) for column in series[2:6])
    return Series(series.start[first], series.end[last], *sums, *(column[last] for column in series[6:]))
