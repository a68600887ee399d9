"""Several runs laid over one another: one report, with what differs between them said first."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from simulator.folder import OutputError, write_text
from simulator.grid.results import GridResult
from simulator.grid.store import RECORD
from simulator.grid.words import cell_text, value_text
from simulator.report import words
from simulator.report.answer import answer
from simulator.report.charts import charts
from simulator.report.curves import Measured, read_measured
from simulator.report.drawn import over_time
from simulator.report.looks import looks, swatch
from simulator.report.sheet import Cell, Chart, Head, Section, Sheet, Table, sheet_page
from simulator.report.summary import evaluated_nll, methods_of, read_run, span_of
from simulator.report.tables import overall_table
from simulator.results import Result

MOST_RUNS = 40
_HEIGHTS = {"ratio": 420, "nll": 340, "reliability": 480}
_HEADS = {"ratio": "Calibration ratio over time", "nll": "NLL over time", "reliability": "Reliability"}
_SAID = {
    "ratio": "By mature labels and the time of the click; at 1 a method is calibrated on average.",
    "nll": "By mature labels; lower is better.",
    "reliability": "Clicks binned by prediction; on the diagonal a predicted rate is the observed one.",
}


class Compared(NamedTuple):
    """One of the runs."""

    name: str  # unique among them
    folder: Path
    record: Mapping[str, Any]  # run.json
    measured: Measured


def write_comparison(folders: Sequence[Path], path: Path) -> tuple[Path, list[str]]:
    """Write one report over several runs, and return its path and what to beware of.

    Parameters
    ----------
    folders : sequence of Path
        Of finished runs, or of grids, which stand for all their cells.
    path : Path
        The HTML file; one that is there is replaced.

    Raises
    ------
    OutputError
        If a folder holds no finished run, there is only one, or there are too many.
    """
    runs = compared(folders)
    warnings = differences_that_matter(runs)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, sheet_page(comparison(runs, warnings)))
    return path, warnings


def compared(folders: Sequence[Path]) -> list[Compared]:
    """Return the runs in some folders, each with a name of its own."""
    found = [one for folder in folders for one in _runs(folder)]
    if not 2 <= len(found) <= MOST_RUNS:
        raise OutputError(f"expected 2 to {MOST_RUNS} runs to compare, got {len(found)}")
    names = Counter(name for name, _ in found)
    runs = []
    for name, folder in found:
        unique = name if names[name] == 1 else f"{name} ({folder})"
        runs.append(Compared(unique, folder, read_run(folder), read_measured(folder / "metrics.parquet")))
    return runs


def _runs(folder: Path) -> Iterator[tuple[str, Path]]:
    if (folder / RECORD).is_file():
        grid = GridResult.load(folder)
        yield from ((f"{folder.name}: {cell_text(cell.choice)}", cell.result.folder) for cell in grid.cells)
        return
    if Result.load(folder).record.get("kind") == "market":
        told = "expected a run of methods to compare, found a market; list its bidders in one [market] instead"
        raise OutputError(f"{folder}: {told}")
    yield folder.resolve().name, folder


def differences_that_matter(runs: Sequence[Compared]) -> list[str]:
    """Return why figures of some runs cannot be held against each other, in plain words; empty if nothing is."""
    logs = _grouped(runs, lambda record: record["log"]["fingerprint"])
    found = []
    if len(logs) > 1:
        told = "; ".join(f"{words.listing(names)}: {_log(runs, key)}" for key, names in logs.items())
        found.append(f"The logs differ ({told}), so figures stand side by side, not against each other.")
    clocks = {"attribution_window": "attribution window", "evaluate_from": "start of the evaluation"}
    if len(logs) > 1:  # then the evaluation starts at another moment anyway
        del clocks["evaluate_from"]
    for key, what in clocks.items():
        groups = _grouped(runs, lambda record, key=key: record["clock"][key])
        if len(groups) > 1:
            told = "; ".join(f"{words.listing(names)}: {value}" for value, names in groups.items())
            found.append(f"The {what} differs ({told}), so figures are about other {_about(key)}.")
    return found


def _about(key: str) -> str:
    return "labels" if key == "attribution_window" else "clicks"


def _grouped(runs: Sequence[Compared], key: Any) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for run in runs:
        groups.setdefault(key(run.record), []).append(run.name)
    return groups


def _log(runs: Sequence[Compared], fingerprint: str) -> str:
    log = next(run.record["log"] for run in runs if run.record["log"]["fingerprint"] == fingerprint)
    return f"{log['source']}, {words.count(log['clicks'])} clicks"


def comparison(runs: Sequence[Compared], warnings: Sequence[str]) -> Sheet:
    """Return the report on several runs as plain data."""
    methods, measured = _together(runs)
    bound = next((method["label"] for method in methods if method["bound"]), None)
    labels = [method["label"] for method in methods]
    nll = {label: curve for run in runs for label, curve in _nll(run).items()}
    said = answer(methods, nll) if not warnings else _side_by_side(methods)
    summary = {
        "methods": methods,
        "curves": over_time(measured.curves, labels, bound if not warnings else None),
        "reliability": {label: found for run in runs for label, found in _reliability(run).items()},
        "delays": None,
        "tuning": [],
        "span": _span(runs),
    }
    drawn = [(name, figure) for name, figure in charts(summary).items() if name in _HEADS]
    return Sheet(
        title=f"{words.listing([run.name for run in runs])} compared",
        facts=[("Runs", str(len(runs))), ("Methods", str(len(methods)))],
        lead=said["lead"],
        more=[*warnings, *said["more"]],
        sections=[
            Section("overall", "Overall", [_overall(methods)]),
            *(Section(n, _HEADS[n], [Chart(n, _HEADS[n], f, _HEIGHTS[n], _SAID[n])]) for n, f in drawn),
            Section("differ", "What differs", [_scenarios(runs), _listed(runs)]),
        ],
        methods=[{"label": method["label"], "swatch": method["swatch"]} for method in methods],
    )


def _label(run: Compared, method: str) -> str:
    return f"{run.name}: {method}"


def _together(runs: Sequence[Compared]) -> tuple[list[dict[str, Any]], Measured]:
    """Return all methods under names that say their run, each with a look of its own, and all that was measured."""
    methods = [
        {**method, "label": _label(run, method["label"])}
        for run in runs
        for method in methods_of(run.record, run.measured)
    ]
    for method, look in zip(methods, looks([method["bound"] for method in methods]), strict=True):
        method |= {"look": look._asdict(), "swatch": swatch(look)}
    curves = {
        (_label(run, label), curve, metric): values
        for run in runs
        for (label, curve, metric), values in run.measured.curves.items()
    }
    return methods, Measured([], curves)


def _nll(run: Compared) -> dict[str, Any]:
    found = evaluated_nll(run.measured, run.record["clock"]["evaluate_from"])
    return {_label(run, label): curve for label, curve in found.items()}


def _reliability(run: Compared) -> dict[str, Any]:
    return {_label(run, label): found for label, found in run.record.get("reliability", {}).items() if found}


def _span(runs: Sequence[Compared]) -> dict[str, int]:
    spans = [span_of(run.record) for run in runs]
    first = {key: min(span[key] for span in spans) for key in ("first", "evaluate_from")}
    return first | {key: max(span[key] for span in spans) for key in ("mature", "end")}


def _side_by_side(methods: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"lead": f"{len(methods)} methods side by side; these runs cannot be ranked against each other.", "more": []}


def _overall(methods: Sequence[Mapping[str, Any]]) -> Table:
    found = overall_table(methods, 0)
    heads = [Head("Run and method", number=False), *(Head(one["head"], one["about"]) for one in found["columns"])]
    rows = [
        [Cell(row["method"]["label"], row["method"]["label"], swatch=row["method"]["swatch"])]
        + [Cell(c["text"], c["sort"], c["interval"], c["why"], c["best"]) for c in row["cells"]]
        for row in found["rows"]
    ]
    return Table("Small figures are 95 % intervals, by resampling days. Sort by a column's head.", heads, rows)


def _scenarios(runs: Sequence[Compared]) -> Table:
    """Return the keys of the scenarios whose values differ, with each run's value."""
    flat = [dict(_flat(run.record["scenario"], "")) for run in runs]
    keys = list(dict.fromkeys(key for one in flat for key in one))
    differing = [key for key in keys if len({json.dumps(one.get(key)) for one in flat}) > 1]
    rows = [[Cell(key, key), *(Cell(_said(one.get(key))) for one in flat)] for key in differing if key != "name"]
    heads = [Head("Key", number=False), *(Head(run.name, number=False) for run in runs)]
    return Table("Values of the scenarios that are not the same in all runs.", heads, rows)


def _said(value: Any) -> str:
    return words.NO_ANSWER if value is None else value_text(value)


def _flat(table: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        elif key == "method":
            yield "methods", ", ".join(method["label"] for method in value)
        else:
            yield f"{path}{key}", value


def _listed(runs: Sequence[Compared]) -> Table:
    heads = [Head("Run", number=False), Head("Folder", number=False), Head("Clicks"), Head("Log", number=False)]
    heads += [Head("Evaluated from", number=False), Head("Attribution window"), Head("Hash", number=False)]
    rows = [
        [
            Cell(run.name, run.name),
            Cell(str(run.folder), str(run.folder)),
            Cell(words.count(run.record["log"]["clicks"]), run.record["log"]["clicks"]),
            Cell(run.record["log"]["fingerprint"][:12]),
            Cell(words.moment(run.record["clock"]["evaluate_from"]), run.record["clock"]["evaluate_from"]),
            Cell(run.record["clock"]["attribution_window"]),
            Cell(run.record["hash"][:12]),
        ]
        for run in runs
    ]
    return Table("The runs; logs of one fingerprint are the same to the byte.", heads, rows)
