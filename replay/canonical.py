"""One text for every value, whatever type carries it: 12, "12", and 12.0 in a column with gaps are one category."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from replay.arrays import fixed_width, valid_mask
from replay.errors import LogError
from replay.log import Bools, Floats

_WHOLE = 2.0**63  # floats below it that are whole numbers have the text of the integer


def canonical_text(values: pa.Array, column: str) -> pa.Array:
    """Return the text of every value as a (large) string or binary array; null where it is null or NaN.

    Whole numbers read the same from integers, floats and decimals; times read the same in any unit, those with a zone
    in UTC; midnights read as dates.

    Raises
    ------
    LogError
        If values of that type have no text (lists, structs, maps).
    """
    kind = values.type
    if isinstance(values, pa.ExtensionArray):
        return canonical_text(values.storage, column)
    if types.is_dictionary(kind):
        return canonical_text(values.dictionary, column).take(values.indices)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return values
    return _plain_text(values, column)


def _plain_text(values: pa.Array, column: str) -> pa.Array:
    kind = values.type
    if types.is_floating(kind):
        return _float_text(values)
    if types.is_decimal(kind):
        return pa.array([None if v is None else _trim(format(v, "f")) for v in values.to_pylist()], pa.string())
    if types.is_temporal(kind):
        return _time_text(values)
    to = pa.string() if types.is_primitive(kind) or types.is_null(kind) else pa.large_binary()
    try:
        return values.cast(pa.large_string() if types.is_string_view(kind) else to)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise LogError(
            f"column {column!r} holds {kind}; a category, an id or a segment must be one plain value"
        ) from error


def coded(values: pa.Array, column: str) -> pa.DictionaryArray:
    """Return an array as codes and distinct values.

    Raises
    ------
    LogError
        If values of that type have no text.
    """
    if types.is_dictionary(values.type):
        return values
    try:
        return values.dictionary_encode()
    except pa.ArrowNotImplementedError:  # extension types, views, half floats
        return canonical_text(values, column).dictionary_encode()


def readable(text: pa.Array) -> list[str | None]:
    """Return canonical text as Python texts; bytes that are no UTF-8 show as replacement characters."""
    large = types.is_large_string(text.type) or types.is_large_binary(text.type)
    raw = text.cast(pa.large_binary() if large else pa.binary())
    return [None if value is None else value.decode("utf-8", "replace") for value in raw.to_pylist()]


def _float_text(values: pa.Array) -> pa.Array:
    if types.is_float16(values.type):
        values = values.cast(pa.float32())
    values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    whole = pc.and_(pc.equal(pc.floor(values), values), pc.less(pc.abs(values), pa.scalar(_WHOLE, values.type)))
    integers = pc.if_else(whole, values, pa.scalar(0.0, values.type)).cast(pa.int64())
    return pc.if_else(whole, integers.cast(pa.string()), values.cast(pa.string()))


def _trim(number: str) -> str:
    trimmed = number.rstrip("0").rstrip(".") if "." in number else number
    return "0" if trimmed == "-0" else trimmed


def _time_text(values: pa.Array) -> pa.Array:
    if types.is_duration(values.type):
        values = values.cast(pa.duration("us"), safe=False).cast(pa.int64())
    elif types.is_timestamp(values.type):
        values = values.cast(pa.timestamp(values.type.unit))
    text = values.cast(pa.string())
    for pattern, to in ((r"(\.[0-9]*?)0+$", r"\1"), (r"\.$", ""), (r" 00:00:00$", "")):
        text = pc.replace_substring_regex(text, pattern, to)
    return text


def as_floats(values: pa.Array, column: str) -> tuple[Floats, Bools]:
    """Return every value as float64, and whether it is there at all: what stands for nulls means nothing.

    Raises
    ------
    LogError
        If the values are not numbers.
    """
    if isinstance(values, pa.ExtensionArray):
        return as_floats(values.storage, column)
    if types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if types.is_string_view(values.type):
        values = values.cast(pa.large_string())
    if not (types.is_integer(values.type) or types.is_floating(values.type)):
        try:
            values = values.cast(pa.float64(), safe=False)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise LogError(f"column {column!r} holds {values.type}, expected numbers: {error}") from error
    return fixed_width(values).astype(np.float64, copy=False), valid_mask(values)
