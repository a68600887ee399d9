"""Grids: any value of a scenario may be a list, and every combination is a cell, which is a scenario by itself."""

import copy
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, NamedTuple

from scenarios.checks import Check
from scenarios.durations import parse_duration
from scenarios.load import Source, checked, read
from scenarios.overrides import apply_overrides, set_value, targets
from scenarios.problems import Problem, ScenarioError, key_path, mismatch, show
from scenarios.scenario import Scenario

MOST_CELLS = 10_000
_FIXED = ("name", "title", "description", "grid")  # what names the grid as a whole

Axes = Mapping[str, Sequence[Any]]
Found = dict[tuple[str, str], list[tuple[int, ...]]]  # (key, message) -> the cells that have that problem


class Cell(NamedTuple):
    """One combination of a grid's values."""

    choice: Mapping[str, Any]  # the value of each axis, as the file writes it
    scenario: Scenario  # a scenario like any other, without a grid

    def __str__(self) -> str:
        return ", ".join(f"{axis} = {_toml(value)}" for axis, value in self.choice.items()) or "the scenario"


@dataclass(frozen=True)
class Grid:
    """A scenario with all its cells, checked.

    Made by `Grid.load`, which lists everything that is wrong with any cell at once.  A scenario without ``[grid]`` is a
    grid of no axis and one cell.
    """

    axes: Axes  # in the order of the file; the last one varies fastest in `cells`
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.cells[0].scenario.name

    @classmethod
    def load(
        cls,
        source: str | PathLike[str] | Mapping[str, Any] | Source,
        overrides: Sequence[str] = (),
        checks: Sequence[Check] = (),
    ) -> "Grid":
        """Read a scenario with its grid; the parameters are those of `Scenario.load`.

        Values of the grid go on top of the file's and of the overrides'; an axis itself is set by an override such as
        ``'grid.waiting_window.window=["15m", "1h"]'``.

        Raises
        ------
        ScenarioError
            With everything that is wrong with the grid and with any of its cells.

        Examples
        --------
        >>> grid = Grid.load("quickstart", ['grid.waiting_window.window=["15m", "1h"]', "grid.seed=[1, 2]"])
        >>> [str(cell) for cell in grid.cells][:2]
        ['waiting_window.window = "15m", seed = 1', 'waiting_window.window = "15m", seed = 2']
        """
        file = read(source)
        problems = apply_overrides(file.raw, overrides, Scenario)
        axes, wrong = _axes(file.raw.pop("grid", {}))
        problems += wrong
        count = math.prod(len(values) for values in axes.values())
        if count > MOST_CELLS:
            sizes = " x ".join(str(len(values)) for values in axes.values())
            problems.append(Problem("grid", f"expected at most {MOST_CELLS:_} cells, got {count:_} ({sizes})"))
        few = count <= MOST_CELLS
        cells, found = _cells(file, axes, checks, few=few)
        problems += _told(found, axes, file.raw, count if few else 0)
        if problems:
            raise ScenarioError(file.name, problems)
        return cls(axes, tuple(cells))


def _axes(table: Any) -> tuple[dict[str, list[Any]], list[Problem]]:
    """Return the axes of a [grid] that can be used, and what is wrong with the others."""
    if not isinstance(table, Mapping):
        return {}, [mismatch("grid", 'a table such as "waiting_window.window" = ["15m", "1h"]', table)]
    axes: dict[str, list[Any]] = {}
    problems = []
    for key, values in flattened(table, ""):
        if key in _FIXED:
            problems.append(
                Problem(_quoted(key), "expected a value that decides results; this names the grid as a whole")
            )
        elif not isinstance(values, list) or not values:
            problems.append(mismatch(_quoted(key), "a list of at least one value", values))
        else:
            axes[key] = values
            problems += _repeated(key, values)
    return axes, problems


def flattened(table: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    """Yield the axes of a [grid]; a dotted key without quotes is a table in a table to TOML."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _repeated(key: str, values: Sequence[Any]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, value in enumerate(values):
        first = seen.setdefault(_meaning(value), number)
        if first != number:
            yield Problem(f"{_quoted(key)}[{number}]", f"expected each value once, got {show(value)}, as at [{first}]")


def _meaning(value: Any) -> str:
    """Return a value's text, the same for "60m" and "1h"."""
    try:
        return str(parse_duration(value))
    except ValueError:
        return json.dumps(value, sort_keys=True, default=str)


def _cells(file: Source, axes: Axes, checks: Sequence[Check], *, few: bool) -> tuple[list[Cell], Found]:
    cells, found = [], Found()
    for choice in _choices(axes) if few else _one_by_one(axes):
        raw = copy.deepcopy(file.raw)
        values = {axis: axes[axis][number] for axis, number in zip(axes, choice, strict=True)}
        problems = [
            one for axis, value in values.items() for one in set_value(raw, axis, copy.deepcopy(value), Scenario)
        ]
        try:
            scenario = checked(Scenario, file._replace(raw=raw), checks, problems)
        except ScenarioError as error:
            for problem in error.problems:
                found.setdefault((problem.key, problem.message), []).append(choice)
        else:
            cells.append(Cell(values, scenario.within(file.folder)))
    return cells, found


def _choices(axes: Axes) -> Iterator[tuple[int, ...]]:
    return itertools.product(*(range(len(values)) for values in axes.values()))


def _one_by_one(axes: Axes) -> Iterator[tuple[int, ...]]:
    """Yield as many cells as it takes to see each value, for grids too large to see every combination."""
    for number in range(max(len(values) for values in axes.values())):
        yield tuple(min(number, len(values) - 1) for values in axes.values())


def _told(found: Found, axes: Axes, raw: dict[str, Any], total: int) -> Iterator[Problem]:
    """Yield what is wrong with cells, once, and at the axis that it is about; `total` of them were looked at."""
    homes = {axis: _places(raw, axis) for axis in axes}
    for (key, message), cells in found.items():
        axis = next((axis for axis, paths in homes.items() if key == axis or _is_in(key, paths)), None)
        if axis is None:
            yield Problem(key, message + _where(cells, total, axes))
            continue
        at = {choice[list(axes).index(axis)] for choice in cells}
        place = f"[{min(at)}]" if len(at) < len(axes[axis]) else ""
        yield Problem(_quoted(axis) + place, message + _where(cells, total * len(at) // len(axes[axis]), axes))


def _where(cells: Sequence[tuple[int, ...]], possible: int, axes: Axes) -> str:
    """Return one of the cells that have a problem, unless all have it that could."""
    if len(cells) >= possible:
        return ""
    values = {axis: axes[axis][number] for axis, number in zip(axes, cells[0], strict=True)}
    return f" (in some cells, such as {', '.join(f'{axis} = {_toml(value)}' for axis, value in values.items())})"


def _places(raw: dict[str, Any], axis: str) -> list[str]:
    found = (steps for steps in targets(raw, axis, Scenario) if not isinstance(steps, Problem))
    return [key_path(steps) for steps in found]


def _is_in(key: str, paths: Sequence[str]) -> bool:
    return any(key == path or key.startswith((f"{path}.", f"{path}[")) for path in paths)


def _quoted(axis: str) -> str:
    return f'grid."{axis}"'


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
