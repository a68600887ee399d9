"""Which columns of KuaiLive are learned from: those that are known at the click."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from replay.errors import Problems, suggestion
from replay.readers.kuailive_files import WATCHED, File
from replay.readers.sources import kind_of

OF_CLICK = ("user_id", "live_id", "streamer_id")
OF_ROOM = ("live_type", "live_content_category")
OPENED = "start_timestamp"
CLOSED = "end_timestamp"
MINUTES = "live_minutes"
_KEYS = {"user": "user_id", "streamer": "streamer_id"}
_DATE = re.compile(r"(.+)_timestamp")
_GROWING = re.compile(r"accu_.*|(fans|follow)_.*")  # counted up to a day that the publisher does not tell
_LATE = (WATCHED, "timestamp", CLOSED, "p_date", "gift_price")


class Choice(NamedTuple):
    """What is made of the tables, and what of that is learned from."""

    categorical: tuple[str, ...]
    numeric: tuple[str, ...]
    named: Mapping[str, Mapping[str, str]]  # table -> name here -> column, taken by value
    dated: Mapping[str, Mapping[str, str]]  # table -> name here -> column, taken as days before the click
    notes: tuple[str, ...]


def choose(
    files: Mapping[str, File],
    categorical: Sequence[str] | None,
    numeric: Sequence[str] | None,
    segments: Sequence[str],
) -> Choice:
    """Choose what was left open, and check what was asked for.

    Columns of user.csv and streamer.csv are called user_... and streamer_... here.  Taken by value are text, truth
    values and whole numbers; days, such as reg_timestamp, become days before the click, such as user_reg_days.  Counts
    that grow with what viewers do, such as fans_num, are taken only where they are named, since a snapshot from after a
    click would tell what followed it.

    Raises
    ------
    LogError
        With every name that is no column, or not known at the click, or named twice.
    """
    named, dated = _by_value(files), _by_day(files)
    values = [*OF_CLICK, *(name for columns in named.values() for name in columns)]
    sizes = [name for columns in dated.values() for name in columns]
    growing = [name for name in values if _GROWING.fullmatch(name.partition("_")[2])]
    early = tuple(name for name in values if name not in growing)
    notes = []
    if categorical is None:
        notes.append(f"categorical features, chosen by type and name: {', '.join(early)}")
        if growing:
            notes.append(
                f"not chosen, since they may count what came after a click: {', '.join(growing)}; "
                "name them under categorical if that is no matter"
            )
    if numeric is None:
        notes.append(f"numeric features, chosen by name: {', '.join(sizes) or 'none'}")
    chosen = tuple(early if categorical is None else categorical)
    by_size = tuple(sizes if numeric is None else numeric)
    Problems(_problems(chosen, by_size, segments, values, sizes)).stop()
    used = {*chosen, *by_size, *segments}
    return Choice(chosen, by_size, _only(named, used), _only(dated, used), tuple(notes))


def _by_value(files: Mapping[str, File]) -> dict[str, dict[str, str]]:
    found = {"room": {name: name for name in OF_ROOM if "room" in files and name in files["room"].columns}}
    for table, key in _KEYS.items():
        columns = files[table].columns if table in files else {}
        plain = [
            name for name in columns if name != key and not _DATE.fullmatch(name) and _is_plain(files[table], name)
        ]
        found[table] = {f"{table}_{name}": name for name in plain}
    return found


def _by_day(files: Mapping[str, File]) -> dict[str, dict[str, str]]:
    found = {"room": {MINUTES: OPENED} if "room" in files and OPENED in files["room"].columns else {}}
    for table in _KEYS:
        columns = files[table].columns if table in files else {}
        matches = [match for name in columns if (match := _DATE.fullmatch(name))]
        found[table] = {f"{table}_{match[1]}_days": match[0] for match in matches}
    return found


def _is_plain(file: File, name: str) -> bool:
    return kind_of(file.source.schema().field(file.columns[name]).type) in ("text", "flag", "whole", "empty", "time")


def _only(tables: Mapping[str, Mapping[str, str]], used: set[str]) -> dict[str, dict[str, str]]:
    return {
        table: {name: column for name, column in columns.items() if name in used} for table, columns in tables.items()
    }


def _problems(
    categorical: Sequence[str], numeric: Sequence[str], segments: Sequence[str], values: list[str], sizes: list[str]
) -> list[str]:
    found = []
    for key, asked, there in (
        ("categorical", categorical, values),
        ("numeric", numeric, sizes),
        ("segments", segments, [*values, *sizes]),
    ):
        for name in asked:
            if name in _LATE or name.removeprefix("room_") in _LATE:
                found.append(f"{key}: {name!r} is not known at the click, so nothing may be learned from it")
            elif name not in there:
                near = suggestion(name, there) or f"; there are {', '.join(there)}"
                found.append(f"{key}: no column {name!r}{near}")
    features = [*categorical, *numeric]
    twice = [name for name in dict.fromkeys(features) if features.count(name) > 1]
    return found + [f"column {name!r} is named twice as a feature; once is enough" for name in twice]
