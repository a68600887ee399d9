"""What a check from outside needs: methods and windows as they stand in tables that may yet be wrong."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from scenarios.durations import parse_duration
from scenarios.problems import Problem
from scenarios.sections import Clock

Check = Callable[[Mapping[str, Any]], list[Problem]]


def methods_in(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the key path and the table of every method that has a name; the others are reported anyway.

    Examples
    --------
    >>> list(methods_in({"method": [{"name": "fnw"}, 5]}))
    [('method[0]', {'name': 'fnw'})]
    """
    tables = raw.get("method")
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(table, Mapping) and isinstance(table.get("name"), str):
            yield f"method[{number}]", table


def attribution_window_in(raw: Mapping[str, Any]) -> int | None:
    """Return the attribution window in microseconds, or None if what stands there is wrong.

    Examples
    --------
    >>> attribution_window_in({"clock": {"attribution_window": "1h"}})
    3600000000
    """
    clock = raw.get("clock", {})
    if not isinstance(clock, Mapping):
        return None
    if "attribution_window" not in clock:
        return Clock().attribution_window
    try:
        return parse_duration(clock["attribution_window"])
    except ValueError:
        return None
