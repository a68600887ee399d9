"""Between Arrow and numpy by their buffers alone; pyarrow's own ways import pandas, which takes as long as a replay."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.errors import LogError
from replay.log import Bools


def as_arrow(values: NDArray[Any]) -> pa.Array:
    """Return numbers or booleans as an Arrow array without nulls; numbers are not copied."""
    if values.dtype == np.bool_:
        return pa.Array.from_buffers(
            pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))]
        )
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, data])


def text_array(values: Sequence[str]) -> pa.Array:
    """Return text as an Arrow array without nulls."""
    encoded = [value.encode() for value in values]
    offsets = np.concatenate(([0], np.cumsum([len(value) for value in encoded]))).astype(np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(encoded), [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    )


def fixed_width(values: pa.Array) -> NDArray[Any]:
    """Return the values of an integer or float array where they lie, nulls or not: a view of shape (len(values),)."""
    dtype = values.type.to_pandas_dtype()
    if not len(values):
        return np.empty(0, dtype=dtype)
    return np.frombuffer(values.buffers()[1], dtype=dtype)[values.offset : values.offset + len(values)]


def valid_mask(values: pa.Array) -> Bools:
    """Return which values are not null, shape (len(values),)."""
    if not values.null_count:
        return np.ones(len(values), dtype=np.bool_)
    bits = values.buffers()[0]
    if bits is None:  # types without a bitmap: all null
        return np.zeros(len(values), dtype=np.bool_)
    whole = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), count=values.offset + len(values), bitorder="little")
    return whole[values.offset :].view(np.bool_)


def same_values(one: pa.Array, other: pa.Array) -> bool:
    """Return whether two arrays are equal, without a look at the values where they are the very same."""
    return _whereabouts(one) == _whereabouts(other) or bool(one.equals(other))


def _whereabouts(values: pa.Array) -> tuple[Any, ...]:
    buffers = [None if buffer is None else buffer.address for buffer in values.buffers()]
    return values.type, values.offset, len(values), buffers


def dictionary_codes(values: pa.DictionaryArray, column: str) -> NDArray[np.int32]:
    """Return the codes of a dictionary array, shape (len(values),); one beyond the dictionary where null.

    Raises
    ------
    LogError
        If a code lies outside the dictionary, as in a damaged page; unchecked it would be read out of bounds.
    """
    codes = fixed_width(values.indices).astype(np.int32, copy=False)
    beyond = len(values.dictionary)
    if values.indices.null_count:
        codes = np.where(valid_mask(values.indices), codes, np.int32(beyond))
    if len(codes) and codes.view(np.uint32).max() > (beyond if values.indices.null_count else beyond - 1):
        raise LogError(f"column {column!r} holds a code outside its dictionary: its file is damaged")
    return codes
