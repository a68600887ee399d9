"""From a scenario to a finished run: prepare, replay, measure, settle, write."""

import copy
import dataclasses
import importlib.metadata
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from learners.base import Floats32, Learner
from replay.aggregates import derive, key_columns
from replay.feed import Deliveries, deliver
from replay.log import ClickLog
from replay.prepare import fingerprint_of, prepare
from replay.store import cache_folder
from scenarios import Scenario, ScenarioError
from scenarios.problems import Problem
from simulator import build
from simulator.amounts import check_money
from simulator.checkpoint import Checkpoint, Keeper, kept_beside
from simulator.clock import Clock
from simulator.engine import replay
from simulator.feed_faults import faults_beyond, segments_kept
from simulator.folder import Temporary, check_target, whole_folder, write_text
from simulator.ledger import Ledger, settle
from simulator.measure import Measures, Yardstick, delays, evaluated, measure, unmeasured
from simulator.methods import PROBABILITY, Method
from simulator.metrics.table import MetricTable
from simulator.metrics.value.table import ValueTable
from simulator.operator import Operator
from simulator.pipeline import Accidents, Pipeline
from simulator.predictions import write_predictions
from simulator.record import record_text, write_metrics
from simulator.report import write_report
from simulator.results import Result
from simulator.sources import reader_of
from simulator.trainer import Tally, Trainer
from simulator.tuning import Rehearsal, Trial, best, rehearsal, tune, tuned_on
from simulator.watcher import Unwatched, Watcher
from simulator.worth import Worth, worth


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


def run(
    scenario: Scenario,
    *,
    log: Any = None,
    learner: Learner | None = None,
    out: str | Path | None = None,
    jobs: int = 1,
    watcher: Watcher | None = None,
    checkpoint_every: float | None = None,
    asked_to_stop: Callable[[], bool] | None = None,
) -> Result:
    """Replay a scenario's log under its methods, and measure them.

    Parameters
    ----------
    scenario : Scenario
    log : dataframe, optional
        Read in place of the scenario's `log.path`: pandas, polars, pyarrow, duckdb or any other with the Arrow
        PyCapsule interface.
    learner : Learner, optional
        In place of the scenario's; every method gets a copy of it.
    out : path, optional
        Folder of the results, written whole or not at all; by default one that lasts as long as the result.
    jobs : int
        How many methods are replayed at a time, in threads; it never changes a result.
    watcher : Watcher, optional
        Told how far the run is.
    checkpoint_every : float, optional
        Seconds between checkpoints, kept in a folder ``.NAME.checkpoint`` beside `out` until the run is done.  The
        same scenario run to the same place goes on from there, to the same bytes.  By default, and with a learner
        from Python, none are made.
    asked_to_stop : callable, optional
        Asked after every drain; where it says True a checkpoint is made and the run stops.

    Returns
    -------
    Result

    Raises
    ------
    ScenarioError, LogError, OutputError
        If the request is wrong; the message says what to do.
    LedgerError
        If something was lost or counted twice.
    StoppedError
        If it was asked to.
    """
    if scenario.market:
        from simulator.market.runner import run_market  # noqa: PLC0415  (it builds on this module)

        return run_market(
            scenario, log=log, learner=learner, out=out, jobs=jobs, watcher=watcher, asked_to_stop=asked_to_stop
        )
    methods = build.methods(scenario)
    if scenario.grid.model_extra:
        told = "expected none in a single run; load it with load_grid and run it with run_grid"
        raise ScenarioError(scenario.name, [Problem("grid", told)])
    if scenario.tune and learner:
        told = "expected no [tune] where the learner is handed over from Python: its learning rate is its own"
        raise ScenarioError(scenario.name, [Problem("tune", told)])
    watcher = watcher or Unwatched()
    keep = None
    if out is None:
        keep = Temporary()
        out = keep.folder / scenario.name
    out = Path(out)
    check_target(out)
    prototype = learner or build.learner(scenario)
    started = time.perf_counter()
    prepared = prepare_log(scenario, log, prototype, watcher)
    check_money(scenario, prepared, methods)
    with whole_folder(out) as folder, kept_beside(_beside(out)):
        stage = set_stage(scenario, prepared, prototype, folder, watcher)
        stage.seconds["prepare"] = time.perf_counter() - started
        if checkpoint_every is not None and learner is None:
            asked = asked_to_stop or (lambda: False)
            keeper = Keeper(_beside(out), _identity(scenario, prepared), checkpoint_every, asked)
            stage = dataclasses.replace(stage, keeper=keeper)
        perform(stage, methods, jobs)
        write_report(folder)
    shutil.rmtree(_beside(out), ignore_errors=True)
    return Result(out, keep)


