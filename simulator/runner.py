"""From a scenario to a finished run."""

import dataclasses
import importlib.metadata
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from learners.base import Learner
from replay.log import ClickLog
from scenarios import Scenario, ScenarioError
from scenarios.problems import Problem
from simulator import build
from simulator.amounts import check_money
from simulator.checkpoint import Keeper, kept_beside
from simulator.folder import Temporary, check_target, whole_folder
from simulator.play import perform
from simulator.preparation import prepare_log
from simulator.report import write_report
from simulator.results import Result
from simulator.stage import set_stage
from simulator.watcher import Unwatched, Watcher


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
    learners = (scenario.learner, *(spec.learner for spec in scenario.methods if spec.learner))
    packages = ["latelabel", "numpy", "numba", "pyarrow", "scikit-learn"]
    packages += ["lightgbm"] * any(one.kind == "gbdt" and one.library == "lightgbm" for one in learners)
    versions = {name: importlib.metadata.version(name) for name in packages}
    return {"scenario": scenario.hash(), "log": log.fingerprint, "versions": versions}
