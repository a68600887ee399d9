"""From [[feed.fault]] tables to the faults of the label feed, and what can only be checked once the log is read."""

from collections.abc import Callable, Mapping
from typing import Any

from replay.faults import Among, ClockSkew, Duplicates, Fault, Loss, Outage, Reordering
from replay.log import NEVER, ClickLog
from scenarios import Scenario
from scenarios.durations import format_duration
from scenarios.problems import Problem, mismatch, unknown_name


def faults_of(scenario: Scenario, log: ClickLog) -> tuple[Fault, ...]:
    """Return the faults of a scenario's feed on a log; their times count from its first click."""
    first = int(log.click_time[0]) if log.n_clicks else 0
    return tuple(_MADE[table.kind](table, first) for table in scenario.feed.fault)


def segments_kept(scenario: Scenario) -> tuple[str, ...]:
    """Return the columns that a log must keep by value: those results are split by, and those outages go by."""
    hit = [table.column for table in scenario.feed.fault if table.kind == "outage" and table.column is not None]
    return tuple(dict.fromkeys([*scenario.metrics.segments, *hit]))


def faults_beyond(scenario: Scenario, log: ClickLog) -> list[Problem]:
    """Return which faults begin after the last click of a log, or hit clicks with a value that it does not have."""
    problems: list[Problem] = []
    if not log.n_clicks:
        return problems
    length = int(log.click_time[-1]) - int(log.click_time[0])
    for number, table in enumerate(scenario.feed.fault):
        key = f"feed.fault[{number}]"
        if table.at > length:
            days = f"less than the log's length, {length / 86_400_000_000:.2f} days"
            problems.append(mismatch(f"{key}.at", days, format_duration(table.at)))
        if table.kind == "outage" and table.column is not None:
            values = log.segments[table.column].values
            if table.value not in values:
                problems.append(unknown_name(f"{key}.value", f"{table.column} in the log", table.value, values[:20]))
    return problems


def _end(table: Any, first: int) -> int:
    return NEVER if table.until is None else first + int(table.until)


def _outage(table: Any, first: int) -> Fault:
    among = None if table.column is None else Among(table.column, table.value)
    return Outage(first + table.at, first + table.until, table.flush_per_hour, among)


def _loss(table: Any, first: int) -> Fault:
    return Loss(table.share, first + table.at, _end(table, first))


def _duplicates(table: Any, first: int) -> Fault:
    return Duplicates(table.share, table.later, first + table.at, _end(table, first))


def _reordering(table: Any, first: int) -> Fault:
    return Reordering(table.latency, first + table.at, _end(table, first))


def _clock_skew(table: Any, first: int) -> Fault:
    shift = table.ahead if table.ahead is not None else -table.behind
    return ClockSkew(shift, first + table.at, _end(table, first))


_MADE: Mapping[str, Callable[[Any, int], Fault]] = {
    "outage": _outage,
    "loss": _loss,
    "duplicates": _duplicates,
    "reordering": _reordering,
    "clock_skew": _clock_skew,
}
