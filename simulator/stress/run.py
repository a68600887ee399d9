"""A stress: a grid of windows, what it says, and the files that say it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from replay.store import cache_folder
from simulator.folder import OutputError, write_text
from simulator.grid.playing import GridWatcher
from simulator.grid.run import failed_error, run_cells
from simulator.grid.words import value_text
from simulator.stress.analyse import analyse
from simulator.stress.plan import Request, Stress, stress_plan
from simulator.stress.report import stress_page

RECORD, TABLE = "stress.json", "stress.parquet"
FORMAT = 1


@dataclass(frozen=True)
class StressResult:
    """A finished stress, as its folder holds it.

    Parameters
    ----------
    folder : Path
        That of its grid, with stress.json, stress.parquet and report.html beside.
    """

    folder: Path

    @cached_property
    def found(self) -> Mapping[str, Any]:
        """The whole of stress.json: for every setting and method its windows, the best of them, and how sure that is.

        Raises
        ------
        OutputError
            If the folder is not that of a stress.
        """
        try:
            found: dict[str, Any] = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise OutputError(f"{self.folder}: expected the folder of a stress, with {RECORD}: {error}") from error
        return found

    @property
    def report(self) -> Path:
        """The report's path."""
        return self.folder / "report.html"


def stress(
    request: Request, *, out: str | Path, log: Any = None, jobs: int | None = None, watcher: GridWatcher | None = None
) -> StressResult:
    """Play methods with windows from minutes to the whole attribution window, and say which is best and how sure.

    Parameters
    ----------
    request : Request
    out, log, jobs, watcher
        As of `simulator.run_grid`: what is there already is not played again.

    Raises
    ------
    GridFailedError
        If something could not be played.
    ScenarioError, LogError, OutputError
        If the request is wrong.
    """
    return play(stress_plan(request), request.loss, out=out, log=log, jobs=jobs, watcher=watcher)


def play(
    plan: Stress,
    loss: str,
    *,
    out: str | Path,
    log: Any = None,
    jobs: int | None = None,
    watcher: GridWatcher | None = None,
) -> StressResult:
    """Play what was planned; see `stress`."""
    grid, failed = run_cells(plan.grid, out=out, log=log, jobs=jobs, watcher=watcher)
    if failed:
        raise failed_error(failed, grid)
    cache = cache_folder()
    found = {
        "format": FORMAT,
        "name": plan.grid.name,
        "title": plan.grid.cells[0].scenario.title or plan.grid.name,
        "loss": loss,
        "settings": [analyse(cell, plan.swept, loss, cache) for cell in grid.cells],
    }
    write_text(grid.folder / RECORD, json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    result = StressResult(grid.folder)
    _write_table(result)
    write_stress_report(result)
    return result


def write_stress_report(result: StressResult) -> Path:
    """Write ``report.html`` of a stress, and return its path."""
    write_text(result.report, stress_page(result.found))
    return result.report


def _write_table(result: StressResult) -> None:
    """Write stress.parquet: a row for each setting, method, window and figure."""
    rows = [row for setting in result.found["settings"] for row in _rows(setting)]
    beside = result.folder / f".{TABLE}"
    pq.write_table(pa.Table.from_pylist(rows), beside, write_page_checksum=True)
    beside.replace(result.folder / TABLE)


def _rows(setting: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    choice = {axis: value_text(value) for axis, value in setting["choice"].items()}
    for method, found in setting["methods"].items():
        for row in found["windows"]:
            at = {**choice, "method": method, "window": row["window"], "window_us": row["us"]}
            for metric, one in row["metrics"].items():
                yield {**at, "metric": metric, "value": one["value"], "low": one["low"], "high": one["high"]}
            for name, key in (("missed", "missed"), ("calibration_drift", "drift"), ("drift_alarms", "alarms")):
                yield {**at, "metric": name, "value": _number(row[key]), "low": None, "high": None}
            yield {**at, "metric": "freshness_hours", "value": row["freshness_us"] / 3.6e9, "low": None, "high": None}
            if row.get("excess") is not None:
                yield {**at, "metric": "excess_loss", "value": row["excess"], "low": row["low"], "high": row["high"]}
                yield {**at, "metric": "may_be_best", "value": _number(row["kept"]), "low": None, "high": None}


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)
