"""Dataframes: whatever hands over its columns through Arrow's PyCapsule interface."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import xxhash

from replay.errors import LogError
from replay.readers.sources import BATCH, Form

_INTERFACES = ("__arrow_c_stream__", "__arrow_c_array__")
_EXPECTED = "a path, or a dataframe that Arrow can read (pandas, polars, pyarrow, duckdb)"


def is_frame(source: object) -> bool:
    """Return whether a source is a dataframe."""
    return any(hasattr(source, interface) for interface in _INTERFACES)


class FrameSource:
    """One dataframe, or a stream of batches, which is drawn once and kept."""

    def __init__(self, frame: Any) -> None:
        self.name = _name(frame)
        self._table = _materialise(frame, self.name)

    def schema(self) -> pa.Schema:
        """Return names and types of all columns."""
        return self._table.schema

    def batches(self, forms: Mapping[str, Form]) -> Iterator[pa.RecordBatch]:
        """Yield the asked columns as they are."""
        asked = self._table.select(list(forms))
        for start in range(0, asked.num_rows, BATCH):
            yield from _whole(asked, start).to_batches()

    def digest(self) -> str:
        """Return a fingerprint of the content, the same however the dataframe is cut into chunks."""
        digest = xxhash.xxh3_128()
        for start in range(0, max(1, self._table.num_rows), BATCH):
            piece = _whole(self._table, start)
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, piece.schema) as stream:
                stream.write_table(piece)
            digest.update(sink.getvalue())
        return digest.hexdigest()


def _whole(table: pa.Table, start: int) -> pa.Table:
    return table.slice(start, BATCH).combine_chunks()


def _name(frame: object) -> str:
    kind = type(frame)
    package = kind.__module__.split(".")[0].lstrip("_")
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


def _materialise(frame: Any, name: str) -> pa.Table:
    if not is_frame(frame):
        lazy = "; collect it first" if hasattr(frame, "collect") else ""
        raise LogError(f"expected {_EXPECTED}, got {name}{lazy}")
    try:
        table = pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        said = "; ".join(str(part) for part in error.args)
        raise LogError(f"{name}: cannot be read as columns: {said}; give every column one type") from error
    columns = [_without_views(column) for column in table.columns]
    return pa.Table.from_arrays(columns, table.column_names)


def _without_views(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column whose text has offsets, since few Arrow functions take views so far."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(pa.dictionary(kind.index_type, _VIEWS.get(kind.value_type, kind.value_type), kind.ordered))
    return column.cast(_VIEWS.get(kind, kind))


_VIEWS = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