def _beside(out: Path) -> Path:
    """Return where the checkpoints of a run are."""
    return out.parent / f".{out.name}.checkpoint"


def _identity(scenario: Scenario, log: ClickLog) -> dict[str, Any]:
    packages = ("latelabel", "numpy", "numba", "pyarrow", "scikit-learn")
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {"scenario": scenario.hash(), "log": log.fingerprint, "versions": versions}


def prepare_log(
    scenario: Scenario, frame: Any, learner: Learner, watcher: Watcher, *, keep_columns: bool = False
) -> ClickLog:
    """Return the scenario's log, or a dataframe in its place, read and encoded as a learner needs it."""
    log = read_log(scenario, frame, learner, watcher, keep_columns=keep_columns)
    return with_aggregates(scenario, log, cache_folder())


def with_aggregates(scenario: Scenario, log: ClickLog, cache: Path) -> ClickLog:
    """Return a log that was read with its aggregates, which hang on the feed."""
    return derive(log, build.aggregates(scenario), build.feed(scenario, log), build.encoding(scenario), cache)


def read_log(
    scenario: Scenario,
    frame: Any,
    learner: Learner,
    watcher: Watcher,
    cache: Path | None = None,
    *,
    keep_columns: bool = False,
) -> ClickLog:
    """Return the same without its aggregates."""
    cache = cache or cache_folder()
    return prepare(
        reader_of(scenario, frame, cache),
        cache=cache,
        max_quarantined=getattr(scenario.log, "max_quarantined", 0.0),
        progress=watcher.reading,
        **_preparation(scenario, learner, keep_columns=keep_columns),
    )


def fingerprint(scenario: Scenario, frame: Any, learner: Learner, cache: Path) -> str:
    """Return the name by which the scenario's log, once prepared, is kept in the cache."""
    return fingerprint_of(reader_of(scenario, frame, cache), **_preparation(scenario, learner))


def _preparation(scenario: Scenario, learner: Learner, *, keep_columns: bool = False) -> dict[str, Any]:
    """Return what decides, beside the reader, what a prepared log is."""
    return {
        "encoding": build.encoding(scenario),
        "segments": segments_kept(scenario),
        "keys": key_columns(build.aggregates(scenario)),
        "keep_columns": keep_columns or build.wants_columns(scenario, learner),
        "clock_skew": getattr(scenario.log, "clock_skew", 0),
        "duplicates": getattr(scenario.log, "duplicates", "ids"),
    }


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


def perform(stage: Stage, methods: dict[str, Method], jobs: int) -> None:
    """Play methods, and leave everything but the report in the stage's folder."""
    played = _play_all(stage, methods, jobs)
    _write(stage, played, _settle(stage, played))


def _play_all(stage: Stage, methods: dict[str, Method], jobs: int) -> dict[str, Played]:
    stage.watcher.replaying(list(methods), stage.clock.start, stage.clock.end)
    if jobs == 1 or len(methods) == 1:
        return {label: _play(stage, label, method) for label, method in methods.items()}
    stopped: list[BaseException] = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = {label: pool.submit(_play, stage, label, method, stopped) for label, method in methods.items()}
        try:
            return {label: future.result() for label, future in futures.items()}
        except BaseException as error:
            stopped.append(error)
            pool.shutdown(cancel_futures=True)
            raise


