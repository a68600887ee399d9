"""The evaluated time in pieces, cut at every window and every block, and what adds up over each."""

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


class Pieces(NamedTuple):
    """The evaluated time cut at every window and every block."""

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
    """Return [start, end) in pieces; windows and blocks begin at multiples of their lengths since 1970."""
    windows = list(pairwise([start, *range((start // window + 1) * window, end, window), end]))
    first = int(np.searchsorted(click_time, start))
    length = block_length(click_time[first : max(first, n_mature)])
    blocks = range((start // length + 1) * length, end, length)
    begins = np.unique([first for first, _ in windows] + list(blocks))
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


def sparse_by_piece(clicks: Valued, money: Received, pieces: Pieces) -> Floats:
    """Return what money adds to each piece, shape (n_pieces, n_sums)."""
    return grouped(sparse(clicks, money), SPARSE_AT, pieces.of(money.row), len(pieces.start))


def sparse(clicks: Valued, money: Received) -> Floats:
    """Return what each click with money adds, shape (n_sparse, n_valued)."""
    amount = None if clicks.amount is None else clicks.amount[money.row]
    return sparse_terms(clicks.prediction[money.row], amount, money.value)


def grouped(terms: Floats, at: NDArray[np.int64], group: Ints, groups: int) -> Floats:
    """Return terms added up by group, at their places among all sums, shape (n_groups, n_sums)."""
    found = np.zeros((groups, N_SUMS))
    for place, term in zip(at, terms, strict=True):
        found[:, place] = np.bincount(group, term, minlength=groups)
    return found


def total(sums: Floats, group: Ints, groups: int) -> Floats:
    """Return sums added up by group, shape (n_groups, n_sums)."""
    found = np.zeros((groups, N_SUMS))
    np.add.at(found, group, sums)
    return found
