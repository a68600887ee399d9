"""Columns as asked for and as found: which are chosen where nothing was said, and what is wrong with them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from replay.errors import Problems, suggestion
from replay.readers.layout import Layout, OutcomeLayout, TableColumns
from replay.readers.sources import Kind, Source, kind_of
from replay.readers.units import name_some

_LISTED = 12  # columns named where no name is near
_TIME: tuple[Kind, ...] = ("time", "whole", "number", "text", "empty")
_AMOUNT: tuple[Kind, ...] = ("whole", "number", "text", "empty")
_NUMBER: tuple[Kind, ...] = ("whole", "number", "flag", "empty")
_VALUE: tuple[Kind, ...] = ("text", "flag", "whole", "number", "time", "span", "empty")
_WORD: tuple[Kind, ...] = ("text", "empty")
_EXPECTED = {
    _WORD: "text",
    _TIME: "times or numbers",
    _AMOUNT: "numbers",
    _NUMBER: "numbers",
    _VALUE: "one plain value per row",
}
_LATE = re.compile(  # names of what is seldom known at the click
    r"(is_|has_|was_|did_)?(label|target|y|amount|true_probability|true_value|outcomes_until"
    r"|(converts?|converted|conversions?|outcomes?|delays?|refunds?|refunded)(_.*)?)",
    re.IGNORECASE,
)
_ROW_NUMBERS = re.compile(r"__index_level_\d+__")  # what pandas adds of its own


class Wish(NamedTuple):
    """A column that must be there."""

    argument: str  # by which the user names it
    column: str
    kinds: tuple[Kind, ...]


def lay_out(asked: TableColumns, sources: Sequence[Source], *, second_table: bool) -> tuple[Layout, list[str]]:
    """Find the columns that were asked for, choose those that were left open, and return them with notes.

    A column called like an argument is taken for it where the argument is None; outcomes in the rows of their clicks
    are not looked for where there is a second table of them.

    Raises
    ------
    LogError
        With everything that is missing, of a wrong type or named twice, in any of the sources.
    """
    schemas = read_schemas(sources)
    names = list(dict.fromkeys(name for schema in schemas.values() for name in schema.names))
    fixed = _fixed(asked, names, second_table=second_table)
    layout, notes = _with_features(fixed, asked, _common_kinds(schemas))
    Problems([*_clashes(layout), *unmet(_wishes(layout), schemas)]).stop()
    return layout, [*notes, *_differences(layout, schemas), *_unused(layout, names)]


def lay_out_outcomes(layout: OutcomeLayout, sources: Sequence[Source]) -> list[str]:
    """Check that a second table has the columns of its layout, and return notes.

    Raises
    ------
    LogError
        With everything that is missing or of a wrong type, in any of the sources.
    """
    schemas = read_schemas(sources)
    kinds = (_VALUE, _TIME, _AMOUNT, _WORD)
    wishes = [
        Wish(f"outcomes.{argument}", column, kind)
        for argument, column, kind in zip(layout._fields, layout, kinds, strict=True)
        if column is not None
    ]
    Problems(unmet(wishes, schemas)).stop()
    unused = dict.fromkeys(name for schema in schemas.values() for name in schema.names if name not in layout)
    return [f"columns of outcomes not used: {_listed(list(unused))}"] if unused else []


def read_schemas(sources: Iterable[Source]) -> dict[str, pa.Schema]:
    """Return the schema of every source by its name, or raise LogError with all that cannot be read."""
    schemas: dict[str, pa.Schema] = {}
    problems = Problems()
    for source in sources:
        with problems.collected():
            schemas[source.name] = source.schema()
    problems.stop()
    return schemas


def unmet(wishes: Sequence[Wish], schemas: Mapping[str, pa.Schema]) -> list[str]:
    """Return what is wrong with the columns of all sources, each problem once with the sources that have it."""
    where: dict[str, list[str]] = {}
    for source, schema in schemas.items():
        for wish in wishes:
            problem = _unmet(wish, schema)
            if problem:
                where.setdefault(problem, []).append(source)
    return [f"{name_some(sources)}: {problem}" for problem, sources in where.items()]


def _unmet(wish: Wish, schema: pa.Schema) -> str | None:
    count = schema.names.count(wish.column)
    if count == 0:
        there = suggestion(wish.column, schema.names) or f"; there are {_listed(schema.names)}"
        return f"expected a column {wish.column!r} ({wish.argument}), found none{there}"
    if count > 1:
        return f"expected one column {wish.column!r} ({wish.argument}), found {count}; rename all but one"
    type_ = schema.field(wish.column).type
    if kind_of(type_) in wish.kinds:
        return None
    instead = "name it under categorical, or convert it" if wish.argument == "numeric" else "convert it"
    return f"column {wish.column!r} ({wish.argument}): expected {_EXPECTED[wish.kinds]}, found {type_}; {instead}"


def _fixed(asked: TableColumns, names: Sequence[str], *, second_table: bool) -> Layout:
    def default(named: str | None, column: str, *, wanted: bool = True) -> str | None:
        return named or (column if wanted and column in names else None)

    conversion_time = default(asked.conversion_time, "conversion_time", wanted=not second_table)
    return Layout(
        click_time=asked.click_time,
        conversion_time=conversion_time,
        amount=default(asked.amount, "amount", wanted=conversion_time is not None),
        click_id=default(asked.click_id, "click_id"),
        true_probability=asked.true_probability,
        true_value=asked.true_value,
        outcomes_until=asked.outcomes_until,
        categorical=asked.categorical or (),
        numeric=asked.numeric or (),
        segments=asked.segments,
    )


def _common_kinds(schemas: Mapping[str, pa.Schema]) -> dict[str, Kind]:
    """Return the columns that all sources have, each with its kind where it is first known."""
    kinds: dict[str, Kind] = {}
    for schema in schemas.values():
        for field in schema:
            if kinds.get(field.name, "empty") == "empty":
                kinds[field.name] = kind_of(field.type)
    return {name: kind for name, kind in kinds.items() if all(name in schema.names for schema in schemas.values())}


def _with_features(fixed: Layout, asked: TableColumns, kinds: Mapping[str, Kind]) -> tuple[Layout, list[str]]:
    """Choose the features that were left open, by type and name."""
    taken = {*fixed[:7], *fixed.categorical, *fixed.numeric}
    free = [name for name in kinds if name not in taken and not _ROW_NUMBERS.fullmatch(name)]
    early = [name for name in free if not _LATE.fullmatch(name)]
    by_value = tuple(name for name in early if _is_category(name, kinds[name]))
    by_size = tuple(name for name in early if kinds[name] in ("whole", "number") and name not in by_value)
    notes = []
    if asked.categorical is None:
        fixed = fixed._replace(categorical=by_value)
        notes.append(f"categorical features, chosen by type and name: {', '.join(by_value) or 'none'}")
    if asked.numeric is None:
        fixed = fixed._replace(numeric=by_size)
        notes.append(f"numeric features, chosen by type: {', '.join(by_size) or 'none'}")
    late = [name for name in free if _LATE.fullmatch(name)]
    if late and notes:
        notes.append(
            f"not chosen, since their names speak of what follows a click: {', '.join(late)}; "
            "name them as features if they are known at the click"
        )
    return fixed, notes


def _is_category(name: str, kind: Kind) -> bool:
    return kind in ("text", "flag", "empty") or (kind == "whole" and name.lower().endswith("_id"))


def _clashes(layout: Layout) -> list[str]:
    features = (*layout.categorical, *layout.numeric)
    problems = [
        f"column {name!r} cannot be a feature: it holds what is not known at the click"
        for name in dict.fromkeys(features)
        if name in layout.late
    ]
    problems += [f"column {name!r} is named twice as a feature; once is enough" for name in _repeated(features)]
    roles = [name for name in layout[:7] if name is not None]
    return problems + [f"column {name!r} is asked to be two things; name another for one" for name in _repeated(roles)]


def _repeated(names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def _wishes(layout: Layout) -> list[Wish]:
    kinds = (_TIME, _TIME, _AMOUNT, _VALUE, _NUMBER, _NUMBER, _TIME)
    fixed = [
        Wish(argument, column, kind)
        for argument, column, kind in zip(Layout._fields, layout[:7], kinds, strict=False)
        if column is not None
    ]
    lists = (("categorical", layout.categorical, _VALUE), ("numeric", layout.numeric, _NUMBER))
    features = [
        Wish(argument, column, kind)
        for argument, columns, kind in lists
        for column in dict.fromkeys(columns)
        if column not in layout.late
    ]
    return [*fixed, *features, *(Wish("segments or keys", column, _VALUE) for column in layout.segments)]


def _differences(layout: Layout, schemas: Mapping[str, pa.Schema]) -> list[str]:
    notes = []
    for name in dict.fromkeys((*layout.categorical, *layout.segments)):
        kinds = {kind_of(schema.field(name).type): schema.field(name).type for schema in schemas.values()}
        kinds.pop("empty", None)
        if len(kinds) > 1:
            found = " and ".join(str(type_) for type_ in kinds.values())
            notes.append(f"{name}: {found} in different files; values are compared as text")
    return notes


def _unused(layout: Layout, names: Sequence[str]) -> list[str]:
    unused = [name for name in names if name not in layout.forms]
    return [f"columns not used: {_listed(unused)}"] if unused else []


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more or "no columns"
