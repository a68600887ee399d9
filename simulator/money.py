"""From predicted money to figures: everything a run keeps of how well a method says what clicks are worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from learners.base import Floats32
from replay.feed import Deliveries
from replay.log import ClickLog
from scenarios.durations import format_duration
from simulator.clock import Clock
from simulator.measure import Measures, Yardstick
from simulator.metrics.value import figures
from simulator.metrics.value.clicks import Hold, Valued
from simulator.metrics.value.compare import value_difference
from simulator.metrics.value.table import ValueDays, ValueTable
from simulator.metrics.value.windows import Judged, evaluate_value

AMOUNT = "amount"  # the stage that says what a gift is worth, given that there is one
COMPARED = (
    "poisson_deviance",
    "tweedie_deviance",
    "mae_log",
    "spearman",
    "top1_value_share",
    "top5_value_share",
    "top10_value_share",
    "ndcg_100",
)
COMPARED_ON_GIFTS = ("gamma_deviance", "mae_log", "spearman", "top10_value_share")


@dataclass(frozen=True)
class Money:
    """What is kept of one method's predicted money."""

    table: ValueTable
    days: ValueDays
    figures: Mapping[str, Any]  # for the report: curves and bins, as `simulator.metrics.value.figures` makes them
    log: Mapping[str, Any]  # of the received money alone: the same for all methods of a run


def judge(clicks: Valued, clock: Clock, by: Yardstick, hold: Hold) -> Money:
    """Return every figure of one method's money: pure functions of columns, after the run.

    Parameters
    ----------
    clicks : Valued
        As `valued` returns them.
    clock : Clock
    by : Yardstick
    hold : callable
        As for `evaluate_value`.
    """
    judged = evaluate_value(
        clicks,
        window=by.window,
        start=by.evaluate_from,
        end=max(clock.last_click + 1, by.evaluate_from),
        replicates=by.replicates,
        seed=by.seed,
        max_segments=by.max_segments,
        hold=hold,
    )
    received = figures.largest(judged.received, judged.orders[""].clicks)
    received["resampled"] = format_duration(judged.days.length)
    return Money(judged.table, judged.days, _figures(clicks, judged), received)


def valued(
    log: ClickLog, deliveries: Deliveries, prediction: Floats32, amount: Floats32 | None, by: Yardstick, hold: Hold
) -> Valued:
    """Return the columns of the clicks from `evaluate_from` on, with the money that counts.

    Parameters
    ----------
    log : ClickLog
    deliveries : Deliveries
    prediction : float32 array of shape (n_clicks,)
        Money as served.
    amount : float32 array of shape (n_clicks,), optional
        Money given that there is any, by the method's own model.
    by : Yardstick
    hold : callable
        As for `evaluate_value`.
    """
    first = int(np.searchsorted(log.click_time, by.evaluate_from))
    time = log.click_time[first:]
    start = int(np.searchsorted(log.outcomes.row, first))
    cut = slice(start, None)
    counts = ~(deliveries.outside[cut] | deliveries.repeat[cut]) & (log.outcomes.amount[cut] != 0)
    return Valued(
        click_time=time,
        prediction=prediction[first:],
        amount=None if amount is None else amount[first:],
        n_mature=int(np.searchsorted(time, log.observed_until - by.attribution_window, side="right")),
        row=hold(log.outcomes.row[cut][counts] - first),
        arrival=hold(deliveries.outcome_arrival[cut][counts]),
        money=hold(log.outcomes.amount[cut][counts]),
        truth=None if log.true_value is None else log.true_value[first:],
        segments={name: (segment.code[first:], segment.values) for name, segment in log.segments.items()},
    )


def _figures(clicks: Valued, judged: Judged) -> dict[str, Any]:
    days = judged.days
    return {
        "capture": {
            ending: figures.capture(judged.orders[ending], ranks, days) for ending, ranks in days.ranks.items()
        },
        "deciles": {ending: figures.by_decile(days, ranks) for ending, ranks in days.ranks.items()},
        "concentration": figures.concentration(judged.orders[""]),
        "density": figures.density(clicks, judged.received),
    }


def stage_one(measures: Measures) -> dict[str, Any]:
    """Return precision by recall of a method's probability of a gift."""
    counts = measures.metrics.days.counts
    return figures.precision_recall(counts.prediction, counts.clicks.sum(axis=0), counts.conversions.sum(axis=0))


def differences(moneys: Mapping[str, Money]) -> list[dict[str, Any]]:
    """Return how each two methods differ in each metric that can be compared day by day.

    Returns
    -------
    list of dict
        ``a`` and ``b`` are labels, ``difference`` is the metric of a less that of b, ``low`` and ``high`` its interval.
        Of a method that has a model of amounts, that stands on gifts for the method itself.
    """
    found = []
    for (a, one), (b, other) in combinations(moneys.items(), 2):
        for metric in COMPARED:
            interval = value_difference(one.days, other.days, metric)
            found.append(_difference(a, b, metric, interval))
        for metric in COMPARED_ON_GIFTS:
            own = [f"{metric}_amount" if "_amount" in money.days.ranks else f"{metric}_gifts" for money in (one, other)]
            interval = value_difference(one.days, other.days, *own)
            found.append(_difference(a, b, f"{metric}_gifts", interval))
    return found


def _difference(a: str, b: str, metric: str, interval: tuple[float, float, float]) -> dict[str, Any]:
    value, low, high = interval
    return {"a": a, "b": b, "metric": metric, "difference": value, "low": low, "high": high}
