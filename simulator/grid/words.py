"""How a grid's axes and values are told."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from scenarios.durations import parse_duration


def value_text(value: Any) -> str:
    """Return an axis' value as people read it: text as it is, the rest as TOML has it.

    Examples
    --------
    >>> value_text("1h"), value_text(True), value_text([1, 2])
    ('1h', 'true', '[1, 2]')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cell_text(choice: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """Return a cell's values on one line.

    Examples
    --------
    >>> cell_text({"clock.publish_every": "1h", "seed": 3})
    'clock.publish_every = 1h, seed = 3'
    """
    return ", ".join(f"{(names or {}).get(axis, axis)} = {value_text(value)}" for axis, value in choice.items())


def rank(value: Any) -> float | str:
    """Return what a value sorts by: numbers and durations by size, the rest as text.

    Examples
    --------
    >>> rank("15m") < rank("1h")
    True
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        return float(parse_duration(value))
    except ValueError:
        return value_text(value)


def short_names(axes: Iterable[str]) -> dict[str, str]:
    """Return the last part of each axis' name, or as many parts as it takes to tell the axes apart.

    Examples
    --------
    >>> short_names(["fnw_wait.window", "clock.publish_every", "es_dfm.window"])
    {'fnw_wait.window': 'fnw_wait.window', 'clock.publish_every': 'publish_every', 'es_dfm.window': 'es_dfm.window'}
    """
    axes = list(axes)
    return {axis: _shortest(axis, [other for other in axes if other != axis]) for axis in axes}


def _shortest(axis: str, others: Iterable[str]) -> str:
    parts = axis.split(".")
    endings = (".".join(parts[-n:]) for n in range(1, len(parts)))
    return next((end for end in endings if not any(f".{other}".endswith(f".{end}") for other in others)), axis)
