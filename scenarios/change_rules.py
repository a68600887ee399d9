"""What must hold between the changes and faults of a scenario and the rest of it."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from scenarios.durations import DAY, format_duration
from scenarios.logs import SyntheticLog
from scenarios.problems import NOTHING, Problem, mismatch, unknown_name
from scenarios.sections import Feed


def change_problems(log: SyntheticLog) -> Iterator[Problem]:
    """Yield what is wrong with the changes of a world: times, choices of one key or another, columns and levels."""
    sizes = {feature.name: feature.values for feature in log.categorical}
    for change in log.change:
        if change.kind == "new_levels" and change.column in sizes:
            sizes[change.column] += change.values
    for number, change in enumerate(log.change):
        key = f"log.change[{number}]"
        yield from _times(key, change, log.days)
        yield from _one_of(key, change, "factor", "log_odds") if hasattr(change, "log_odds") else ()
        yield from _level_names(key, change, sizes)


def fault_problems(feed: Feed, log: Any) -> Iterator[Problem]:
    """Yield what is wrong with the faults of a feed; what hangs on a log that must be read is found later."""
    days = log.days if isinstance(log, SyntheticLog) else None
    sizes = {one.name: one.values for one in log.categorical} if isinstance(log, SyntheticLog) else None
    for number, fault in enumerate(feed.fault):
        key = f"feed.fault[{number}]"
        yield from _times(key, fault, days)
        if fault.kind == "clock_skew":
            yield from _one_of(key, fault, "ahead", "behind")
        if fault.kind == "outage":
            yield from _together(key, fault, "column", "value")
            where = {"column": fault.column, "values": (fault.value,) if fault.value is not None else ()}
            yield from _names(key, where, sizes, "value") if sizes is not None and fault.column else ()
    yield from _overlaps(feed)


def _times(key: str, table: Any, days: float | None) -> Iterator[Problem]:
    at, until = getattr(table, "at", 0), getattr(table, "until", None)
    if until is not None and until <= at:
        yield mismatch(f"{key}.until", f"later than it begins, {format_duration(at)}", format_duration(until))
    if days is not None and at >= days * DAY:
        yield mismatch(f"{key}.at", f"less than the {days:g} days of the log", format_duration(at))


def _one_of(key: str, table: Any, one: str, other: str) -> Iterator[Problem]:
    if not hasattr(table, one):
        return
    given = [name for name in (one, other) if getattr(table, name) is not None]
    if not given:
        yield mismatch(f"{key}.{one}", f"either {one} or {other}", NOTHING)
    if len(given) > 1:
        yield mismatch(f"{key}.{other}", f"either {one} or {other}, not both", _text(getattr(table, other)))


def _text(value: Any) -> Any:
    return format_duration(value) if isinstance(value, int) else value


def _together(key: str, table: Any, one: str, other: str) -> Iterator[Problem]:
    for name, partner in ((one, other), (other, one)):
        if getattr(table, name) is None and getattr(table, partner) is not None:
            yield mismatch(f"{key}.{name}", f"it to stand beside {partner}", NOTHING)


def _level_names(key: str, change: Any, sizes: Mapping[str, int]) -> Iterator[Problem]:
    if isinstance(getattr(change, "values", None), int):
        yield from _names(key, {"column": change.column, "values": ()}, sizes, "values")
        return
    if hasattr(change, "values"):
        yield from _together(key, change, "column", "values")
    if getattr(change, "column", None) is not None:
        where = {"column": change.column, "values": getattr(change, "values", None) or ()}
        yield from _names(key, where, sizes, "values")


def _names(key: str, where: Mapping[str, Any], sizes: Mapping[str, int], what: str) -> Iterator[Problem]:
    column = where["column"]
    if column not in sizes:
        yield unknown_name(f"{key}.column", "categorical feature", column, sizes)
        return
    for number, value in enumerate(where["values"]):
        match = re.fullmatch(re.escape(column) + r"_([1-9][0-9]{0,8})", value)
        if match is None or int(match[1]) > sizes[column]:
            place = f"{key}.{what}" if what == "value" else f"{key}.{what}[{number}]"
            yield mismatch(place, f"a level of the feature, {column}_1 to {column}_{sizes[column]}", value)


def _overlaps(feed: Feed) -> Iterator[Problem]:
    """Yield a problem for every fault that begins before an earlier one of its kind and clicks is over."""
    alike: dict[Any, list[tuple[int, int | None, str]]] = {}
    for number, fault in enumerate(feed.fault):
        among = (fault.kind, getattr(fault, "column", None), getattr(fault, "value", None))
        if fault.kind in ("outage", "reordering", "clock_skew"):
            alike.setdefault(among, []).append((fault.at, fault.until, f"feed.fault[{number}]"))
    for found in alike.values():
        for (_, until, first), (at, _, key) in pairwise(sorted(found, key=lambda one: one[0])):
            if until is None or at < until:
                end = "which does not end" if until is None else f"which ends at {format_duration(until)}"
                yield mismatch(f"{key}.at", f"a time after {first}, {end}", format_duration(at))
