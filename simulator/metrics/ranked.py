"""Clicks sorted once by prediction, from which AUC, average precision and calibration in bins are all read.

A float32 in [0, 1] has the order of its bit pattern, which is below 2^30, so two labels fit below it in 32 bits.
Sorting is then one vectorised sort of plain integers, and tied predictions stay together whatever the order of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.counts import check_bins, inner_edges
from simulator.metrics.sums import Bools, Floats, Floats32, Ints

Keys = NDArray[np.uint32]

CHUNK = 1 << 16  # clicks to a step: what a step makes stays in the processor's cache
LABEL, SEEN = 2, 1  # the bits of a key that hold the first and the second label
_ONE = np.uint32(0x3F800000)  # the bits of 1.0


class Ranking(NamedTuple):
    """What the order of the predictions says about one set of labels; nan where it says nothing."""

    auc: float
    pr_auc: float
    ece: float


class _Ties(NamedTuple):
    """Runs of two or more equal predictions inside a chunk."""

    start: Ints  # positions in the chunk
    stop: Ints
    inside: Bools  # whether each click of the chunk is in such a run


def keys_of(p: Floats32, label: Bools) -> Keys:
    """Return a key for each click, with its first label; ascending keys are descending predictions.

    Raises
    ------
    ValueError
        If a prediction lies outside [0, 1] or is nan.
    """
    keys = np.empty(len(p), np.uint32)
    for start in range(0, len(p), CHUNK):
        part = slice(start, start + CHUNK)
        out, bits = keys[part], p[part].view(np.uint32)
        if bits.max() > _ONE:
            bits = _checked(p[part]).view(np.uint32)
        np.subtract(_ONE, bits, out=out)
        out <<= np.uint32(1)
        out |= label[part].view(np.uint8)
        out <<= np.uint32(1)
    return keys


def _checked(p: Floats32) -> Floats32:
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"predictions must lie in [0, 1], got {p.min()} to {p.max()}")
    return np.abs(p)  # -0.0 is 0


def predictions_of(keys: Keys) -> Floats32:
    """Return the predictions that keys were made of."""
    return (_ONE - (keys >> np.uint32(2))).view(np.float32)


def rank(keys: Keys, flags: Sequence[int], bins: int, binning: str) -> list[Ranking]:
    """Return AUC, average precision and ECE of sorted keys, for each of the labels LABEL or SEEN named by `flags`."""
    cuts = _cuts(keys, bins, binning)
    tallies, expected = _scan(keys, flags, cuts)
    return [tally.ranking(expected, len(keys)) for tally in tallies]


@dataclass
class _Tally:
    """One set of labels, added up from the highest prediction down."""

    flag: int
    converted: Floats  # by bin
    found: int = 0  # conversions so far
    precision: float = 0.0  # summed over conversions: of the clicks predicted at least as high, the share converted
    lost: float = 0.0  # pairs in which a click that does not convert is predicted higher; a tie is half

    def add(self, chunk: Keys, first: int, ties: _Ties, cuts: Ints) -> None:
        """Take the clicks at positions `first` and on; no run of ties crosses the ends of the chunk."""
        where = np.flatnonzero((chunk.astype(np.uint8) & np.uint8(self.flag)) != 0)
        nth = np.arange(self.found, self.found + len(where), dtype=np.float64)
        through, reach = nth + 1, where + (first + 1.0)
        self.lost += float(where.sum() - nth.sum()) + first * len(where)
        tied = np.flatnonzero(ties.inside[where])
        if len(tied):
            run = np.searchsorted(ties.stop, where[tied], side="right")
            start, stop = ties.start[run], ties.stop[run]
            begin = np.flatnonzero(np.diff(run, prepend=-1))
            size = np.diff(begin, append=len(run))
            low, size = np.repeat(tied[begin], size), np.repeat(size, size)
            through[tied] = self.found + low + size
            reach[tied] = first + stop
            self.lost += float((start - where[tied] - low + tied + (stop - start - size) / 2).sum())
        self.precision += float((through / reach).sum())
        self.converted += np.diff(np.searchsorted(where, cuts))
        self.found += len(where)

    def add_tie(self, chunk: Keys, first: int, bin_: int) -> None:
        """Take a run of equal predictions, however long, that lies in one bin."""
        flag = np.uint32(self.flag)
        hits = sum(int(np.count_nonzero(chunk[at : at + CHUNK] & flag)) for at in range(0, len(chunk), CHUNK))
        self.precision += hits * (self.found + hits) / (first + len(chunk))
        self.lost += hits * (first - self.found + (len(chunk) - hits) / 2)
        self.converted[bin_] += hits
        self.found += hits

    def ranking(self, expected: Floats, clicks: int) -> Ranking:
        pairs = self.found * (clicks - self.found)
        return Ranking(
            1 - self.lost / pairs if pairs else np.nan,
            self.precision / self.found if self.found else np.nan,
            float(np.abs(expected - self.converted).sum()) / clicks if clicks else np.nan,
        )


def _scan(keys: Keys, flags: Sequence[int], cuts: Ints) -> tuple[list[_Tally], Floats]:
    tallies = [_Tally(flag, np.zeros(len(cuts) - 1)) for flag in flags]
    expected = np.zeros(len(cuts) - 1)  # sum of predictions by bin
    for first, last in pairwise(_edges(keys)):
        chunk = keys[first:last]
        if len(chunk) > 2 * CHUNK:  # which only a run of equal predictions can be
            at = int(np.searchsorted(cuts, first, side="right")) - 1
            expected[at] += float(predictions_of(chunk[:1])[0]) * len(chunk)
            for tally in tallies:
                tally.add_tie(chunk, first, at)
            continue
        inside = np.clip(cuts - first, 0, last - first)
        expected += _sums_between(predictions_of(chunk), inside)
        ties = _ties(chunk)
        for tally in tallies:
            tally.add(chunk, first, ties, inside)
    return tallies, expected


def _sums_between(p: Floats32, cuts: Ints) -> Floats:
    return np.array([p[start:stop].sum(dtype=np.float64) if start < stop else 0.0 for start, stop in pairwise(cuts)])


def _ties(chunk: Keys) -> _Ties:
    same = (chunk[1:] ^ chunk[:-1]) < 4
    inside = np.zeros(len(chunk), np.bool_)
    inside[1:] = same
    inside[:-1] |= same
    at = np.flatnonzero(same)
    if not len(at):
        return _Ties(at, at, inside)
    gap = np.flatnonzero(np.diff(at) > 1)
    return _Ties(at[np.concatenate(([0], gap + 1))], at[np.concatenate((gap, [-1]))] + 2, inside)


def _edges(keys: Keys) -> list[int]:
    """Return where to cut sorted keys into chunks; equal predictions are never parted."""
    n = len(keys)
    at = keys[np.arange(CHUNK, n, CHUNK)]
    left, right = np.searchsorted(keys, at & ~np.uint32(3)), np.searchsorted(keys, at | np.uint32(3), side="right")
    long = right[right - left > CHUNK]
    edges: list[int] = np.unique(np.concatenate(([0], left, long, [n]))).tolist()
    return edges


def _cuts(keys: Keys, bins: int, binning: str) -> Ints:
    """Return where the bins of sorted keys begin and end, shape (bins + 1,), the highest predictions first."""
    check_bins(bins, binning)
    n = len(keys)
    if not n:
        return np.zeros(bins + 1, np.int64)
    if binning == "width":
        edges = inner_edges(bins)[::-1]
        below = edges.astype(np.float32)
        below = np.where(below > edges, np.nextafter(below, np.float32(0)), below)
        inner = np.searchsorted(keys, (_ONE - below.view(np.uint32)) << np.uint32(2))
    else:
        nominal = -(-np.arange(1, bins) * n // bins)
        inner = np.searchsorted(keys, keys[nominal - 1] | np.uint32(3), side="right")
    return np.concatenate(([0], inner, [n]))
