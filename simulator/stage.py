"""What all methods of a run share, and what is left of each once it was played."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from learners.base import Learner
from replay.feed import Deliveries, deliver
from replay.log import ClickLog
from scenarios import Scenario, ScenarioError
from scenarios.problems import Problem
from simulator import build
from simulator.checkpoint import Keeper
from simulator.clock import Clock
from simulator.feed_faults import faults_beyond
from simulator.measure import Measures, Yardstick
from simulator.pipeline import Accidents
from simulator.trainer import Tally
from simulator.tuning import Rehearsal, Trial, rehearsal
from simulator.watcher import Watcher
from simulator.worth import Worth


@dataclass(frozen=True)
class Stage:
    """What all methods of a run share."""

    scenario: Scenario
    log: ClickLog
    deliveries: Deliveries
    clock: Clock
    yardstick: Yardstick
    learner: Learner
    folder: Path
    watcher: Watcher
    rehearsal: Rehearsal | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    keeper: Keeper | None = None


@dataclass(frozen=True)
class Played:
    """What is left of a method once its predictions are written."""

    tally: Tally
    missed: int  # conversions that had arrived by the end and were never shown as positives
    measures: Measures
    seconds: float
    learning_rate: float | None = None  # where it was tuned
    tuning: tuple[Trial, ...] = ()
    tuned_on: str = "nll"  # what the learning rate was chosen by
    target: str = "conversion"  # what is predicted, as `Method.target`
    worth: Worth | None = None  # where money is predicted
    accidents: Accidents | None = None  # where the pipeline has faults or a capacity


def set_stage(scenario: Scenario, log: ClickLog, learner: Learner, folder: Path, watcher: Watcher) -> Stage:
    """Return what all methods of a run share, and what all runs share that differ in their methods alone."""
    settings, metrics = scenario.clock, scenario.metrics
    clock = Clock.of(log, settings.publish_every, settings.publish_lag, settings.batch)
    first = int(log.click_time[0]) if log.n_clicks else 0
    yardstick = Yardstick(
        attribution_window=settings.attribution_window,
        evaluate_from=first + settings.evaluate_from,
        window=metrics.window,
        bins=metrics.bins,
        binning=metrics.binning.removeprefix("equal_"),
        max_segments=metrics.max_segments,
        replicates=metrics.bootstrap,
        drift_delta=metrics.drift_delta,
        seed=scenario.seed,
    )
    problems = faults_beyond(scenario, log)
    if log.n_clicks and yardstick.evaluate_from > clock.last_click:
        problems.append(_unreachable(scenario, clock.last_click - first))
    if problems:
        raise ScenarioError(scenario.name, problems)
    feed = build.feed(scenario, log)
    deliveries = deliver(log, settings.attribution_window, feed, scratch=folder, net=settings.net)
    rehearsed = rehearsal(scenario, log, scratch=folder)
    log = replace(log, segments={name: log.segments[name] for name in metrics.segments})
    return Stage(scenario, log, deliveries, clock, yardstick, learner, folder, watcher, rehearsed)


def _unreachable(scenario: Scenario, length: int) -> Problem:
    found = scenario.resolved()["clock"]["evaluate_from"]
    days = length / 86_400_000_000
    return Problem(
        "clock.evaluate_from",
        f"expected less than the log's length, {days:.2f} days, got {found}; nothing is evaluated",
    )
