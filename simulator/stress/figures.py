"""What a cell of a stress has measured: figures overall, and sums day by day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scenarios.durations import DAY
from simulator.stress.losses import Daily, Floats, Ints, Loss

METRICS = ("calibration_ratio", "nll", "normalized_entropy", "brier", "ece", "auc", "pr_auc", "bias")
_PREDICTION = "mean_prediction"


class Days(NamedTuple):
    """Sums over the mature clicks of each day; columns of length n_days."""

    day: Ints  # since 1970
    sums: Mapping[str, Floats]  # of a metric that is a mean: its value times clicks
    clicks: Floats
    conversions: Floats


class Figures(NamedTuple):
    """What was measured of every method of a cell, by label."""

    overall: Mapping[str, Mapping[str, Mapping[str, Any]]]  # metric -> value, low, high, clicks, conversions
    days: Mapping[str, Days]  # without those that have no mature click


def figures_of(path: Path, loss: Loss) -> Figures:
    """Read metrics.parquet."""
    whole = (pc.field("segment") == "") & (pc.field("curve") == "true")
    overall: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in pq.read_table(path, filters=whole & (pc.field("span") == "overall")).to_pylist():
        if row["metric"] in METRICS:
            kept = ("value", "low", "high", "clicks", "conversions")
            overall[row["method"]][row["metric"]] = {key: row[key] for key in kept}
    wanted = (pc.field("span") == "window") & pc.field("metric").isin([loss.above, _PREDICTION])
    rows = pq.read_table(path, filters=whole & wanted & (pc.field("clicks") > 0)).to_pylist()
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["method"]].append(row)
    return Figures(overall, {label: _by_day(own) for label, own in groups.items()})


def _by_day(rows: Sequence[Mapping[str, Any]]) -> Days:
    metrics = {row["metric"] for row in rows}
    sums, day, clicks, conversions = {}, np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    for metric in metrics:
        own = [row for row in rows if row["metric"] == metric]
        at = np.array([int(row["window_start"].timestamp()) * 1_000_000 // DAY for row in own])
        value, n, found = (
            np.array([row[key] for row in own], np.float64) for key in ("value", "clicks", "conversions")
        )
        day, index = np.unique(at, return_inverse=True)
        columns = np.stack([np.bincount(index, column) for column in (value * n, n, found)]).astype(np.float64)
        sums[metric], clicks, conversions = columns
    return Days(day, sums, clicks, conversions)


def daily_loss(days: Iterable[Days], loss: Loss) -> Daily:
    """Return the loss of several setups, which are measured on the same clicks, day by day."""
    days = list(days)
    below = days[0].clicks if loss.below == "clicks" else days[0].conversions
    return Daily(days[0].day, np.array([one.sums[loss.above] for one in days]), below)


def calibration_drift(days: Days) -> float | None:
    """Return how far the calibration ratio strays from day to day: the standard deviation of its logarithm.

    Days without conversions have no ratio.  Chance moves it too, most where conversions are few, and alike for all
    methods.
    """
    some = (days.conversions > 0) & (days.sums[_PREDICTION] > 0)
    if np.count_nonzero(some) < 2:
        return None
    return float(np.std(np.log(days.sums[_PREDICTION][some] / days.conversions[some]), ddof=1))
