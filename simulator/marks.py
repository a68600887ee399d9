"""Changes of the world and faults of feed and pipeline, as marks on the time of a run: for charts, and for run.json."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from replay.log import ClickLog
from replay.watermark import Watermark
from scenarios import Scenario
from scenarios.durations import format_duration

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Mark(NamedTuple):
    """One change or fault."""

    key: str  # where it stands in the scenario, such as "feed.fault[0]"
    kind: str
    text: str  # a few words, for a chart
    start: int | None  # us UTC; None if it lasts all along
    end: int | None  # us UTC; None if it does not end
    drained: int | None = None  # us UTC: when the last of an outage's backlog came; None if it came at once

    def as_dict(self) -> dict[str, Any]:
        """Return the mark as plain data, its times as ISO texts."""
        told = {"key": self.key, "kind": self.kind, "text": self.text}
        late = {} if self.drained is None else {"drained": _iso(self.drained)}
        return told | {"from": _iso(self.start), "until": _iso(self.end)} | late


def marks(scenario: Scenario, log: ClickLog, watermark: Watermark) -> list[Mark]:
    """Return the changes and faults of a scenario, each with its moments on the time axis.

    Parameters
    ----------
    scenario : Scenario
    log : ClickLog
    watermark : Watermark
        Of the feed, which knows when backlogs were gone.
    """
    first = int(log.click_time[0]) if log.n_clicks else 0
    origin = getattr(scenario.log, "start", first)
    changes = getattr(scenario.log, "change", ())
    found = [_mark(f"log.change[{number}]", table, origin) for number, table in enumerate(changes)]
    gone: dict[tuple[int | None, int | None], int] = {
        (hold.start, hold.end): int(hold.comes[-1]) for hold in watermark.holds if len(hold.comes)
    }
    for number, table in enumerate(scenario.feed.fault):
        mark = _mark(f"feed.fault[{number}]", table, first)
        drains = getattr(table, "flush_per_hour", None) is not None
        found.append(mark._replace(drained=gone.get((mark.start, mark.end))) if drains else mark)
    broken = scenario.pipeline.fault if scenario.pipeline else ()
    return found + [_break(f"pipeline.fault[{number}]", table, first) for number, table in enumerate(broken)]


def _break(key: str, table: Any, first: int) -> Mark:
    return Mark(key, table.kind, _TEXTS[table.kind](table), first + table.at, first + table.at + table.lasts)


def _mark(key: str, table: Any, origin: int) -> Mark:
    at, until = getattr(table, "at", None), getattr(table, "until", None)
    start = None if not at and until is None else origin + (at or 0)
    return Mark(key, table.kind, _TEXTS[table.kind](table), start, None if until is None else origin + until)


def _iso(time: int | None) -> str | None:
    return None if time is None else (_EPOCH + dt.timedelta(microseconds=time)).isoformat().replace("+00:00", "Z")


def _times(factor: float) -> str:
    return f"\u00d7{factor:g}"


def _share(part: float) -> str:
    return f"{100 * part:g}\u00a0%"


def _of(table: Any) -> str:
    if table.column is None:
        return ""
    values = [table.value] if hasattr(table, "value") else list(table.values)
    return f" of {', '.join(values[:2])}{' and others' if len(values) > 2 else ''}"


def _cvr(table: Any) -> str:
    moved = f"log-odds {table.log_odds:+g}" if table.factor is None else _times(table.factor)
    shape = {"cvr_step": "", "cvr_ramp": ", bit by bit", "cvr_season": f" every {_period(table)}"}[table.kind]
    return f"CVR{_of(table)} {moved}{shape}"


def _period(table: Any) -> str:
    return format_duration(table.period) if hasattr(table, "period") else ""


def _delay(table: Any) -> str:
    return f"delays{_of(table)} {_times(table.factor)}{', bit by bit' if table.kind == 'delay_ramp' else ''}"


def _new(table: Any) -> str:
    slow = f", delays {_times(table.delay_factor)}" if table.delay_factor != 1 else ""
    return f"{table.values} new in {table.column}: {_share(table.share)} of clicks{slow}"


def _outage(table: Any) -> str:
    flush = f", then {table.flush_per_hour:g} an hour" if table.flush_per_hour else ""
    return f"no labels{_of(table)}{flush}"


def _skew(table: Any) -> str:
    word = "behind" if table.ahead is None else "ahead"
    return f"outcome clock {format_duration(table.behind or table.ahead)} {word}"


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "cvr_step": _cvr,
    "cvr_ramp": _cvr,
    "cvr_season": _cvr,
    "cvr_walk": lambda table: f"CVR{_of(table)} wanders, {table.per_day:g} of log-odds a day",
    "effect_step": lambda table: f"{table.column} means something else",
    "delay_step": _delay,
    "delay_ramp": _delay,
    "traffic_growth": lambda table: f"clicks {_times(table.factor)} every {format_duration(table.every)}",
    "traffic_step": lambda table: f"clicks {_times(table.factor)}",
    "traffic_cycle": lambda table: f"clicks {_times(table.factor)} at peaks, every {_period(table)}",
    "promotion": lambda table: f"promotion: clicks {_times(table.traffic)}, CVR {_times(table.factor)}",
    "new_levels": _new,
    "covariate_shift": lambda table: f"other levels of {table.column} are common",
    "outage": _outage,
    "loss": lambda table: f"{_share(table.share)} of labels lost",
    "duplicates": lambda table: f"{_share(table.share)} of labels come twice",
    "reordering": lambda table: f"labels {format_duration(table.latency)} later, out of order",
    "clock_skew": _skew,
    "crash": lambda table: f"trainer down, {(table.delivery or 'exactly_once').replace('_', ' ')}",
    "poison": lambda table: "labels inverted" + (", taken back later" if table.rollback_after is not None else ""),
    "unpublished": lambda table: "no new model served",  # noqa: ARG005  (every text is made from its table)
}
