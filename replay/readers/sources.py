"""What a source is: one file or one dataframe, read in columns."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol

import pyarrow as pa
from pyarrow import types

BATCH = 1 << 18  # rows at a time: Arrow copies the dictionaries of a row group for every batch

Form = Literal[
    "plain", "category", "number"
]  # as it stands; repeated text, best as a dictionary; to be used as a number
Kind = Literal["text", "flag", "whole", "number", "time", "span", "empty", "nested"]


class Source(Protocol):
    """One file or dataframe; every method raises LogError with the source's name if it cannot be read."""

    @property
    def name(self) -> str:
        """The source as the user would name it."""

    def schema(self) -> pa.Schema:
        """Return names and types of all columns, as far as the source knows its types."""

    def batches(self, forms: Mapping[str, Form]) -> Iterator[pa.RecordBatch]:
        """Yield the asked columns, in any order, in pieces of at most some 250,000 rows."""

    def digest(self) -> str:
        """Return a fingerprint of the content."""


def kind_of(type_: pa.DataType) -> Kind:
    """Return what values of an Arrow type can be used for."""
    if isinstance(type_, pa.BaseExtensionType):
        return kind_of(type_.storage_type)
    if types.is_dictionary(type_):
        return "nested" if kind_of(type_.value_type) == "nested" else "text"
    if types.is_decimal(type_):
        return "number" if type_.scale else "whole"
    return next((kind for kind, tests in _TESTS for test in tests if test(type_)), "nested")


def is_text(type_: pa.DataType) -> bool:
    """Return whether values of an Arrow type are text or bytes."""
    return any(test(type_) for test in _TESTS[0][1])


_TESTS: tuple[tuple[Kind, tuple[Any, ...]], ...] = (
    (
        "text",
        (
            types.is_string,
            types.is_large_string,
            types.is_string_view,
            types.is_binary,
            types.is_large_binary,
            types.is_binary_view,
            types.is_fixed_size_binary,
        ),
    ),
    ("flag", (types.is_boolean,)),
    ("whole", (types.is_integer,)),
    ("number", (types.is_floating,)),
    ("time", (types.is_timestamp, types.is_date)),
    ("span", (types.is_time, types.is_duration)),
    ("empty", (types.is_null,)),
)
