"""Parquet files, a batch at a time, checked while they are read."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from replay.errors import LogError
from replay.readers.digests import Digests, check_unchanged, stamp
from replay.readers.sources import BATCH, Form, is_text

MAGIC = b"PAR1"
_BUFFER = 1 << 18  # bytes read ahead per column: memory does not grow with the row groups
_HUGE = 1 << 30
_EXPANSION = 1000  # every click has its own time, which no codec makes a thousand times smaller
_UNREADABLE = (pa.ArrowException, OSError, ValueError)  # names that are not UTF-8 are a ValueError


class ParquetSource:
    """One Parquet file; page checksums are verified wherever the file has them."""

    def __init__(self, path: Path, digests: Digests) -> None:
        self.name = str(path)
        self._path = path
        self._digests = digests
        self._stamp = stamp(path)

    def digest(self) -> str:
        """Return a fingerprint of the file's bytes."""
        return self._digests.of(self._path)

    def schema(self) -> pa.Schema:
        """Return names and types of all columns."""
        return self._schema

    @cached_property
    def _schema(self) -> pa.Schema:
        with self._open([]) as file:
            self._refuse_bomb(file.metadata)
            return file.schema_arrow

    def batches(self, forms: Mapping[str, Form]) -> Iterator[pa.RecordBatch]:
        """Yield the asked columns; text that is asked for as a category comes as dictionaries."""
        schema = self.schema()
        repeated = [name for name, form in forms.items() if form == "category" and is_text(schema.field(name).type)]
        seen: dict[str, pa.Array] = {}
        row = 0
        with self._open(repeated) as file:
            expected = file.metadata.num_rows
            batches = file.iter_batches(BATCH, columns=list(forms), use_threads=False)
            while (batch := self._next(batches, row, seen)) is not None:
                row += batch.num_rows
                if row > expected:
                    break
                yield batch
        if row != expected:
            found = "more" if row > expected else f"{row:,}"
            raise LogError(
                f"{self.name}: expected the {expected:,} rows that its footer tells of, found {found}; {_AGAIN}"
            )
        check_unchanged(self._path, self._stamp)

    def _next(self, batches: Iterator[pa.RecordBatch], row: int, seen: dict[str, pa.Array]) -> pa.RecordBatch | None:
        try:
            batch = next(batches, None)
            return None if batch is None else _checked(batch, seen)
        except _UNREADABLE as error:
            raise LogError(f"{self.name}: damaged after row {row:,}: {_first_line(error)}; {_AGAIN}") from error

    def _open(self, repeated: list[str]) -> Any:
        import pyarrow.parquet as pq  # noqa: PLC0415  # 10 ms that a log already prepared does not need

        self._refuse_fragment()
        try:
            return pq.ParquetFile(
                self._path,
                read_dictionary=repeated,
                buffer_size=_BUFFER,
                pre_buffer=False,
                page_checksum_verification=True,
            )
        except _UNREADABLE as error:
            raise LogError(f"{self.name}: its Parquet footer is damaged: {_first_line(error)}; {_AGAIN}") from error

    def _refuse_fragment(self) -> None:
        try:
            with self._path.open("rb") as file:
                start = file.read(len(MAGIC))
                file.seek(-min(len(MAGIC), self._stamp.size), 2)
                end = file.read(len(MAGIC))
        except OSError as error:
            raise LogError(f"{self.name}: cannot be opened: {error.strerror}") from error
        if not start:
            raise LogError(f"{self.name}: expected a Parquet file, found an empty one; {_AGAIN}")
        if start != MAGIC:
            raise LogError(f"{self.name}: expected {MAGIC!r} at the start of a Parquet file, found {start!r}; {_AGAIN}")
        if end != MAGIC:
            raise LogError(f"{self.name}: cut short: expected {MAGIC!r} at its end, found {end!r}; {_AGAIN}")

    def _refuse_bomb(self, footer: Any) -> None:
        held = sum(footer.row_group(i).total_byte_size for i in range(footer.num_row_groups))
        size = max(held, footer.num_rows)  # a run of equal values may take no byte for most rows, but a log has times
        if size > _HUGE and size > _EXPANSION * self._stamp.size:
            raise LogError(
                f"{self.name}: expected at most {_EXPANSION:,} times its {self._stamp.size:,} bytes when expanded, "
                f"found {held:,} bytes in {footer.num_rows:,} rows, unlike any log; write it again uncompressed"
            )


_AGAIN = "write or copy the file again"


def _checked(batch: pa.RecordBatch, seen: dict[str, pa.Array]) -> pa.RecordBatch:
    """Raise ValueError where text is no text, which Arrow leaves to those who use it."""
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            columns.append(_checked_category(column, seen.get(name)))
            seen[name] = columns[-1].dictionary
            continue
        if is_text(column.type):
            column.validate(full=True)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _checked_category(column: pa.DictionaryArray, last: pa.Array | None) -> pa.DictionaryArray:
    dictionary, indices = column.dictionary, column.indices
    if _beyond(indices, len(dictionary)):
        raise ValueError(f"a value points outside of its dictionary of {len(dictionary):,}")
    if last is not None and dictionary.equals(last):  # Arrow gives each batch of a row group a copy of its own
        return pa.DictionaryArray.from_arrays(indices, last, ordered=column.type.ordered, safe=False)
    dictionary.validate(full=True)
    return column


def _beyond(indices: pa.Array, count: int) -> bool:
    if indices.null_count:
        indices = indices.drop_null()
    codes = indices.to_numpy()
    return len(codes) > 0 and int(codes.view(f"u{codes.itemsize}").max()) >= count  # a negative one is large unsigned


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".")
