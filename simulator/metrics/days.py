"""Clicks summed and counted by day, so that no click is touched again when days are resampled."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from simulator.metrics.counts import Counts
from simulator.metrics.ranked import CHUNK
from simulator.metrics.sums import Bools, Floats, Floats32, Ints, Sums, sums_of_chunk

DAY = 86_400_000_000  # us

_FINEST = 2048  # bins of prediction kept for each day
_TAIL = 0.001  # share of clicks that may lie beyond either end of them, and then count in the outermost
_SAMPLE = 1 << 16  # clicks that decide where the bins lie


class DayStats(NamedTuple):
    """What is kept of each UTC day of one method's clicks."""

    day: Ints  # shape (n_days,): days since 1970 that have mature clicks
    sums: Floats  # shape (n_days, n_sums), in the order of `Sums`
    counts: Counts  # prediction of shape (n_bins,), clicks and conversions of shape (n_days, n_bins)
    value: Mapping[str, float]  # each metric on all mature clicks, exactly
    bins: int  # of the ECE
    binning: str


class _Grid(NamedTuple):
    """Bins of equal width in a float32's bit pattern, so of about equal relative width; the highest first."""

    low: int
    high: int
    shift: int

    def size(self) -> int:
        return ((self.high - self.low) >> self.shift) + 1

    def bin_of(self, p: Floats32) -> Ints:
        bits = np.clip(np.abs(p).view(np.uint32), np.uint32(self.low), np.uint32(self.high))
        return ((np.uint32(self.high) - bits) >> np.uint32(self.shift)).astype(np.int64)

    def predictions(self) -> Floats:
        middle = self.high - (np.arange(self.size()) << self.shift) - ((1 << self.shift) >> 1)
        return np.maximum(middle, self.low).astype(np.uint32).view(np.float32).astype(np.float64)


def day_stats(
    click_time: Ints,
    prediction: Floats32,
    label: Bools,
    mature: Bools,
    true_probability: Floats32 | None,
    *,
    value: Mapping[str, float],
    bins: int = 10,
    binning: str = "count",
) -> DayStats:
    """Sum and count mature clicks by UTC day.

    Predictions are counted in at most 2048 bins, laid where the middle 99.8 % of them are.

    Parameters
    ----------
    click_time : int64 array of shape (n_clicks,)
        us UTC, non-decreasing; this and the other columns may be memory-mapped.
    prediction, label, mature, true_probability
        As in `simulator.metrics.windows.Evaluated`.
    value : mapping of str to float
        Each metric on all mature clicks, on which its interval is placed.
    bins, binning
        Of the ECE.
    """
    grid = _grid(prediction)
    edges = _day_edges(click_time)
    sums = np.zeros((len(edges) - 1, len(Sums._fields)))
    counted = np.zeros((len(edges) - 1, 2 * grid.size()))
    for day, (first, last) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
        for start in range(first, last, CHUNK):
            part = slice(start, min(start + CHUNK, last))
            p, y, q = _mature(part, mature, prediction, label, true_probability)
            sums[day] += sums_of_chunk(p, [y], q)[0]
            counted[day] += np.bincount(2 * grid.bin_of(p) + y, minlength=counted.shape[1])
    some = sums[:, 0] > 0
    day = click_time[edges[:-1][some]] // DAY
    others, conversions = counted[some, 0::2], counted[some, 1::2]
    return DayStats(
        day, sums[some], Counts(grid.predictions(), others + conversions, conversions), value, bins, binning
    )


def _mature(
    part: slice, mature: Bools, p: Floats32, label: Bools, q: Floats32 | None
) -> tuple[Floats32, Bools, Floats32 | None]:
    known = np.asarray(mature[part])
    if known.all():
        return np.asarray(p[part]), np.asarray(label[part]), None if q is None else np.asarray(q[part])
    return p[part][known], label[part][known], None if q is None else q[part][known]


def _day_edges(click_time: Ints) -> Ints:
    """Return the rows at which days begin, and the number of rows."""
    if not len(click_time):
        return np.zeros(1, np.int64)
    days = np.arange(click_time[0] // DAY + 1, click_time[-1] // DAY + 1)
    inner = np.searchsorted(click_time, days * DAY)
    return np.unique(np.concatenate(([0], inner, [len(click_time)])))


def _grid(prediction: Floats32) -> _Grid:
    sample = np.sort(np.abs(prediction[:: max(1, len(prediction) // _SAMPLE)]).view(np.uint32))
    if not len(sample):
        return _Grid(0, 0, 0)
    tail = int(_TAIL * len(sample))
    low, high = int(sample[tail]), int(sample[len(sample) - 1 - tail])
    return _Grid(low, high, max(0, (high - low).bit_length() - _FINEST.bit_length() + 1))
