"""A grid as rows: each method once for every combination of the axes that touch it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulator.grid.results import CellResult, GridResult
from simulator.results import Result

Choice = Mapping[str, Any]


class Row(NamedTuple):
    """A method in the cells in which it is the same."""

    method: str  # its label
    choice: Choice  # the values of the axes that touch it
    world: str  # what it is measured on: rows of one world are about the same clicks and labels
    metrics: Mapping[str, Mapping[str, Any]]  # name -> value, low, high, clicks, conversions, reason
    result: Result  # of the first of its cells
    bound: bool  # whether it sees labels from the future


class Rows(NamedTuple):
    """All rows of a grid, with what the axes do."""

    rows: Sequence[Row]
    touched: Mapping[str, Sequence[str]]  # method -> the axes that touch it
    worlds: Sequence[str]  # the axes that change what is measured on


def rows_of(grid: GridResult) -> Rows:
    """Return a grid's rows, in the order of the grid."""
    cells = grid.cells
    methods = list(dict.fromkeys(label for cell in cells for label in cell.plays))
    touched = {label: _touching(_played(cells, label), grid.axes) for label in methods}
    measured_on = [(cell.choice, _world(cell)) for cell in cells]
    worlds = _touching(measured_on, grid.axes)
    found: dict[tuple[str, str], Row] = {}
    for cell, (_, world) in zip(cells, measured_on, strict=True):
        new = [label for label, play in cell.plays.items() if (label, play) not in found]
        metrics = _metrics(cell.result) if new else {}
        for label in new:
            choice = {axis: cell.choice[axis] for axis in touched[label]}
            bound = cell.result.record["methods"][label]["name"] == "oracle"
            found[label, cell.plays[label]] = Row(label, choice, world, metrics[label], cell.result, bound)
    return Rows(list(found.values()), touched, worlds)


def _played(cells: Iterable[CellResult], label: str) -> list[tuple[Choice, str]]:
    return [(cell.choice, cell.plays[label]) for cell in cells if label in cell.plays]


def _touching(found: Sequence[tuple[Choice, str]], axes: Iterable[str]) -> list[str]:
    """Return the axes along which something changes, all others being the same."""
    return [axis for axis in axes if _changes(found, axis)]


def _changes(found: Sequence[tuple[Choice, str]], axis: str) -> bool:
    others: dict[str, set[str]] = defaultdict(set)
    for choice, what in found:
        others[json.dumps({key: value for key, value in choice.items() if key != axis})].add(what)
    return any(len(different) > 1 for different in others.values())


def _world(cell: CellResult) -> str:
    clock = cell.result.record["clock"]
    return json.dumps([cell.log, clock["evaluate_from"], clock["attribution_window"]])


def _metrics(result: Result) -> dict[str, dict[str, dict[str, Any]]]:
    whole = (pc.field("span") == "overall") & (pc.field("segment") == "") & (pc.field("curve") == "true")
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in pq.read_table(result.folder / "metrics.parquet", filters=whole).to_pylist():
        kept = ("value", "low", "high", "clicks", "conversions", "reason")
        found[row["method"]][row["metric"]] = {key: row[key] for key in kept}
    return found
