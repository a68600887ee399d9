"""The table of metrics of money: one row for each span, segment, curve and metric, like that of conversions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.intervals import FEWEST_DAYS, Interval
from simulator.metrics.sums import Bools, Floats, Ints
from simulator.metrics.value import ENDINGS, VALUE_METRICS, ValueMetric
from simulator.metrics.value.days import RankDays
from simulator.metrics.value.order import Order
from simulator.metrics.value.sums import ValueSums
from simulator.metrics.value.tail import mean_interval, ratio_interval


class ValueCell(NamedTuple):
    """What was measured of some clicks by one curve."""

    span: str  # "overall" or "window"
    start: int  # us UTC
    end: int
    segment: str  # "" for all clicks, else "name=value"
    curve: str  # "true" or "as_seen"
    there: int  # clicks there, those that are not mature included
    sums: Floats  # of the clicks that the curve is about, in the order of `ValueSums`
    orders: Mapping[str, Order] | None  # by metrics' ending; None where ranks are not measured
    by_day: Floats | None = None  # shape (n_days, n_sums), where intervals are due


class ValueDays(NamedTuple):
    """What is kept of each day of one method's mature clicks, for intervals and for differences of methods.

    Days are blocks of `length`: UTC days, or parts of them where a log has too few; see `pieces.block_length`.  Some
    with few clicks are one.
    """

    day: Ints  # shape (n_days,): numbers of the blocks that have mature clicks
    length: int  # us
    sums: Floats  # shape (n_days, n_sums), in the order of `ValueSums`
    ranks: Mapping[str, RankDays]  # by metrics' ending
    replicates: Mapping[str, Floats]  # metrics of ranks on resampled days, shape (n_replicates,), by name
    exact: Mapping[str, float]  # metrics of ranks on all days
    weights: Floats  # shape (n_replicates, n_days)
    few_weights: Floats  # the same of few days, see `simulator.metrics.value.tail`


@dataclass(frozen=True)
class ValueTable:
    """Metrics in columns, a row for each cell and metric; nan is "no answer", and `reason` says why."""

    span: list[str]  # "overall" or "window"
    window_start: Ints  # us UTC, half-open
    window_end: Ints
    segment: list[str]  # "" for all clicks, else "name=value"
    curve: list[str]  # "true": mature clicks; "as_seen": what a monitor would have computed at window_end
    metric: list[str]
    value: Floats
    low: Floats  # 95 % interval over days; nan but for the true curve overall
    high: Floats
    clicks: Ints  # that the value is about
    conversions: Ints  # of these, the clicks that brought money, as the curve knows them
    reason: list[str]  # why there is no value, or no interval where one is due; else ""

    def columns(self) -> dict[str, list[str] | Ints | Floats]:
        """Return the columns by name, in the order above."""
        return dict(vars(self))


def value_table(cells: Sequence[ValueCell], days: ValueDays) -> ValueTable:
    """Return the rows of all cells; those of the true curve overall have intervals."""
    sums = ValueSums(*np.array([cell.sums for cell in cells]).T)
    metrics = list(VALUE_METRICS.values())
    values = np.stack([_values(metric, cells, sums) for metric in metrics], axis=1)
    reasons = np.stack([_reasons(metric, cells, sums, value) for metric, value in zip(metrics, values.T, strict=True)])
    row, which = np.nonzero(_shown(cells, has_amount=ENDINGS["amount"] in days.ranks))
    low, high = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for at, cell in enumerate(cells):
        if (cell.span, cell.curve) == ("overall", "true"):
            for place in which[row == at].tolist():
                if not reasons[place, at]:
                    low[at, place], high[at, place] = _bounds(metrics[place], cell, days, values[at, place])
                    reasons[place, at] = "" if np.isfinite(low[at, place]) else _no_interval(metrics[place], days)
    of_gifts = np.array([metric.about != "clicks" for metric in metrics])[which]
    return ValueTable(
        [cells[at].span for at in row.tolist()],
        np.array([cell.start for cell in cells], np.int64)[row],
        np.array([cell.end for cell in cells], np.int64)[row],
        [cells[at].segment for at in row.tolist()],
        [cells[at].curve for at in row.tolist()],
        [metrics[at].name for at in which.tolist()],
        values[row, which],
        low[row, which],
        high[row, which],
        np.where(of_gifts, sums.gifts[row], sums.clicks[row]).astype(np.int64),
        sums.gifts[row].astype(np.int64),
        reasons[which, row].tolist(),
    )


def _values(metric: ValueMetric, cells: Sequence[ValueCell], sums: ValueSums) -> Floats:
    if metric.of_order is None:
        return metric.from_sums(sums)
    ending = ENDINGS[metric.about]
    orders = [(cell.orders or {}).get(ending) for cell in cells]
    return np.array([np.nan if order is None else metric.of_order(order) for order in orders], np.float64)


def _shown(cells: Sequence[ValueCell], *, has_amount: bool) -> Bools:
    """Return which metrics stand in the table, shape (n_cells, n_metrics): no monitor knows the truth."""
    seen = np.array([cell.curve == "as_seen" for cell in cells])
    ordered = np.array([cell.orders is not None for cell in cells])
    columns = [
        ~(seen & metric.truth) & (ordered | (metric.of_order is None)) & (has_amount or metric.about != "amount")
        for metric in VALUE_METRICS.values()
    ]
    return np.stack(columns, axis=1)


def _reasons(metric: ValueMetric, cells: Sequence[ValueCell], sums: ValueSums, value: Floats) -> NDArray[np.object_]:
    reason = np.full(len(cells), "all the same: nothing to put in order" if metric.of_order else "no answer", object)
    if metric.truth:
        reason[np.isnan(sums.truth)] = "truth unknown"
    elif metric.about == "clicks" and metric.kind != "mean":
        reason[~(sums.received > 0)] = "no money received"
    else:
        reason[sums.gifts == 0] = "no gifts"
    reason[sums.clicks == 0] = "no mature labels"
    reason[np.array([cell.there == 0 for cell in cells])] = "no clicks"
    reason[np.isfinite(value)] = ""
    return reason


def _bounds(metric: ValueMetric, cell: ValueCell, days: ValueDays, value: float) -> tuple[float, float]:
    if metric.of_order is not None:
        return moved(days.replicates[metric.name], value, len(days.day))[1:]
    by_day = days.sums if cell.by_day is None else cell.by_day
    return sums_interval(metric, by_day, days.few_weights)[1:]


def sums_interval(metric: ValueMetric, by_day: Floats, few_weights: Floats) -> Interval:
    """Return a metric made of sums with its 95 % interval over days.

    Parameters
    ----------
    metric : ValueMetric
    by_day : float array of shape (n_days, n_sums)
    few_weights : float array of shape (n_replicates, n_days)
    """
    sums = ValueSums(*by_day.T)
    if metric.part is None or metric.whole is None or metric.kind == "other":
        return Interval(np.nan, np.nan, np.nan)
    part, whole = metric.part(sums), metric.whole(sums)
    if metric.better == "zero":
        return mean_interval(part, whole, few_weights)
    found = ratio_interval(part, whole, few_weights)
    return Interval(*np.sqrt(found).tolist()) if metric.kind == "root" else found


def moved(replicates: Floats, value: float, n_days: int) -> Interval:
    """Return a value with the percentiles of its replicates, moved so that their median falls on it.

    That takes out the rounding to bins that replicates are made with.
    """
    known = replicates[np.isfinite(replicates)]
    if n_days < FEWEST_DAYS or not np.isfinite(value) or 2 * len(known) <= len(replicates):
        return Interval(value, np.nan, np.nan)
    low, middle, high = np.quantile(known, [0.025, 0.5, 0.975]).tolist()
    return Interval(value, low + value - middle, high + value - middle)


def _no_interval(metric: ValueMetric, days: ValueDays) -> str:
    if metric.kind == "other":
        return ""
    few = f"no interval: {len(days.day)} days, {FEWEST_DAYS} needed"
    return few if len(days.day) < FEWEST_DAYS else "no interval: no answer on most resampled days"
