"""Running a grid: logs are prepared, what is missing is played, and failures are named."""

import importlib.metadata
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from replay.store import cache_folder
from scenarios import Cell, Grid
from simulator.grid.plan import Planned, plan
from simulator.grid.playing import GridWatcher, play_missing
from simulator.grid.preparing import prepare_logs
from simulator.grid.report import write_grid_report
from simulator.grid.results import FORMAT, GridResult, write_table
from simulator.grid.store import Store
from simulator.grid.words import cell_text
from simulator.grid.work import Place


class GridFailedError(RuntimeError):
    """Some cells failed; the others are done and kept.

    Parameters
    ----------
    message : str
    result : GridResult
        What there is.
    """

    def __init__(self, message: str, result: GridResult) -> None:
        super().__init__(message, result)
        self.result = result

    def __str__(self) -> str:
        return str(self.args[0])


class Outcome(NamedTuple):
    """What became of a cell."""

    cell: Cell
    planned: Planned | None  # None if its log cannot be read
    why: str | None  # if it failed


def run_grid(
    grid: Grid, *, out: str | Path, log: Any = None, jobs: int | None = None, watcher: GridWatcher | None = None
) -> GridResult:
    """Run all cells of a grid that are not there yet.

    Parameters
    ----------
    grid : Grid
        From `simulator.load_grid`.
    out : path
        Folder of the results.  What an earlier, perhaps killed, run of a grid left there is used again.
    log : dataframe, optional
        Read in place of every cell's `log.path`.
    jobs : int, optional
        Processes of this machine.  Without it, whatever `joblib.parallel_backend` says, a cluster's workers for one;
        by itself one process.  It never changes a result.
    watcher : GridWatcher, optional
        Told how far the grid is.

    Returns
    -------
    GridResult

    Raises
    ------
    GridFailedError
        If cells failed; all others are done.
    ScenarioError, LogError, OutputError
        If the request is wrong.
    """
    result, failed = run_cells(grid, out=out, log=log, jobs=jobs, watcher=watcher)
    if result.cells:
        write_table(result)
        write_grid_report(result)
    if failed:
        raise failed_error(failed, result)
    return result


def run_cells(
    grid: Grid, *, out: str | Path, log: Any = None, jobs: int | None = None, watcher: GridWatcher | None = None
) -> tuple[GridResult, list[Outcome]]:
    """Run all cells that are not there yet, without a report, and return what there is and what failed."""
    place = Place(Path(out).absolute(), cache_folder().absolute())
    store = Store(Path(out))
    with store.opened():
        started = time.perf_counter()
        _write_record(grid, store, [Outcome(cell, None, None) for cell in grid.cells], 0.0)
        logs = prepare_logs(grid.cells, log, place, jobs, watcher)
        why = [logs.failures.get(key) for key in logs.fingerprints]
        asked = plan(*_readable(grid.cells, logs.fingerprints, why))
        failures = play_missing(asked, place, jobs, watcher)
        there = iter(asked.cells)
        outcomes = [
            Outcome(cell, None, no) if no else _outcome(next(there), failures)
            for cell, no in zip(grid.cells, why, strict=True)
        ]
        _write_record(grid, store, outcomes, time.perf_counter() - started)
    return GridResult.load(store.folder), [one for one in outcomes if one.why]


def _readable(
    cells: Sequence[Cell], fingerprints: Sequence[str], why: Sequence[str | None]
) -> tuple[list[Cell], list[str]]:
    kept = [number for number, no in enumerate(why) if no is None]
    return [cells[number] for number in kept], [fingerprints[number] for number in kept]


def _outcome(planned: Planned, failures: Mapping[str, str]) -> Outcome:
    return Outcome(planned.cell, planned, failures.get(planned.key))


def _write_record(grid: Grid, store: Store, outcomes: Sequence[Outcome], seconds: float) -> None:
    scenario = grid.cells[0].scenario
    record = {
        "latelabel": importlib.metadata.version("latelabel"),
        "format": FORMAT,
        "name": scenario.name,
        "title": scenario.title,
        "axes": {axis: list(values) for axis, values in grid.axes.items()},
        "cells": [_recorded(outcome) for outcome in outcomes],
        "seconds": seconds,
    }
    store.write_record(record)


def _recorded(outcome: Outcome) -> dict[str, Any]:
    planned = outcome.planned
    return {
        "choice": dict(outcome.cell.choice),
        "cell": planned.key if planned else None,
        "log": planned.fingerprint if planned else None,
        "plays": dict(planned.plays) if planned else {},
        "failure": outcome.why,
    }


def failed_error(failed: Sequence[Outcome], result: GridResult) -> GridFailedError:
    """Return the error that names the cells that failed."""
    total = len(result.record["cells"])
    head = f"{len(failed)} of {total} cells failed; the others are done, and a rerun does only what is missing"
    lines = [head, *(f"  {cell_text(one.cell.choice)}: {one.why}" for one in failed)]
    return GridFailedError("\n".join(lines), result)