def _play(stage: Stage, label: str, method: Method, stopped: list[BaseException] | None = None) -> Played:
    def go_on(now: int) -> None:  # noqa: ARG001  (a tick is told the time)
        if stopped:
            raise InterruptedError("another method of this run failed")

    def tick(now: int) -> None:
        go_on(now)
        stage.watcher.tick(label, now)

    rehearsed = stage.rehearsal if build.tuned(stage.scenario, label) else None
    trials = tune(rehearsed, label, method, go_on) if rehearsed else ()
    own = build.own_learner(stage.scenario, label)
    rate = best(trials, (own or stage.scenario.learner).learning_rate) if trials else None
    fresh = own is not None or rate is not None
    learner = build.learner(stage.scenario, rate, label) if fresh else copy.deepcopy(stage.learner)
    started = time.perf_counter()
    trainer, operator = _replayed(stage, label, method, learner, tick)
    replayed = time.perf_counter()
    measures = _measured(stage, method, trainer.prediction, trainer.recorded)
    folder = stage.folder / "predictions" / f"method={label}"
    kept = trainer.recorded if method.target == "value" else None
    window = stage.scenario.clock.attribution_window
    write_predictions(folder, stage.log, stage.deliveries, window, trainer.prediction, kept)
    accidents = operator.accidents if operator and operator.pipeline != Pipeline() else None
    tuned = rate, trials, tuned_on(method)
    found = None
    if method.target == "value":
        found = worth(trainer, stage.deliveries, method.given, stage.clock, stage.yardstick)
    stage.watcher.finished(label)
    missed = trainer.missed(stage.clock.end)
    return Played(trainer.tally, missed, measures, replayed - started, *tuned, method.target, found, accidents)


def _replayed(
    stage: Stage, label: str, method: Method, learner: Learner, tick: Callable[[int], None]
) -> tuple[Trainer, Operator | None]:
    """Replay a method, from its last checkpoint if there is one, and return who trained it."""
    log, clock = stage.log, stage.clock
    checkpoint = stage.keeper.checkpoint(label) if stage.keeper and clock.drains else None
    prediction, *recorded = (_kept_column(stage, checkpoint, name) for name in ("prediction", *method.stages))
    shown = _column(stage.folder, log.n_clicks, np.bool_)
    stages = dict(zip(method.stages, recorded, strict=True))
    trainer = Trainer(log, stage.deliveries, method, learner, clock.batch, prediction, shown, stages)
    operator = Operator(trainer, clock, build.pipeline(stage.scenario, clock)) if clock.drains else None
    first, keep = 0, None
    if checkpoint and operator and stage.keeper:
        first = checkpoint.resume(trainer, operator)
        keep = checkpoint.keeping(trainer, operator, stage.keeper.asked_to_stop)
    replay(trainer, clock, tick, operator, first, keep)
    return trainer, operator


def _measured(stage: Stage, method: Method, prediction: Floats32, stages: Mapping[str, Floats32]) -> Measures:
    """Return the figures about conversions: of what is served, or of the stage that says their probability."""
    if method.target == "value":
        if PROBABILITY not in stages:
            return unmeasured(evaluated(stage.log, stage.deliveries, prediction, stage.yardstick), stage.yardstick)
        prediction = stages[PROBABILITY]
    clicks = evaluated(stage.log, stage.deliveries, prediction, stage.yardstick)
    return measure(clicks, stage.clock, stage.yardstick)


def _kept_column(stage: Stage, checkpoint: Checkpoint | None, name: str) -> Any:
    """Return a column that a checkpoint keeps, or one that is gone with the run."""
    length = stage.log.n_clicks
    return checkpoint.column(name, length, np.float32) if checkpoint else _column(stage.folder, length, np.float32)


def _column(folder: Path, length: int, dtype: Any) -> Any:
    """Return zeros of the log's length, mapped from an unnamed file instead of held in memory."""
    if not length:
        return np.zeros(0, dtype)
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.asarray(np.memmap(file, dtype=dtype, mode="w+", shape=(length,)))  # a plain array is quicker to cut


def _settle(stage: Stage, played: dict[str, Played]) -> Ledger:
    served = {one.tally.served for one in played.values()}
    return settle(stage.log, stage.deliveries, min(served), stage.clock.end)


def _write(stage: Stage, played: dict[str, Played], ledger: Ledger) -> None:
    tables: dict[str, list[MetricTable | ValueTable]] = {label: [one.measures.metrics] for label, one in played.items()}
    for label, one in played.items():
        tables[label] += [one.worth.money.table] if one.worth else []
    write_metrics(stage.folder / "metrics.parquet", tables)
    histogram = delays(stage.log, stage.scenario.clock.attribution_window)
    write_text(stage.folder / "run.json", record_text(stage, played, ledger, histogram))
