"""Intervals of money: a few large gifts decide, so resampling all days at their full number promises too much.

Gifts are so heavy-tailed that their variance hardly exists.  The usual bootstrap of a mean is then wrong however long
the log is (Athreya 1987), and its percentile intervals are too short, mostly on one side, since the largest gift that
could have come has not.  Two things help.  The resampled quantity is *studentized*: a sample without large gifts has
a small mean and a small spread, so its distance counts for what it is.  And each replicate has only m of the n days, m
growing much more slowly than n: that is right with and without a variance (Arcones and Giné 1989; Hall and LePage
1996; Romano and Wolf 1999 with subsamples).  The price is an interval some 2 % to 5 % wider than need be where tails
are light.
"""

import numpy as np

from simulator.metrics.intervals import FEWEST_DAYS, Interval
from simulator.metrics.sums import Floats

_SMALLEST = 5  # days in a replicate
_FURTHEST = 20.0  # of the logarithm of a bound: beyond, days say nothing
_POWER = 0.4  # m = n^0.4 where that is more


def few_day_weights(n_days: int, replicates: int, seed: int) -> Floats:
    """Return how often each day is drawn in each replicate of m days, shape (replicates, n_days).

    Methods that are to be compared take the same weights, so that they have the same days.
    """
    if not n_days:
        return np.empty((replicates, 0))
    few = max(_SMALLEST, round(n_days**_POWER))
    rng = np.random.default_rng(seed)
    return rng.multinomial(few, np.full(n_days, 1 / n_days), size=replicates).astype(np.float64)


def ratio_interval(part: Floats, whole: Floats, weights: Floats) -> Interval:
    """Return sum(part) / sum(whole) with its 95 % interval over days, made in its logarithm.

    Parameters
    ----------
    part, whole : float arrays of shape (n_days,)
        Such as predicted and received money by day.
    weights : float array of shape (replicates, n_days)
        See `few_day_weights`.

    Returns
    -------
    Interval
        Without bounds with fewer than `FEWEST_DAYS` days, or where a sum is not above 0.

    References
    ----------
    .. [1] Athreya, "Bootstrap of the mean in the infinite variance case", Annals of Statistics 1987.
    .. [2] Arcones and Giné, "The bootstrap of the mean with arbitrary bootstrap sample size", Annales de l'IHP B 1989.
    .. [3] Hall and LePage, "On bootstrap estimation of the distribution of the Studentized mean", AISM 1996.
    .. [4] Romano and Wolf, "Subsampling inference for the mean in the heavy-tailed case", Metrika 1999.
    """
    above, below = float(part.sum()), float(whole.sum())
    if below <= 0:
        return Interval(np.nan, np.nan, np.nan)
    value = above / below
    if above <= 0 or np.count_nonzero((part > 0) | (whole > 0)) < FEWEST_DAYS:
        return Interval(value, np.nan, np.nan)
    drawn = [np.einsum("rd,d->r", weights, column) for column in (part, whole)]
    there = (drawn[0] > 0) & (drawn[1] > 0)
    found = np.full(len(weights), np.nan)
    found[there] = np.log(drawn[0][there] / drawn[1][there])
    spread = np.full(len(weights), np.nan)
    spread[there] = _spread(weights[there], part / drawn[0][there, None] - whole / drawn[1][there, None])
    own = float(_spread(np.ones((1, len(part))), (part / above - whole / below)[None, :])[0])
    low, high = _studentized(np.log(value), own, found, spread)
    if not max(abs(low), abs(high)) < _FURTHEST:
        return Interval(value, np.nan, np.nan)
    return Interval(value, float(np.exp(low)), float(np.exp(high)))


def mean_interval(part: Floats, clicks: Floats, weights: Floats) -> Interval:
    """Return sum(part) / sum(clicks), of any sign, with its 95 % interval over days; see `ratio_interval`."""
    total = float(clicks.sum())
    if total <= 0:
        return Interval(np.nan, np.nan, np.nan)
    value = float(part.sum()) / total
    if np.count_nonzero(clicks) < FEWEST_DAYS:
        return Interval(value, np.nan, np.nan)
    drawn = np.einsum("rd,d->r", weights, clicks)
    some = drawn > 0
    weights, drawn = weights[some], drawn[some]
    found = np.einsum("rd,d->r", weights, part) / drawn
    spread = _spread(weights, (part - found[:, None] * clicks) / drawn[:, None])
    own = float(_spread(np.ones((1, len(part))), ((part - value * clicks) / total)[None, :])[0])
    return Interval(value, *_studentized(value, own, found, spread))


def _spread(weights: Floats, influence: Floats) -> Floats:
    """Return standard errors from what each day adds to an estimate, shape (replicates,)."""
    days = weights.sum(axis=1)
    error: Floats = np.sqrt(days / (days - 1) * np.einsum("rd,rd->r", weights, np.square(influence)))
    return error


def _studentized(value: float, spread: float, found: Floats, spreads: Floats) -> tuple[float, float]:
    """Return the bounds of an interval by the distribution of (found - value) / spread of the replicates."""
    if spread == 0:  # every day says the same
        return value, value
    known = np.isfinite(found) & (spreads > 0)
    if 2 * np.count_nonzero(known) <= len(found) or not len(found) or not np.isfinite(spread):
        return np.nan, np.nan
    low, high = np.quantile((found[known] - value) / spreads[known], [0.025, 0.975]).tolist()
    return value - high * spread, value - low * spread
