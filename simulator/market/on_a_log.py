"""`latelabel estimators`: from a scenario to what each estimator would have said of the days of its log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from learners.base import Learner
from replay.feed import deliver
from replay.log import MICROS, ClickLog, Ints
from scenarios import Scenario, ScenarioError, mismatch, unknown_name
from scenarios.durations import HOUR
from simulator import build
from simulator.clock import Clock
from simulator.market.estimators import ESTIMATORS
from simulator.market.knowledge import Terms
from simulator.market.open_loop import Error, Trial, estimate_days, predict_all
from simulator.market.runner import split_by
from simulator.preparation import prepare_log
from simulator.watcher import Unwatched, Watcher

AFTER = (HOUR, 6 * HOUR, 24 * HOUR)


@dataclass(frozen=True)
class Table:
    """What was found, and on what."""

    errors: list[Error]
    method: str  # label of the method whose predictions were used
    campaigns: int
    days: int
    clicks: int
    value: float  # in all days together


def estimators_on_log(
    scenario: Scenario,
    *,
    log: Any = None,
    learner: Learner | None = None,
    method: str | None = None,
    by: str | None = None,
    cost: str | None = None,
    value: str = "conversions",
    after: Sequence[int] = AFTER,
    watcher: Watcher | None = None,
) -> Table:
    """Replay a scenario's log under one method, and return how far off each estimator was some time after each day.

    The clicks of the log are taken for bought; nothing is bid.  The days are whole UTC days from the scenario's
    `clock.evaluate_from` on whose labels are mature.

    Parameters
    ----------
    scenario : Scenario
    log : dataframe, optional
        Read in place of the scenario's `log.path`.
    learner : Learner, optional
        In place of the scenario's.
    method : str, optional
        Label of the method that predicts; the scenario's first by default.
    by : str, optional
        Column whose values are the campaigns; all clicks are one by default.
    cost : str, optional
        Numeric feature that is the price of a click; all cost the same by default.
    value : str
        "conversions" or "money".
    after : sequence of int
        Times after the end of a day, us.
    watcher : Watcher, optional
        Told how far the reading is.

    Raises
    ------
    ScenarioError, LogError
        If the request is wrong; the message says what to do.
    """
    methods = build.methods(scenario)
    label = method or next(iter(methods))
    if label not in methods:
        raise ScenarioError(scenario.name, [unknown_name("--method", "method of the scenario", label, methods)])
    prototype = learner or build.learner(scenario)
    split, told = split_by(scenario, by) if by else scenario, watcher or Unwatched()
    clicks = prepare_log(split, log, prototype, told, keep_columns=cost is not None)
    trial = _trial(scenario, clicks, by, cost, value)
    settings = scenario.clock
    clock = Clock.of(clicks, settings.publish_every, settings.publish_lag, settings.batch)
    prediction, _ = predict_all(clicks, trial.deliveries, methods[label], prototype, clock)
    trial = Trial(**{**vars(trial), "prediction": prediction})
    first = int(clicks.click_time[0]) if clicks.n_clicks else 0
    found = estimate_days(
        trial, {name: made() for name, made in ESTIMATORS.items()}, after, first + settings.evaluate_from
    )
    return Table(found.errors, label, trial.n_groups, found.days, found.clicks, found.value)


def _trial(scenario: Scenario, log: ClickLog, by: str | None, cost: str | None, value: str) -> Trial:
    deliveries = deliver(log, scenario.clock.attribution_window, build.feed(scenario, log))
    code = log.segments[by].code if by else np.zeros(log.n_clicks, np.int32)
    n_groups = len(log.segments[by].values) if by else 1
    start, end = (int(log.click_time[0]), int(log.click_time[-1])) if log.n_clicks else (0, 0)
    terms = Terms(scenario.clock.attribution_window, start, end, HOUR)
    prices = np.full(log.n_clicks, MICROS, np.int64) if cost is None else _prices(scenario, log, cost)
    return Trial(log, deliveries, np.zeros(0, np.float32), code, n_groups, prices, value, terms)


def _prices(scenario: Scenario, log: ClickLog, column: str) -> Ints:
    """Return what each click cost, in millionths; what is missing cost nothing."""
    table = log.columns
    names = [name for name in table.column_names if str(table.schema.field(name).type) == "double"] if table else []
    if table is None or column not in names:
        raise ScenarioError(scenario.name, [unknown_name("--cost", "numeric feature of the log", column, names)])
    prices = table[column].fill_null(0.0).to_numpy()
    if len(prices) and prices.min() < 0:
        raise ScenarioError(
            scenario.name, [mismatch("--cost", f"a column {column} of at least 0", float(prices.min()))]
        )
    costs: Ints = np.rint(prices * MICROS).astype(np.int64)
    return costs
