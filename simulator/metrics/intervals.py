"""How sure a metric is: intervals by resampling whole days, since the clicks of one day share its weather."""

from typing import NamedTuple

import numpy as np

from simulator.metrics import METRICS
from simulator.metrics.calibration import ece_from
from simulator.metrics.counts import Counts, bin_of
from simulator.metrics.days import DayStats
from simulator.metrics.ranking import auc_from, pr_auc_from
from simulator.metrics.sums import Floats, Sums

FEWEST_DAYS = 5  # below which resampling days says next to nothing

_BY_COUNTS = {"auc": auc_from, "pr_auc": pr_auc_from}
_AT_ONCE = 32  # replicates to a step, so that a step's arrays stay in the processor's cache


class Interval(NamedTuple):
    """A value with its 95 % interval; nan where there is none."""

    value: float
    low: float
    high: float


def day_weights(n_days: int, replicates: int, seed: int) -> Floats:
    """Return how often each day is drawn in each replicate, shape (replicates, n_days); each row adds up to n_days.

    Methods that are to be compared take the same weights, so that they have the same days.
    """
    if not n_days:
        return np.empty((replicates, 0))
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_days, np.full(n_days, 1 / n_days), size=replicates).astype(np.float64)


def interval(stats: DayStats, metric: str, weights: Floats) -> Interval:
    """Return a metric with its 95 % bootstrap interval over days.

    Metrics that add up have the plain percentile interval.  AUC, average precision and ECE are resampled in bins of
    prediction, and their percentiles are moved so that the replicates' median falls on the exact value: that takes out
    the rounding to bins, and the upward bias that resampling gives the ECE.

    Parameters
    ----------
    stats : DayStats
        The method's days.
    metric : str
        A name in `METRICS`.
    weights : float array of shape (replicates, n_days)
        See `day_weights`.

    Returns
    -------
    Interval
        Without bounds if there are fewer than `FEWEST_DAYS` days or no replicates, or fewer than half of these have an
        answer.

    References
    ----------
    .. [1] Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapters 8 (blocks) and 13 (percentiles).
    """
    value, in_bins = stats.value[metric], _in_bins(metric)
    if len(stats.day) < FEWEST_DAYS or not len(weights):
        return Interval(value, np.nan, np.nan)
    found = _bounds(replicated(stats, metric, weights), value, moved=in_bins)
    return Interval(value, *np.clip(found[1:], 0, 1).tolist()) if in_bins else found


def paired_difference(a: DayStats, b: DayStats, metric: str, weights: Floats) -> Interval:
    """Return a metric of method `a` minus that of `b`, with its 95 % bootstrap interval over the same days.

    Parameters
    ----------
    a, b : DayStats
        Of two methods, on the same clicks.
    metric : str
        A name in `METRICS`.
    weights : float array of shape (replicates, n_days)
        See `day_weights`; a day drawn for one method is drawn for the other, so what both share cancels.

    Returns
    -------
    Interval
        As `interval` has it, but without limits to where its bounds may lie.

    Raises
    ------
    ValueError
        If the methods were not measured on the same days.
    """
    if not np.array_equal(a.day, b.day):
        raise ValueError("methods to be compared must be measured on the same days")
    value = a.value[metric] - b.value[metric]
    if len(a.day) < FEWEST_DAYS or not len(weights):
        return Interval(value, np.nan, np.nan)
    difference = replicated(a, metric, weights) - replicated(b, metric, weights)
    return _bounds(difference, value, moved=_in_bins(metric))


def replicated(stats: DayStats, metric: str, weights: Floats) -> Floats:
    """Return a metric of the resampled days, shape (replicates,); those of `interval` before they are moved."""
    if weights.shape[1:] != stats.day.shape:
        raise ValueError(f"expected weights of {len(stats.day)} days, got shape {weights.shape}")
    from_sums = METRICS[metric].from_sums
    if from_sums is not None:
        # not a matrix product: BLAS may add up in another order on another number of threads
        return from_sums(Sums(*np.einsum("rd,dk->kr", weights, stats.sums)))
    if metric == "ece":
        return ece_from(*(np.einsum("rd,db->rb", weights, column) for column in _by_ece_bin(stats)))
    parts = [weights[start : start + _AT_ONCE] for start in range(0, len(weights), _AT_ONCE)]
    return np.concatenate([_BY_COUNTS[metric](_weighted(stats.counts, part)) for part in parts])


def _weighted(counts: Counts, weights: Floats) -> Counts:
    # whole numbers below 2^53: exact in any order
    return Counts(counts.prediction, weights @ counts.clicks, weights @ counts.conversions)


def _by_ece_bin(stats: DayStats) -> tuple[Floats, Floats, Floats]:
    counts = stats.counts
    total = Counts(counts.prediction, counts.clicks.sum(axis=0), counts.conversions.sum(axis=0))
    member = np.equal.outer(bin_of(total, stats.bins, stats.binning), np.arange(stats.bins)).astype(np.float64)
    columns = (counts.prediction * counts.clicks, counts.clicks, counts.conversions)
    expected, clicks, conversions = (np.einsum("dk,kb->db", column, member) for column in columns)
    return expected, clicks, conversions


def _in_bins(metric: str) -> bool:
    return METRICS[metric].from_sums is None


def _bounds(replicates: Floats, value: float, *, moved: bool) -> Interval:
    known = replicates[np.isfinite(replicates)]
    if not np.isfinite(value) or 2 * len(known) <= len(replicates):
        return Interval(value, np.nan, np.nan)
    low, middle, high = np.quantile(known, [0.025, 0.5, 0.975]).tolist()
    shift = value - middle if moved else 0.0
    return Interval(value, low + shift, high + shift)
