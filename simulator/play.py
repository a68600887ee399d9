"""Play methods on a stage: replay, measure, settle the ledger, write."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from learners.base import Floats32, Learner
from replay.scratch import scratch_column
from simulator import build
from simulator.checkpoint import Checkpoint
from simulator.engine import replay
from simulator.folder import write_text
from simulator.late import write_late
from simulator.ledger import Ledger, settle
from simulator.measure import Measures, delays, evaluated, measure, unmeasured
from simulator.methods import PROBABILITY, Method
from simulator.metrics.table import MetricTable
from simulator.metrics.value.table import ValueTable
from simulator.operator import Operator
from simulator.pipeline import Pipeline
from simulator.predictions import write_predictions
from simulator.record import record_text, write_metrics
from simulator.stage import Played, Stage
from simulator.trainer import Trainer
from simulator.tuning import choose, tuned_on
from simulator.weights import blamed
from simulator.worth import worth


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

    with blamed(label):
        learner, rate, trials = choose(stage.scenario, stage.learner, stage.rehearsal, label, method, go_on)
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
    shown = scratch_column(stage.folder, log.n_clicks, np.bool_)
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
    if checkpoint:
        return checkpoint.column(name, length, np.float32)
    return scratch_column(stage.folder, length, np.float32)


def _settle(stage: Stage, played: dict[str, Played]) -> Ledger:
    served = {one.tally.served for one in played.values()}
    return settle(stage.log, stage.deliveries, min(served), stage.clock.end)


def _write(stage: Stage, played: dict[str, Played], ledger: Ledger) -> None:
    tables: dict[str, list[MetricTable | ValueTable]] = {label: [one.measures.metrics] for label, one in played.items()}
    for label, one in played.items():
        tables[label] += [one.worth.money.table] if one.worth else []
    write_metrics(stage.folder / "metrics.parquet", tables)
    window = stage.scenario.clock.attribution_window
    late = write_late(stage.folder, stage.deliveries, window)
    late.check(ledger)
    write_text(stage.folder / "run.json", record_text(stage, played, ledger, late, delays(stage.log, window)))
