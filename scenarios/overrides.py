"""Values set on top of a scenario: "clock.publish_every=15m", "waiting_window.window=1h"."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from scenarios.problems import Problem, advice, key_path, mismatch, show

_STEP = re.compile(r"([A-Za-z0-9_-]+)((?:\[[0-9]{1,6}\])*)")


def apply_overrides(raw: dict[str, Any], overrides: Sequence[str], shape: type[BaseModel]) -> list[Problem]:
    """Set values in the tables of a scenario, later ones over earlier ones, and return what could not be set.

    Parameters
    ----------
    raw : dict
        The tables of the file; changed in place.
    overrides : sequence of str
        Each ``key.path=value``. The path may start with the name of a method, for all methods of that name. The value
        is read as TOML, and as text if it is none: ``1h`` needs no quotes.
    shape : type
        The shape of a scenario, for the keys it knows.
    """
    problems: list[Problem] = []
    for override in overrides:
        path, equals, text = override.partition("=")
        if not equals or not _steps(path.strip()):
            problems.append(mismatch("override", "key=value such as clock.publish_every=15m", override))
            continue
        problems += set_value(raw, path.strip(), _value(text.strip()), shape)
    return problems


def set_value(raw: dict[str, Any], path: str, value: Any, shape: type[BaseModel]) -> list[Problem]:
    """Set a value at each place that a path names, and return what could not be set."""
    found = (one if isinstance(one, Problem) else _put(raw, one, value) for one in targets(raw, path, shape))
    return [problem for problem in found if problem]


def targets(raw: Mapping[str, Any], path: str, shape: type[BaseModel]) -> list[list[str | int] | Problem]:
    """Return the places that a path names: one, or one in each method of a name."""
    steps = _steps(path)
    if not steps:
        return [mismatch(path, "the path of a key, such as clock.publish_every or method[0].window", path)]
    if steps[0] == "grid" and len(steps) > 1:
        return [["grid", key_path(steps[1:])]]
    return _targets(raw, steps, shape)


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in path.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            return []
        steps += [match[1], *(int(number) for number in re.findall(r"[0-9]+", match[2]))]
    return steps


def _value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return table["value"] if set(table) == {"value"} else text


def _targets(raw: Mapping[str, Any], steps: list[str | int], shape: type[BaseModel]) -> list[list[str | int] | Problem]:
    known = [info.alias or field for field, info in shape.model_fields.items()]
    if steps[0] in known:
        return [steps]
    tables = raw.get("method")
    entries = tables if isinstance(tables, list) else []
    names = [table.get("name") if isinstance(table, dict) else None for table in entries]
    if steps[0] in names and len(steps) > 1:
        return [["method", number, *steps[1:]] for number, name in enumerate(names) if name == steps[0]]
    choices = [*known, *(name for name in names if isinstance(name, str))]
    return [
        Problem(key_path(steps), f"no section and no method is called {show(steps[0])}; {advice(steps[0], choices)}")
    ]


def _put(raw: dict[str, Any], steps: list[str | int], value: Any) -> Problem | None:
    """Set one value, making the tables on its way; a list must have the entry already."""
    at: Any = raw
    for depth, (step, following) in enumerate(zip(steps, [*steps[1:], None], strict=True)):
        key = key_path(steps[: depth + 1])
        if isinstance(step, str) and not isinstance(at, dict):
            return mismatch(key_path(steps[:depth]), f"a table, to set {step!r} in", at)
        if isinstance(step, int) and not (isinstance(at, list) and step < len(at)):
            entries = f"got {len(at)} of them" if isinstance(at, list) else f"got {show(at)}"
            return Problem(key, f"expected an entry that the scenario writes, counted from 0; {entries}")
        if following is None:
            at[step] = value
        elif isinstance(step, int):
            at = at[step]
        else:
            at = at.get(step) if isinstance(following, int) else at.setdefault(step, {})
    return None
