"""Whether a run can tell two methods apart."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from scenarios.durations import DAY
from simulator.report.curves import NLL, Curve

FEWEST_DAYS = 5  # below, a standard error over days says nothing


class Comparison(NamedTuple):
    """How far the NLL of two methods is apart."""

    apart: bool | None  # None if nothing says how sure the figures are
    difference: float | None = None  # first less second, where it could be measured day by day
    half: float | None = None  # of the difference's 95 % interval


def compare(a: Mapping[str, Any], b: Mapping[str, Any], nll: Mapping[str, Curve]) -> Comparison:
    """Return how two methods compare in NLL: by paired days where there are enough, else by their intervals.

    Parameters
    ----------
    a, b : mapping
        Methods, as in the summary.
    nll : mapping of label to Curve
        NLL of mature labels by window.
    """
    if a["label"] in nll and b["label"] in nll:
        paired = paired_difference(nll[a["label"]], nll[b["label"]])
        if paired is not None:
            return Comparison(abs(paired[0]) > paired[1], *paired)
    first, second = a["metrics"][NLL], b["metrics"][NLL]
    if None in (first["low"], first["high"], second["low"], second["high"]):
        return Comparison(None)
    return Comparison(first["high"] < second["low"] or second["high"] < first["low"])


def paired_difference(a: Curve, b: Curve) -> tuple[float, float] | None:
    """Return the mean of a - b over the same windows, by clicks, and half its 95 % interval from day to day.

    The metric must be a mean over clicks, as NLL is.  Good and bad days are good and bad for both methods, so this
    tells more apart than two intervals laid side by side.  None with fewer than five days in common.
    """
    _, at_a, at_b = np.intersect1d(a.start, b.start, return_indices=True)
    difference, clicks = a.value[at_a] - b.value[at_b], a.clicks[at_a]
    there = np.isfinite(difference) & (clicks > 0)
    difference, clicks = difference[there], clicks[there]
    days, day = np.unique(a.start[at_a][there] // DAY, return_inverse=True)
    if len(days) < FEWEST_DAYS:
        return None
    mean = float(np.average(difference, weights=clicks))
    by_day = np.bincount(day, clicks * (difference - mean))
    error = math.sqrt(len(days) / (len(days) - 1) * float(by_day @ by_day)) / float(clicks.sum())
    return mean, _t(len(days) - 1) * error


def _t(freedom: int) -> float:
    """Return Student's 97.5 % point (Cornish-Fisher expansion; 0.3 % low at 4 degrees of freedom, less above)."""
    return 1.95996 + 2.37228 / freedom + 2.8225 / freedom**2 + 2.556 / freedom**3
