"""Which column of a table means what: as asked for, as found, and what is wrong with it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa

from replay.errors import LogError, suggestion
from replay.readers.sources import Form, Kind, Source, kind_of
from replay.readers.units import name_some

_LISTED = 12  # columns named where no name is near
_TIME: tuple[Kind, ...] = ("time", "whole", "number", "text", "empty")
_AMOUNT: tuple[Kind, ...] = ("whole", "number", "text", "empty")
_NUMBER: tuple[Kind, ...] = ("whole", "number", "flag", "empty")
_VALUE: tuple[Kind, ...] = ("text", "flag", "whole", "number", "time", "span", "empty")
_EXPECTED = {_TIME: "times or numbers", _AMOUNT: "numbers", _NUMBER: "numbers", _VALUE: "one plain value per row"}
_LATE = re.compile(  # names of what is seldom known at the click
    r"(is_|has_|was_|did_)?(labels?|targets?|y|amount|true_probability|convert(s|ed)?"
    r"|(conversions?|outcomes?|delays?|refund(s|ed)?)(_.*)?)",
    re.IGNORECASE,
)
_ROW_NUMBERS = re.compile(r"__index_level_\d+__")  # what pandas adds of its own


@dataclass(frozen=True, kw_only=True)
class TableColumns:
    """Which columns mean what, as the user names them; None leaves it to what is there."""

    click_time: str = "click_time"
    conversion_time: str | None = None
    amount: str | None = None
    click_id: str | None = None
    true_probability: str | None = None
    categorical: tuple[str, ...] | None = None
    numeric: tuple[str, ...] | None = None
    segments: tuple[str, ...] = ()


class Layout(NamedTuple):
    """Which columns mean what, all of them there and of a usable type; None where there is no such column."""

    click_time: str
    conversion_time: str | None
    amount: str | None
    click_id: str | None
    true_probability: str | None
    categorical: tuple[str, ...]
    numeric: tuple[str, ...]
    segments: tuple[str, ...]

    @property
    def features(self) -> list[str]:
        """Feature and segment columns, each once."""
        return list(dict.fromkeys((*self.categorical, *self.numeric, *self.segments)))

    @property
    def forms(self) -> dict[str, Form]:
        """All columns to read, and how."""
        numbers = (*self.numeric, self.true_probability)
        plain = (self.click_time, self.conversion_time, self.amount, self.click_id)
        forms: dict[str, Form] = dict.fromkeys((*self.categorical, *self.segments), "category")
        forms |= {name: "number" for name in numbers if name is not None}
        return forms | {name: "plain" for name in plain if name is not None}


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
    names = dict.fromkeys(name for schema in schemas.values() for name in schema.names)
    found = _fixed(asked, names, second_table=second_table)
    kinds = _common_kinds(schemas)
    categorical, numeric, notes = _features(asked, kinds, taken={name for name in found.values() if name})
    layout = Layout(**found, categorical=categorical, numeric=numeric, segments=asked.segments)  # type: ignore[arg-type]  # click_time is never None
    problems = [*_clashes(layout), *unmet(_wishes(layout), schemas)]
    if problems:
        raise LogError(problems)
    return layout, [*notes, *_differences(layout, schemas), *_unused(layout, names, notes)]
