"""Whether two methods differ in a metric of money: the difference day by day, on the same clicks."""

import numpy as np

from simulator.metrics.intervals import FEWEST_DAYS, Interval
from simulator.metrics.value import VALUE_METRICS, ValueMetric
from simulator.metrics.value.sums import ValueSums
from simulator.metrics.value.table import ValueDays, moved
from simulator.metrics.value.tail import mean_interval


def value_difference(a: ValueDays, b: ValueDays, metric: str, other: str | None = None) -> Interval:
    """Return a metric of method `a` minus that of `b`, with its 95 % interval over days.

    Good and bad days are good and bad for both methods, so this tells more apart than two intervals side by side.

    Parameters
    ----------
    a, b : ValueDays
        Of two methods on the same clicks, with the same weights of days.
    metric : str
        A name in `VALUE_METRICS`, of a mean over clicks or of ranks.
    other : str, optional
        The name that it has for `b`, where one method's amount stage is compared with what another one serves.

    Returns
    -------
    Interval
        Without bounds with fewer than five days; all nan where the metric has no answer.

    Raises
    ------
    ValueError
        If the methods were not measured on the same days, or the metric is neither a mean nor one of ranks.
    """
    if not np.array_equal(a.day, b.day):
        raise ValueError("methods to be compared must be measured on the same days")
    other = other or metric
    chosen = VALUE_METRICS[metric]
    if chosen.of_order is not None:
        value = a.exact[metric] - b.exact[other]
        return moved(a.replicates[metric] - b.replicates[other], value, len(a.day))
    if chosen.kind != "mean":
        raise ValueError(f"expected a metric that is a mean or of ranks, got {metric}")
    return _mean_difference(a, b, chosen, VALUE_METRICS[other])


def _mean_difference(a: ValueDays, b: ValueDays, metric: ValueMetric, other: ValueMetric) -> Interval:
    if metric.part is None or metric.whole is None or other.part is None:
        raise TypeError(f"{metric.name} is not made of sums")
    part = metric.part(ValueSums(*a.sums.T)), other.part(ValueSums(*b.sums.T))
    clicks = metric.whole(ValueSums(*a.sums.T))
    if len(a.day) < FEWEST_DAYS:
        total = float(clicks.sum())
        return Interval(float((part[0] - part[1]).sum()) / total if total else np.nan, np.nan, np.nan)
    return mean_interval(part[0] - part[1], clicks, a.few_weights)
