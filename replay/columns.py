"""Feature columns as they are, for learners that bring their own encoding: text and floats, whatever the files hold."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from replay.canonical import as_floats, canonical_text, readable


def raw_schema(categorical: Sequence[str], numeric: Sequence[str]) -> pa.Schema:
    """Return the schema of `raw_columns`, the same for every batch of a log."""
    return pa.schema(
        [pa.field(name, pa.large_string()) for name in categorical] + [pa.field(name, pa.float64()) for name in numeric]
    )


def raw_columns(features: pa.Table, categorical: Sequence[str], numeric: Sequence[str]) -> pa.Table:
    """Return categories as their canonical text and numbers as float64; null where missing.

    Raises
    ------
    LogError
        If a column holds what can be neither.
    """
    columns = [[_text(chunk, name) for chunk in features.column(name).chunks] for name in categorical]
    columns += [[_floats(chunk, name) for chunk in features.column(name).chunks] for name in numeric]
    schema = raw_schema(categorical, numeric)
    return pa.table(
        [pa.chunked_array(chunks, field.type) for chunks, field in zip(columns, schema, strict=True)], schema=schema
    )


def _text(values: pa.Array, name: str) -> pa.Array:
    text = canonical_text(values, name)
    if pa.types.is_binary(text.type) or pa.types.is_large_binary(text.type):
        return pa.array(readable(text), pa.large_string())
    return text.cast(pa.large_string())


def _floats(values: pa.Array, name: str) -> pa.Array:
    if not len(values):
        return pa.array([], pa.float64())
    floats, valid = as_floats(values, name)
    return pa.array(floats, mask=~valid | np.isnan(floats))
