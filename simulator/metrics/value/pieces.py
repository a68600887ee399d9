"""The evaluated time in pieces, cut at every window and every hour, and what adds up over each."""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.days import DAY
from simulator.metrics.sums import CHUNK, Floats, Ints
from simulator.metrics.value.clicks import Received, Valued
from simulator.metrics.value.sums import DENSE_AT, N_SUMS, SPARSE_AT, dense_terms, sparse_terms

_ENOUGH_DAYS, _ENOUGH_PARTS = 6.5, 12.0
_LEAST = 0.25  # of the clicks of a usual block: what a block must have to be one by itself
_PARTS = (DAY // 2, DAY // 4, DAY // 8, DAY // 24)
_PART = DAY // 24  # divides all of them


class Pieces(NamedTuple):
    """The evaluated time cut at every window and every hour, so at every block."""

    start: Ints  # us UTC, shape (n_pieces,)
    edges: Ints  # rows where pieces begin, and where the last ends
    window: Ints  # of each piece
    block: Ints  # of each piece, as an index: what is resampled for intervals
    windows: list[tuple[int, int]]  # us UTC
    length: int  # of a block at least, us

    @property
    def rows(self) -> slice:
        """The evaluated clicks."""
        return slice(int(self.edges[0]), int(self.edges[-1]))

    @property
    def span(self) -> tuple[int, int]:
        """From when to when, us UTC."""
        return self.windows[0][0], self.windows[-1][1]

    @property
    def n_blocks(self) -> int:
        """How many blocks there may be."""
        return int(self.block[-1]) + 1

    def of(self, row: Ints) -> Ints:
        """Return the piece that each row is in; that of rows outside is one at either end."""
        return np.clip(np.searchsorted(self.edges, row, side="right") - 1, 0, len(self.start) - 1)


def cut(click_time: Ints, window: int, start: int, end: int, n_mature: int) -> Pieces:
    """Return [start, end) cut at windows and hours; windows and blocks begin at multiples of their length."""
    windows = list(pairwise([start, *range((start // window + 1) * window, end, window), end]))
    first = int(np.searchsorted(click_time, start))
    length = block_length(click_time[first : max(first, n_mature)])
    parts = range((start // _PART + 1) * _PART, end, _PART)  # however long blocks are, sums are rounded alike
    begins = np.unique([first for first, _ in windows] + list(parts))
    edges = np.searchsorted(click_time, [*begins.tolist(), end]).astype(np.int64)
    of_window = np.searchsorted([first for first, _ in windows], begins, side="right") - 1
    number = begins // length - start // length
    block = _joined(number, np.minimum(edges, max(first, n_mature)))[number]
    return Pieces(begins, edges, of_window, block, windows, length)


def _joined(number: Ints, edges: Ints) -> Ints:
    """Return which block each stretch of time belongs to: one with few clicks goes with those after it.

    Alone it would be resampled as often as a full one, and tell next to nothing.
    """
    clicks = np.bincount(number, np.diff(edges))
    least = _LEAST * float((clicks**2).sum()) / max(float(clicks.sum()), 1.0)
    joined, block, found = np.zeros(len(clicks), np.int64), 0, 0.0
    for at, some in enumerate(clicks.tolist()):
        if found >= least and found:
            block, found = block + 1, 0.0
        joined[at] = block
        found += some
    if found < least and block:
        joined[joined == block] = block - 1
    return joined


def block_length(click_time: Ints) -> int:
    """Return how long the blocks are that clicks are resampled in, us.

    UTC days, since the clicks of one day share its weather.  Where there are fewer of them than make a week, counted by
    how evenly clicks are spread over them (Kish 1965), the longest part of a day of which there are enough; what
    its clicks share with those of the next is then left out of account.
    """
    if effective_blocks(click_time, DAY) >= _ENOUGH_DAYS:
        return DAY
    return next((length for length in _PARTS if effective_blocks(click_time, length) >= _ENOUGH_PARTS), DAY)


def effective_blocks(click_time: Ints, length: int) -> float:
    """Return how many blocks of equally many clicks would tell as much."""
    if not len(click_time):
        return 0.0
    edges = np.arange(click_time[0] // length, click_time[-1] // length + 2) * length
    clicks = np.diff(np.searchsorted(click_time, edges)).astype(np.float64)
    return float(clicks.sum() ** 2 / (clicks**2).sum())


def _dense(clicks: Valued, first: int, stop: int) -> Floats:
    found = np.zeros(N_SUMS)
    for at in range(first, stop, CHUNK):
        part = slice(at, min(at + CHUNK, stop))
        p = np.asarray(clicks.prediction[part])
        if not np.isfinite(p).all():
            raise ValueError("predicted money must be finite")
        found[DENSE_AT] += dense_terms(p, None if clicks.truth is None else clicks.truth[part]).sum(axis=1)
    return found


def dense_by_piece(clicks: Valued, pieces: Pieces) -> tuple[Floats, Floats]:
    """Return what clicks add whatever they bring: the mature ones, and all; shape (n_pieces, n_sums) each."""
    mature, whole = np.zeros((len(pieces.start), N_SUMS)), np.zeros((len(pieces.start), N_SUMS))
    for at, (first, stop) in enumerate(pairwise(pieces.edges.tolist())):
        whole[at] = _dense(clicks, first, stop)
        # what is seen is summed across the bound of maturity: the log's end moves it, and must not move the rounding
        mature[at] = whole[at] if stop <= clicks.n_mature else _dense(clicks, first, min(stop, clicks.n_mature))
    return mature, whole


def sparse_by_group(clicks: Valued, money: Received, group_of: Callable[[Ints], Ints], groups: int) -> Floats:
    """Return what money adds to each group of clicks, shape (n_groups, n_sums)."""
    found = np.zeros((groups, N_SUMS))
    for start in range(0, len(money.row), CHUNK):
        row, value = money.row[start : start + CHUNK], money.value[start : start + CHUNK]
        amount = None if clicks.amount is None else clicks.amount[row]
        add_by_group(found, SPARSE_AT, sparse_terms(clicks.prediction[row], amount, value), group_of(row))
    return found


def add_by_group(sums: Floats, at: NDArray[np.int64], terms: Floats, group: Ints) -> None:
    """Add terms, shape (n_terms, n), to their groups' sums, shape (n_groups, n_sums), at their places among all."""
    for place, term in zip(at, terms, strict=True):
        np.add.at(sums[:, place], group, term)  # one by one: however they come in steps, sums are rounded alike


def total(sums: Floats, group: Ints, groups: int) -> Floats:
    """Return sums added up by group, shape (n_groups, n_sums)."""
    found = np.zeros((groups, N_SUMS))
    np.add.at(found, group, sums)
    return found
