"""The table of metrics: one row for each span, segment, curve and metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics import METRICS, Metric
from simulator.metrics.days import DayStats
from simulator.metrics.intervals import FEWEST_DAYS, Interval
from simulator.metrics.ranked import Ranking
from simulator.metrics.sums import Bools, Floats, Ints, Sums

_NEEDS_CONVERSIONS = ("calibration_ratio", "normalized_entropy", "auc", "pr_auc")
_NEEDS_OTHERS = ("normalized_entropy", "auc")


class Cell(NamedTuple):
    """What was measured of some clicks by one curve."""

    span: str  # "overall" or "window"
    start: int  # us UTC
    end: int
    segment: str  # "" for all clicks, else "name=value"
    curve: str  # "true" or "as_seen"
    there: int  # clicks there, those that are not mature included
    sums: Floats  # of the clicks that the curve is about, in the order of `Sums`
    ranking: Ranking


@dataclass(frozen=True)
class MetricTable:
    """Metrics in columns, a row for each cell and metric; nan is "no answer", and `reason` says why."""

    span: list[str]  # "overall" or "window"
    window_start: Ints  # us UTC, half-open
    window_end: Ints
    segment: list[str]  # "" for all clicks, else "name=value"
    curve: list[str]  # "true": mature labels; "as_seen": what a monitor would have computed at window_end
    metric: list[str]
    value: Floats
    low: Floats  # 95 % interval over days; nan but for the true curve of all clicks overall
    high: Floats
    clicks: Ints  # that the value is about
    conversions: Ints  # of these, as the curve knows them
    reason: list[str]  # why there is no value, or no interval where one is due; else ""
    days: DayStats  # the true curve day by day, for differences between methods

    def columns(self) -> dict[str, list[str] | Ints | Floats]:
        """Return the columns by name, all but `days`, in the order above."""
        return {name: column for name, column in vars(self).items() if name != "days"}


def metric_table(cells: Sequence[Cell], days: DayStats, intervals: Mapping[str, Interval]) -> MetricTable:
    """Return the rows of all cells; the first is the true curve of all clicks overall, which has the intervals."""
    sums = Sums(*np.array([cell.sums for cell in cells]).T)
    shown = _shown(cells)
    row, which = np.nonzero(shown)
    low, high = np.full(shown.shape, np.nan), np.full(shown.shape, np.nan)
    low[0], high[0] = zip(*((intervals[name].low, intervals[name].high) for name in METRICS), strict=True)
    reason = np.stack([_reasons(cells, sums, metric) for metric in METRICS.values()], axis=1)
    reason[0] = np.where(reason[0] == "", _no_interval(days, low[0]), reason[0])
    span, start, end, segment, curve = (np.array(column, object)[row] for column in list(zip(*cells, strict=True))[:5])
    return MetricTable(
        span.tolist(),
        start.astype(np.int64),
        end.astype(np.int64),
        segment.tolist(),
        curve.tolist(),
        np.array(list(METRICS))[which].tolist(),
        values_of(cells)[row, which],
        low[row, which],
        high[row, which],
        sums.clicks[row].astype(np.int64),
        sums.conversions[row].astype(np.int64),
        reason[row, which].tolist(),
        days,
    )


def values_of(cells: Sequence[Cell]) -> Floats:
    """Return every metric of every cell, shape (n_cells, n_metrics), in the order of `METRICS`."""
    sums = Sums(*np.array([cell.sums for cell in cells]).T)
    columns = [
        metric.from_sums(sums)
        if metric.from_sums
        else np.array([getattr(cell.ranking, metric.name) for cell in cells], np.float64)
        for metric in METRICS.values()
    ]
    return np.stack(columns, axis=1)


def _shown(cells: Sequence[Cell]) -> Bools:
    """Return which metrics stand in the table: no monitor knows the truth, so none has a curve as seen."""
    seen = np.array([cell.curve == "as_seen" for cell in cells])
    truth = np.array([metric.needs == "truth" for metric in METRICS.values()])
    return np.asarray(~(seen[:, None] & truth[None, :]))


def _reasons(cells: Sequence[Cell], sums: Sums, metric: Metric) -> NDArray[np.object_]:
    reason = np.full(len(cells), "", object)
    if metric.needs == "truth":
        reason[np.isnan(sums.bias)] = "truth unknown"
    if metric.name in _NEEDS_OTHERS:
        reason[sums.conversions == sums.clicks] = "no non-conversions"
    if metric.name in _NEEDS_CONVERSIONS:
        reason[sums.conversions == 0] = "no conversions"
    reason[sums.clicks == 0] = "no mature labels"
    reason[np.array([cell.there == 0 for cell in cells])] = "no clicks"
    return reason


def _no_interval(days: DayStats, low: Floats) -> NDArray[np.object_]:
    few = f"no interval: {len(days.day)} days, {FEWEST_DAYS} needed"
    rare = "no interval: no answer on most resampled days"
    return np.where(np.isfinite(low), "", few if len(days.day) < FEWEST_DAYS else rare).astype(object)
