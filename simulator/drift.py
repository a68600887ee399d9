"""A drift alarm: when calibration, as far as mature labels tell, is no longer what it was."""

from collections.abc import Callable
from importlib import import_module
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from scenarios.durations import HOUR
from simulator.metrics.sums import Bools, Floats, Floats32, Ints

# ADWIN's bound is for values in [0, 1].  A calibrated model's z is about standard normal, so dividing it by 4 brings
# 95 % of it within a range of 1 and keeps the alarm quick; mapping all of [-8, 8] to [0, 1] would keep the bound's word
# at three to four times the delay.  Clipping at 8 stops one broken interval from ringing alone.
_CLIP, _SCALE = 8.0, 4.0
# river's defaults, but for looking at every value: looking at every 32nd would be more than a day late
_ADWIN = {"clock": 1, "max_buckets": 5, "min_window_length": 5, "grace_period": 10}

_Update = Callable[[float], bool]  # take a value; whether the mean has changed


class Alarm(NamedTuple):
    """One ring of the alarm."""

    time: int  # us UTC, when it rang: the end of the interval of maturity that set it off
    before: float  # mean of label - prediction per click, until the likeliest moment of change
    after: float  # the same, since then; above 0 predicts too few


class _Residuals(NamedTuple):
    """Residuals by interval of maturity; columns of length n_intervals, those without clicks left out."""

    end: Ints  # us UTC, of the interval
    clicks: Floats
    residual: Floats  # sum of label - p
    variance: Floats  # sum of p (1 - p)


def drift_alarms(
    click_time: Ints,
    prediction: Floats32,
    label: Bools,
    *,
    attribution_window: int,
    start: int,
    end: int,
    every: int = HOUR,
    delta: float = 0.002,
) -> list[Alarm]:
    """Return when ADWIN rings on the standardised residual of the clicks that matured in each interval.

    The residual of an interval is sum(label - p) / sqrt(sum p (1 - p)), about standard normal while the model is
    calibrated.  With 1,000 clicks an hour at a rate of 0.1, conversions that rise or fall by 10 % ring after about two
    and a half days past maturity, by 20 % after one; a steady stream of 60 days rang in none of 100 trials.  Swings of
    calibration that last for hours ring too.

    Parameters
    ----------
    click_time : int64 array of shape (n_clicks,)
        us UTC, non-decreasing; this and the other columns may be memory-mapped.
    prediction : float32 array of shape (n_clicks,)
        As served, in (0, 1).
    label : bool array of shape (n_clicks,)
        Whether a conversion was known at click time + attribution window, when a click matures.
    attribution_window : int
        us.
    start, end : int
        us UTC; intervals of maturity begin at `start`, and the last ends at `end` at the latest.
    every : int
        Length of an interval, us.
    delta : float
        ADWIN's significance; smaller rings less.

    Returns
    -------
    list of Alarm
        In order of time.  After each, detection begins afresh.

    References
    ----------
    .. [1] Bifet and Gavalda, "Learning from time-changing data with adaptive windowing", SDM 2007.
    """
    found = _residuals(click_time, prediction, label, attribution_window, (start, end, every))
    z = found.residual / np.sqrt(found.variance)
    alarms = []
    first, update = 0, _detector(delta)
    for at, value in enumerate((np.clip(z, -_CLIP, _CLIP) / _SCALE).tolist()):
        if update(value):
            alarms.append(_alarm(found, z, first, at + 1))
            first, update = at + 1, _detector(delta)
    return alarms


def _residuals(
    click_time: Ints, prediction: Floats32, label: Bools, attribution_window: int, span: tuple[int, int, int]
) -> _Residuals:
    edges = np.append(np.arange(*span), span[1])
    rows = np.searchsorted(click_time, edges - attribution_window).tolist()
    sums = np.zeros((3, len(edges) - 1))
    for column, (first, last) in zip(sums.T, pairwise(rows), strict=True):
        p = prediction[first:last].astype(np.float64)
        total = p.sum()
        column[:] = last - first, np.count_nonzero(label[first:last]) - total, total - np.square(p).sum()
    some = sums[2] > 0
    return _Residuals(edges[1:][some], *sums[:, some])


def _alarm(found: _Residuals, z: Floats, first: int, last: int) -> Alarm:
    """Describe the change within intervals [first, last), at the split whose sides differ most for their lengths.

    ADWIN itself only drops its oldest values until the rest agree, which says little about when things changed.
    """
    length = last - first
    left = np.arange(1, length)
    low = np.cumsum(z[first : last - 1]) / left
    high = (z[first:last].sum() - low * left) / (length - left)
    split = first + 1 + int(np.argmax(np.abs(high - low) * np.sqrt(left * (length - left))))
    means = [float(found.residual[a:b].sum() / found.clicks[a:b].sum()) for a, b in ((first, split), (split, last))]
    return Alarm(int(found.end[last - 1]), *means)


def _detector(delta: float) -> _Update:
    """Return the `update` of a new ADWIN."""
    # river.drift drags in pandas, scipy and scikit-learn, 1 to 2 s; the detector that it wraps loads in milliseconds
    try:
        update: _Update = import_module("river._river_rust.drift").AdaptiveWindowing(delta=delta, **_ADWIN).update
    except (ImportError, AttributeError):  # private, so it may move
        return _public_detector(delta)
    return update


def _public_detector(delta: float) -> _Update:
    adwin = import_module("river.drift").ADWIN(delta=delta, **_ADWIN)

    def update(value: float) -> bool:
        adwin.update(value)
        return bool(adwin.drift_detected)

    return update
