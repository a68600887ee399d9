"""The evaluated time in pieces, cut at every window and every day, and what adds up over each."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.days import DAY
from simulator.metrics.sums import CHUNK, Floats, Ints
from simulator.metrics.value.clicks import Received, Valued
from simulator.metrics.value.sums import DENSE_AT, N_SUMS, SPARSE_AT, dense_terms, sparse_terms


class Pieces(NamedTuple):
    """The evaluated time cut at every window and every day."""

    start: Ints  # us UTC, shape (n_pieces,)
    edges: Ints  # rows where pieces begin, and where the last ends
    window: Ints  # of each piece
    day: Ints  # of each piece, as an index
    windows: list[tuple[int, int]]  # us UTC
    first_day: int  # days since 1970

    @property
    def rows(self) -> slice:
        """The evaluated clicks."""
        return slice(int(self.edges[0]), int(self.edges[-1]))

    @property
    def span(self) -> tuple[int, int]:
        """From when to when, us UTC."""
        return self.windows[0][0], self.windows[-1][1]

    @property
    def n_days(self) -> int:
        """How many days there may be."""
        return int(self.day[-1]) + 1

    def of(self, row: Ints) -> Ints:
        """Return the piece that each row is in; that of rows outside is one at either end."""
        return np.clip(np.searchsorted(self.edges, row, side="right") - 1, 0, len(self.start) - 1)


def cut(click_time: Ints, window: int, start: int, end: int) -> Pieces:
    """Return [start, end) in pieces; windows begin at multiples of `window` since 1970."""
    windows = list(pairwise([start, *range((start // window + 1) * window, end, window), end]))
    days = range((start // DAY + 1) * DAY, end, DAY)
    begins = np.unique([first for first, _ in windows] + list(days))
    edges = np.searchsorted(click_time, [*begins.tolist(), end]).astype(np.int64)
    of_window = np.searchsorted([first for first, _ in windows], begins, side="right") - 1
    return Pieces(begins, edges, of_window, begins // DAY - start // DAY, windows, start // DAY)


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
