"""Text that stands for something else: times, numbers, or nothing."""

import pyarrow as pa
import pyarrow.compute as pc

MISSING = ("", "NA", "N/A", "#N/A", "null", "NULL", "None", "NaT", r"\N")  # spellings of "no value"


def parse(text: pa.Array, type_: pa.DataType) -> pa.Array:
    """Cast text value by value, null where it cannot be read as that type."""
    try:
        return text.cast(type_)
    except pa.ArrowInvalid:
        if len(text) == 1:
            return pa.nulls(1, type_)
    half = len(text) // 2  # few values are wrong, so halving finds them in few casts
    return pa.concat_arrays([parse(text[:half], type_), parse(text[half:], type_)])


def tidy(text: pa.Array) -> pa.Array:
    """Trim text, and make the spellings of a missing value null."""
    trimmed = pc.utf8_trim_whitespace(text)
    missing = pc.is_in(trimmed, pa.array(MISSING, trimmed.type))
    return pc.if_else(missing, pa.scalar(None, trimmed.type), trimmed)


def parse_numbers(text: pa.Array) -> pa.Array:
    """Return text as float64: null where it is missing, NaN where it is no number."""
    try:
        return text.cast(pa.float64())
    except pa.ArrowInvalid:
        tidied = tidy(text)
        numbers = parse(tidied, pa.float64())
        wrong = pc.and_(pc.is_null(numbers), pc.is_valid(tidied))
        return pc.if_else(wrong, pa.scalar(float("nan")), numbers)
