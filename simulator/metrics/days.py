"""Clicks summed and counted by day, so that no click is touched again when days are resampled."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from simulator.metrics.counts import Counts
from simulator.metrics.ranked import CHUNK, Keys, keys_of, predictions_of
from simulator.metrics.sums import Floats, Floats32, Ints, Sums

DAY = 86_400_000_000  # us

_FINEST = 1024  # bins of prediction kept for each day, at most
_ABOVE = 0.0001  # share of clicks that may lie above all bins, and then count in the first
_BELOW = 0.001  # share of predicted conversions that may lie below all bins, and then count in the last


class DayStats(NamedTuple):
    """What is kept of each UTC day of one method's mature clicks."""

    day: Ints  # shape (n_days,): days since 1970 that have mature clicks
    sums: Floats  # shape (n_days, n_sums), in the order of `Sums`
    counts: Counts  # prediction of shape (n_bins,), clicks and conversions of shape (n_days, n_bins)
    value: Mapping[str, float]  # each metric on all of these clicks, exactly
    bins: int  # of the ECE
    binning: str


class DayTally:
    """Sums and counts of days, which grow as clicks go by.

    Predictions are counted in some 1000 bins of equal width in a float32's bit pattern, hence of about equal relative
    width, laid between the few highest and those that hardly ever convert.

    Parameters
    ----------
    first, last : int
        Days since 1970 that there may be.
    sample : float32 array
        Predictions of all clicks, or of enough of them to lay the bins.
    """

    def __init__(self, first: int, last: int, sample: Floats32) -> None:
        self._low, self._high = _range(sample)
        self._shift = max(0, (self._high - self._low).bit_length() - _FINEST.bit_length() + 1)
        n_bins = ((self._high - self._low) >> self._shift) + 1
        self._first = first
        self._sums = np.zeros((last + 1 - first, len(Sums._fields)))
        self._counts = np.zeros((last + 1 - first, n_bins, 2), np.int32)

    def add(self, day: int, sums: Floats, keys: Keys) -> None:
        """Take some of a day's mature clicks; the first label of a key is the true one."""
        self._sums[day - self._first] += sums
        counts = self._counts[day - self._first].reshape(-1)
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            inside = np.clip(_order(part), np.uint32(self._low), np.uint32(self._high)) - np.uint32(self._low)
            at = ((inside >> np.uint32(self._shift)) << np.uint32(1)) | ((part >> np.uint32(1)) & np.uint32(1))
            counts += np.bincount(at, minlength=len(counts))

    def stats(self, value: Mapping[str, float], bins: int, binning: str) -> DayStats:
        """Return what was added up; days without clicks are left out."""
        some = np.flatnonzero(self._sums[:, 0])
        middle = self._low + (np.arange(self._counts.shape[1]) << self._shift) + ((1 << self._shift) >> 1)
        prediction = predictions_of(np.minimum(middle, self._high).astype(np.uint32) << np.uint32(2))
        counts = self._counts[some].astype(np.float64)
        table = Counts(prediction.astype(np.float64), counts.sum(axis=-1), counts[..., 1])
        return DayStats(some + self._first, self._sums[some], table, value, bins, binning)


def _order(keys: Keys) -> Keys:
    """Return the part of keys that is the prediction: 0 for 1.0, larger for smaller ones."""
    return keys >> np.uint32(2)


def _range(sample: Floats32) -> tuple[int, int]:
    """Return the first and the last order of predictions that bins are laid between."""
    if not len(sample):
        return 0, 0
    p = np.sort(sample)[::-1].copy()
    share = np.cumsum(p, dtype=np.float64) / max(float(p.sum(dtype=np.float64)), np.finfo(float).tiny)
    first, last = int(_ABOVE * len(p)), min(int(np.searchsorted(share, 1 - _BELOW)), len(p) - 1)
    low, high = _order(keys_of(p[[first, max(first, last)]], np.zeros(2, np.bool_))).tolist()
    return low, high
