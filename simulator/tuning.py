"""Every method at its own best learning rate, chosen on what is known before the evaluation starts."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from learners import Learner, LearnerError
from replay.feed import Deliveries, deliver
from replay.log import MICROS, Bools, ClickLog, Floats
from replay.view import View
from scenarios import Scenario, ScenarioError
from scenarios.durations import format_duration
from scenarios.problems import Problem
from simulator import build
from simulator.clock import Clock
from simulator.cuts import clicks_before
from simulator.engine import Tick, replay
from simulator.methods import Method
from simulator.metrics.likelihood import nll
from simulator.metrics.value.errors import gamma_deviance, poisson_deviance
from simulator.trainer import Trainer


class Trial(NamedTuple):
    """How a method did at one learning rate."""

    learning_rate: float
    loss: float  # of the scored clicks, see `tuned_on`; nan if the model did not stay finite


@dataclass(frozen=True)
class Rehearsal:
    """What rates are tried on: the clicks before `evaluate_from`, and those of them that are scored."""

    scenario: Scenario
    log: ClickLog
    deliveries: Deliveries
    scored: slice  # rows
    label: Bools  # of the scored clicks, as known at `evaluate_from`
    value: Floats  # their money, likewise


def rehearsal(scenario: Scenario, log: ClickLog, scratch: Path | None = None) -> Rehearsal | None:
    """Return what rates are tried on; None if the scenario does not ask for tuning, or the log is empty.

    Scored are the clicks from `tune.score_from` on whose labels are complete by `evaluate_from`: those that are an
    attribution window old by the feed's watermark.

    Raises
    ------
    ScenarioError
        If there is no such click.
    """
    if scenario.tune is None or not log.n_clicks:
        return None
    first, window = int(log.click_time[0]), scenario.clock.attribution_window
    evaluate_from = first + scenario.clock.evaluate_from
    past = clicks_before(log, evaluate_from)
    deliveries = deliver(past, window, build.feed(scenario, log), scratch, net=scenario.clock.net)
    mature = deliveries.watermark.at(evaluate_from) - window
    burn_in = (mature - first) // 2 if scenario.tune.score_from is None else scenario.tune.score_from
    start = int(np.searchsorted(past.click_time, first + burn_in))
    stop = int(np.searchsorted(past.click_time, mature, side="right"))
    if start >= stop:
        raise ScenarioError(scenario.name, [_nothing_to_score(scenario, burn_in)])
    scored = slice(start, stop)
    view = View(past, deliveries, now=evaluate_from + 1)
    value = view.value(np.arange(start, stop), by=evaluate_from) / MICROS
    return Rehearsal(scenario, past, deliveries, scored, deliveries.known(scored, evaluate_from), value)


def tuned_on(method: Method) -> str:
    """Return the metric that a method's learning rate is chosen by.

    It is one that is least, in expectation, at what the method should say: a probability, or expected money.
    """
    if method.target == "conversion":
        return "nll"
    return "poisson_deviance" if method.given == "click" else "gamma_deviance"


def tune(stage: Rehearsal, label: str, method: Method, tick: Tick) -> tuple[Trial, ...]:
    """Return how a method does at each of the scenario's learning rates.

    Raises
    ------
    ScenarioError
        If no rate leaves the model finite.
    """
    rates = stage.scenario.tune.learning_rates if stage.scenario.tune else ()
    trials = tuple(Trial(rate, _score(stage, label, method, rate, tick)) for rate in rates)
    if not any(np.isfinite(trial.loss) for trial in trials):
        problem = Problem(
            "tune.learning_rates", "expected one at which models stay finite, found none; try smaller ones"
        )
        raise ScenarioError(stage.scenario.name, [problem])
    return trials


class Chosen(NamedTuple):
    """What a method learns with."""

    learner: Learner
    learning_rate: float | None = None  # where it was tuned
    trials: tuple[Trial, ...] = ()


def choose(
    scenario: Scenario, shared: Learner, rehearsed: Rehearsal | None, label: str, method: Method, tick: Tick
) -> Chosen:
    """Return a fresh learner for a method: its own or one like the shared, at the best rate where rates are tried."""
    own = build.own_learner(scenario, label)
    if rehearsed is None or not build.tuned(scenario, label):
        return Chosen(copy.deepcopy(shared) if own is None else build.learner(scenario, label=label))
    trials = tune(rehearsed, label, method, tick)
    rate = best(trials, (own or scenario.learner).learning_rate)
    return Chosen(build.learner(scenario, rate, label), rate, trials)


def best(trials: Sequence[Trial], otherwise: float) -> float:
    """Return the learning rate of the lowest loss, the first of several; `otherwise` if all are the same."""
    finite = [trial for trial in trials if np.isfinite(trial.loss)]
    if len({trial.loss for trial in trials}) == 1 and len(trials) > 1:
        return otherwise
    return min(finite, key=lambda trial: trial.loss).learning_rate


def _score(stage: Rehearsal, label: str, method: Method, learning_rate: float, tick: Tick) -> float:
    log, settings = stage.log, stage.scenario.clock
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    learner = build.learner(stage.scenario, learning_rate, label)
    trainer = Trainer(log, stage.deliveries, method, learner, settings.batch, prediction, shown)
    try:
        replay(trainer, Clock.of(log, settings.publish_every, settings.publish_lag, settings.batch), tick)
    except LearnerError:
        return float("nan")
    served, loss = prediction[stage.scored], tuned_on(method)
    if loss == "nll":
        return nll(stage.label, served)
    if loss == "poisson_deviance":
        return poisson_deviance(stage.value, served)
    gift = stage.value > 0
    return gamma_deviance(stage.value[gift], served[gift])


def _nothing_to_score(scenario: Scenario, burn_in: int) -> Problem:
    start, window = format_duration(scenario.clock.evaluate_from), format_duration(scenario.clock.attribution_window)
    return Problem(
        "tune",
        f"expected clicks later than {format_duration(burn_in)} after the first whose labels are mature by "
        f"clock.evaluate_from, {start} after it, found none; evaluate later than the attribution window, {window}, and "
        "the feed's latency after the first clicks, or set tune.score_from lower",
    )
