"""From predictions to figures: what is evaluated, and every table a run keeps of one method."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from learners.base import Floats32
from replay.feed import Deliveries
from replay.log import Bools, ClickLog, Ints, OutcomeKind
from simulator.clock import Clock
from simulator.drift import Alarm, drift_alarms
from simulator.metrics.calibration import reliability_of
from simulator.metrics.delays import delay_edges, delay_table
from simulator.metrics.table import MetricTable
from simulator.metrics.windows import Evaluated, evaluate

_ROWS = 1 << 20  # clicks at a time, so that few columns of the log's length are made


@dataclass(frozen=True)
class Yardstick:
    """How predictions are measured: the scenario's clock and metrics sections, times in us."""

    attribution_window: int
    evaluate_from: int  # us UTC
    window: int
    bins: int
    binning: str
    max_segments: int
    replicates: int
    drift_delta: float
    seed: int


@dataclass(frozen=True)
class Measures:
    """What is kept of one method's predictions."""

    metrics: MetricTable
    reliability: Mapping[str, Any]
    alarms: list[Alarm]


def evaluated(log: ClickLog, deliveries: Deliveries, prediction: Floats32, yardstick: Yardstick) -> Evaluated:
    """Return the columns of the clicks from `evaluate_from` on."""
    first = int(np.searchsorted(log.click_time, yardstick.evaluate_from))
    time = log.click_time[first:]
    return Evaluated(
        click_time=time,
        prediction=prediction[first:],
        label=deliveries.label[first:],
        mature=time <= log.observed_until - yardstick.attribution_window,
        arrival=deliveries.arrival[first:],
        refund_arrival=None if deliveries.refund_arrival is None else deliveries.refund_arrival[first:],
        true_probability=None if log.true_probability is None else log.true_probability[first:],
        segments={name: (segment.code[first:], segment.values) for name, segment in log.segments.items()},
    )


def measure(clicks: Evaluated, clock: Clock, yardstick: Yardstick) -> Measures:
    """Return every figure of one method: pure functions of columns, after the run."""
    end = clock.last_click + 1
    table = evaluate(
        clicks,
        window=yardstick.window,
        start=yardstick.evaluate_from,
        end=max(end, yardstick.evaluate_from),
        bins=yardstick.bins,
        binning=yardstick.binning,
        max_segments=yardstick.max_segments,
        replicates=yardstick.replicates,
        seed=yardstick.seed,
    )
    alarms = drift_alarms(
        clicks.click_time,
        clicks.prediction,
        _known_when_mature(clicks, yardstick.attribution_window),
        attribution_window=yardstick.attribution_window,
        start=yardstick.evaluate_from,
        end=end,
        delta=yardstick.drift_delta,
    )
    counts = table.days.counts
    together = counts._replace(clicks=counts.clicks.sum(axis=0), conversions=counts.conversions.sum(axis=0))
    return Measures(table, reliability_of(together)._asdict(), alarms)


def unmeasured(clicks: Evaluated, yardstick: Yardstick) -> Measures:
    """Return the figures of a method that predicts money alone: every metric overall, without an answer."""
    none = clicks._replace(
        click_time=clicks.click_time[:0],
        prediction=clicks.prediction[:0],
        label=clicks.label[:0],
        mature=clicks.mature[:0],
        arrival=clicks.arrival[:0],
        refund_arrival=None,
        true_probability=None,
        segments={},
    )
    start = yardstick.evaluate_from
    table = evaluate(none, window=yardstick.window, start=start, end=start, replicates=0)
    reason = ["predicts money, not conversions"] * len(table.metric)
    return Measures(replace(table, reason=reason), {}, [])


def _known_when_mature(clicks: Evaluated, attribution_window: int) -> Bools:
    """Return labels as the trainer's side knows them when a click matures; a late feed may not have brought them."""
    known = np.empty(len(clicks.label), np.bool_)
    for at in range(0, len(known), _ROWS):
        cut = slice(at, at + _ROWS)
        by = clicks.click_time[cut] + attribution_window
        known[cut] = clicks.arrival[cut] <= by
        if clicks.refund_arrival is not None:
            known[cut] &= clicks.refund_arrival[cut] > by
    return known


def delays(log: ClickLog, attribution_window: int) -> dict[str, Any]:
    """Return the histogram of delays from click to first outcome inside the window, of mature clicks."""
    last = np.searchsorted(log.click_time, log.observed_until - attribution_window, side="right")
    mature = slice(0, int(np.searchsorted(log.outcomes.row, last)))
    row, time = log.outcomes.row[mature], log.outcomes.time[mature]
    inside = time - log.click_time[row] <= attribution_window
    counts = (log.outcomes.kind[mature] != OutcomeKind.REFUND) & inside
    row, time = row[counts], time[counts]
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = row[1:] != row[:-1]
    delay: Ints = time[first] - log.click_time[row[first]]
    table = delay_table(delay, delay_edges(attribution_window))
    return {
        "edges_us": table.edges.tolist(),
        "counts": table.counts.tolist(),
        "conversions": len(delay),
        "median_us": int(np.median(delay)) if len(delay) else None,
        "window_us": attribution_window,
    }
