"""Which unit and zone a log's times are in, from what stands in its first rows."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from replay.errors import Problems
from replay.log import Floats
from replay.readers.parts import parts_of
from replay.readers.sources import Source, is_text, kind_of
from replay.readers.text import parse
from replay.readers.times import BANDS, LATEST, UNITS, Clock, as_text, tidy_times

WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_LOOK = 1000  # values looked at
_SPAN = 50 * 365 * 86_400  # s: a log longer than this does not count from 1970
_LISTED = 3  # sources named
_LONG = 1e20  # numbers shown digit by digit are smaller


class Sight(NamedTuple):
    """What the first values of a column look like."""

    source: str
    column: str
    numbers: Floats  # finite, without the -1 that stands for no time
    naive: str | None  # an example of a time without a zone
    wrong: str | None  # an example of text that is no time, if there is nothing else


def look(source: Source, column: str) -> Sight:
    """Look at the first values of a column."""
    type_ = source.schema().field(column).type
    numbers, naive, wrong = np.empty(0), None, None
    if kind_of(type_) in ("whole", "number"):
        numbers = _finite(_first(source, column).cast(pa.float64(), safe=False))
    elif pa.types.is_date(type_) or (pa.types.is_timestamp(type_) and type_.tz is None):
        naive = _example(_first(source, column, 1))
    elif is_text(type_) or pa.types.is_dictionary(type_):
        numbers, naive, wrong = _look_at_text(tidy_times(as_text(_first(source, column), column)).drop_null())
    return Sight(source.name, column, numbers, naive, wrong)


def _first(source: Source, column: str, count: int = _LOOK) -> pa.Array:
    found: list[pa.Array] = []
    for part in parts_of(source, {column: "plain"}):
        values = part.batch.column(0).drop_null()
        found.append(values.dictionary_decode() if pa.types.is_dictionary(values.type) else values)
        if sum(map(len, found)) >= count:
            break
    return pa.concat_arrays(found)[:count] if found else pa.nulls(0)


def _look_at_text(text: pa.Array) -> tuple[Floats, str | None, str | None]:
    numbers = _finite(parse(text, pa.float64()))
    naive = parse(text, pa.timestamp("ns")).drop_null()
    zoned = parse(text, pa.timestamp("ns", "UTC")).drop_null()
    lost = len(text) and not len(numbers) and not len(naive) and not len(zoned)
    return numbers, _example(naive), str(text[0]) if lost else None


def _finite(numbers: pa.Array) -> Floats:
    values = np.asarray(numbers.drop_null().to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.asarray(values[np.isfinite(values) & (values != -1)])


def _example(times: pa.Array) -> str | None:
    return str(times[0].cast(pa.timestamp("us"), safe=False).as_py()) if len(times) else None


def agree(columns: Iterable[tuple[Source, str]], unit: str, zone: str | None) -> tuple[Clock, list[str]]:
    """Return the clock that all the columns go by, and notes for the user.

    Parameters
    ----------
    columns : iterable of (Source, str)
        All columns of times.
    unit : str
        Unit of numbers, or "auto".
    zone : str or None
        Zone of times that have none.

    Raises
    ------
    LogError
        If units cannot be told or disagree, a zone is needed, or text is no time; all of it at once.
    """
    sights = [look(source, column) for source, column in columns]
    counted = [sight for sight in sights if len(sight.numbers)]
    units = [_unit(sight) if unit == "auto" else unit for sight in counted]
    problems = Problems([*_unread(sights), *_zoneless(sights, zone)])
    problems += _untold(counted, units) if unit == "auto" else _misfits(counted, unit)
    problems += _mixed(counted, units)
    problems.stop()
    clock = Clock(units[0] if units else None, unit == "auto", zone)
    return clock, [*_unit_notes(counted, clock), *_zone_notes(sights, zone)]


def _unit(sight: Sight) -> str | None:
    """Return the unit by size, or None if the numbers are too small, too large, or spread too far for any."""
    edges = np.array([*BANDS.values(), 1000 * BANDS["ns"]], dtype=np.float64)
    band = np.digitize(sight.numbers, edges)
    counts = np.bincount(band, minlength=len(edges) + 1)
    best = int(counts[1:-1].argmax()) + 1
    if 2 * counts[best] < len(band):
        return None
    unit = list(BANDS)[best - 1]
    low, high = np.quantile(sight.numbers[band == best], [0.05, 0.95])
    return unit if (high - low) * _seconds(unit) < _SPAN else None


def _seconds(unit: str) -> float:
    return UNITS[unit] / 1e6 if unit in UNITS else 1e-9


def _untold(sights: Sequence[Sight], units: Sequence[str | None]) -> list[str]:
    return [
        f"{sight.source}: column {sight.column!r} holds numbers from {_shown(sight.numbers.min())} to "
        f"{_shown(sight.numbers.max())}, which are no times since 1970 in any unit; "
        'set time_unit ("s", "ms", "us" or "ns") if they count from another start'
        for sight, unit in zip(sights, units, strict=True)
        if unit is None
    ]


def _misfits(sights: Sequence[Sight], unit: str) -> list[str]:
    latest = LATEST / 1e6 / _seconds(unit)
    return [
        f"{sight.source}: column {sight.column!r} holds numbers such as {_shown(sight.numbers[0])}, "
        f'which in {WORDS[unit]} lie outside of 1970 to 2262; set time_unit to their unit, or to "auto"'
        for sight in sights
        if not np.any((sight.numbers >= 0) & (sight.numbers <= latest))
    ]


def _mixed(sights: Sequence[Sight], units: Sequence[str | None]) -> list[str]:
    first: dict[str, Sight] = {}
    for sight, unit in zip(sights, units, strict=True):
        if unit is not None:
            first.setdefault(unit, sight)
    if len(first) < 2:
        return []
    said = [
        f"column {sight.column!r} of {sight.source} is in {WORDS[unit]} (such as {_shown(sight.numbers[0])})"
        for unit, sight in first.items()
    ]
    return [f"times must all be in one unit: {', '.join(said)}; convert them to one"]


def _unread(sights: Sequence[Sight]) -> list[str]:
    return [
        f"{sight.source}: column {sight.column!r}: expected times such as 2025-01-31T18:00:00Z or numbers, "
        f"found {sight.wrong[:40]!r}"
        for sight in sights
        if sight.wrong is not None
    ]


def _zoneless(sights: Sequence[Sight], zone: str | None) -> list[str]:
    if zone is not None:
        return []
    by_column: dict[str, list[Sight]] = {}
    for sight in sights:
        if sight.naive is not None:
            by_column.setdefault(sight.column, []).append(sight)
    return [
        f"{name_some([sight.source for sight in same])}: column {column!r} has times without a zone, such as "
        f'{same[0].naive}; set timezone to the one they are in, such as "UTC" or "America/New_York"'
        for column, same in by_column.items()
    ]


def name_some(names: Sequence[str]) -> str:
    """Return names in one line, the first few of many.

    Examples
    --------
    >>> name_some(["a.csv", "b.csv", "c.csv", "d.csv", "e.csv"])
    'a.csv, b.csv, c.csv and 2 more'
    """
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _unit_notes(sights: Sequence[Sight], clock: Clock) -> list[str]:
    notes: dict[str, str] = {}
    for sight in sights:
        notes.setdefault(
            sight.column,
            f"{sight.column}: numbers are read as {WORDS[clock.unit or 's']} since 1970, UTC; "
            f"{_shown(sight.numbers[0])} is {_dated(sight.numbers[0], clock)}",
        )
    return list(notes.values())


def _dated(number: float, clock: Clock) -> str:
    seconds = number * _seconds(clock.unit or "s")
    if not 0 <= seconds <= LATEST / 1e6:
        return "no time"
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")


def _zone_notes(sights: Sequence[Sight], zone: str | None) -> list[str]:
    if zone is None:
        return []
    columns = dict.fromkeys(sight.column for sight in sights if sight.naive is not None)
    if not columns:
        return [f"timezone {zone!r} is of no effect: all times say their zone or count from 1970 UTC"]
    return [f"{', '.join(columns)}: times without a zone are read as {zone}"]


def _shown(number: float) -> str:
    return f"{number:.0f}" if abs(number) < _LONG and float(number).is_integer() else repr(float(number))
