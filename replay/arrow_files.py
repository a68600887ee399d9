"""The files of a prepared log: written once from front to back, then read where they lie."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from replay.arrays import as_arrow, fixed_width
from replay.slots import BATCH_BITS, Slots, SlotTable, put_beside

_BATCH = 1 << BATCH_BITS
_CHUNK = 1 << 18  # rows gathered at a time


def read_file(path: Path) -> pa.Buffer:
    """Return a file's bytes where they lie; the map lives as long as what is made of it."""
    with pa.memory_map(str(path)) as source:
        return source.read_buffer()


class Spool:
    """A column of numbers that grows on disk; its memory does not grow with it.

    Parameters
    ----------
    path : Path
        A new file.
    dtype : type of number
    """

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self._path = path
        self._dtype = np.dtype(dtype)
        path.touch()

    def append(self, values: NDArray[Any]) -> None:
        """Write some more values."""
        with self._path.open("ab") as file:  # opened every time, so that there is nothing to close
            file.write(np.ascontiguousarray(values, dtype=self._dtype).data)

    def read(self) -> NDArray[Any]:
        """Return everything written so far, mapped from disk, read-only."""
        if not self._path.stat().st_size:
            return np.empty(0, dtype=self._dtype)
        return np.frombuffer(read_file(self._path), dtype=self._dtype)


class Spools:
    """Several columns of one length.

    Parameters
    ----------
    folder : Path
        Where they go, each in a file named after it.
    dtypes : mapping of str to type of number
    """

    def __init__(self, folder: Path, dtypes: Mapping[str, DTypeLike]) -> None:
        folder.mkdir()
        self._spools = {name: Spool(folder / name, dtype) for name, dtype in dtypes.items()}

    def append(self, *columns: NDArray[Any]) -> None:
        """Write some more rows, columns in the order they were named."""
        for spool, values in zip(self._spools.values(), columns, strict=True):
            spool.append(values)

    def read(self) -> dict[str, NDArray[Any]]:
        """Return everything written so far, mapped from disk, read-only."""
        return {name: spool.read() for name, spool in self._spools.items()}


class SlotWriter:
    """Writes slots in record batches of `2**BATCH_BITS` rows, whatever the pieces they come in.

    Parameters
    ----------
    path : Path
        A new file; it is not made if there are no features.
    n_features : int
    """

    def __init__(self, path: Path, n_features: int) -> None:
        self.n_features = n_features
        self._rows = np.empty((_BATCH, n_features), dtype=np.uint32)
        self._filled = 0
        self._schema = pa.schema([pa.field("slots", pa.list_(pa.uint32(), max(n_features, 1)), nullable=False)])
        self._file = pa.ipc.new_file(str(path), self._schema) if n_features else None

    def append(self, slots: Slots, beside: Slots | None = None) -> None:
        """Write some more rows, shape (n, n_features); the last of the features may be given apart."""
        right, at = slots[:, :0] if beside is None else beside, 0
        while self._file is not None and at < len(slots):
            taken = min(_BATCH - self._filled, len(slots) - at)
            rows = self._rows[self._filled : self._filled + taken]
            put_beside(slots[at : at + taken], right[at : at + taken], rows)
            self._filled += taken
            at += taken
            if self._filled == _BATCH:
                self._flush()

    def close(self) -> None:
        """Write what is left and finish the file."""
        if self._file is not None:
            self._flush()
            self._file.close()

    def _flush(self) -> None:
        if self._file is not None and self._filled:
            flat = as_arrow(self._rows[: self._filled].reshape(-1))
            batch = pa.FixedSizeListArray.from_arrays(flat, self.n_features)
            self._file.write_batch(pa.record_batch([batch], schema=self._schema))
            self._filled = 0


class TableWriter:
    """Writes raw columns in record batches as they come.

    Parameters
    ----------
    path : Path
        A new file.
    schema : pyarrow.Schema
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = pa.ipc.new_file(str(path), schema)

    def append(self, table: pa.Table) -> None:
        """Write some more rows."""
        self._file.write_table(table)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def write_columns(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Write numpy columns of one length as a file of one record batch, each column in one piece."""
    batch = pa.record_batch([as_arrow(values) for values in columns.values()], names=list(columns))
    with pa.ipc.new_file(str(path), batch.schema) as file:
        file.write_batch(batch)


def read_columns(data: pa.Buffer) -> dict[str, NDArray[Any]]:
    """Return the columns of a file of one record batch as read-only views."""
    batch = pa.ipc.open_file(data).get_batch(0)
    return {name: fixed_width(batch.column(name)) for name in batch.schema.names}


def read_table(data: pa.Buffer) -> pa.Table:
    """Return a file of raw columns, where it lies."""
    return pa.ipc.open_file(data).read_all()


def read_slots(data: pa.Buffer, n_rows: int, n_features: int) -> SlotTable:
    """Return a file of slots where it lies.

    Raises
    ------
    ValueError
        If its batches do not hold that many rows and features.
    """
    words = np.frombuffer(data, dtype=np.uint32, count=data.size // 4)
    file = pa.ipc.open_file(data)
    base = np.empty(file.num_record_batches, dtype=np.int64)
    for i in range(len(base)):
        slots = file.get_batch(i).column(0)
        if slots.type.list_size != n_features or len(slots) != min(_BATCH, n_rows - i * _BATCH):
            raise ValueError(f"batch {i} holds {len(slots)} rows of {slots.type}")
        base[i] = (slots.buffers()[2].address - data.address) // 4
    if len(base) != -(-n_rows // _BATCH):
        raise ValueError(f"{len(base)} batches for {n_rows} rows")
    return SlotTable(words, base, n_rows, n_features)


def no_slots(n_rows: int) -> SlotTable:
    """Return the slots of a log without features."""
    return SlotTable.of(np.empty((n_rows, 0), dtype=np.uint32))


def chunks(n: int, size: int = _CHUNK, overlap: int = 0) -> Iterator[slice]:
    """Yield consecutive slices of [0, n), each reaching `overlap` into the next."""
    for start in range(0, n, size):
        yield slice(start, min(start + size + overlap, n))


def gather_table(table: pa.Table, rows: NDArray[np.int64]) -> pa.Table:
    """Return rows of a table of many batches in the given order, at the memory of those rows alone."""
    batches = table.to_batches()
    first = np.cumsum([0] + [len(batch) for batch in batches])
    order = np.argsort(rows, kind="stable")
    ascending = rows[order]
    cuts = np.searchsorted(ascending, first)
    picked = [
        batch.take(as_arrow(ascending[cuts[i] : cuts[i + 1]] - first[i]))
        for i, batch in enumerate(batches)
        if cuts[i] < cuts[i + 1]
    ]
    back = np.empty(len(rows), dtype=np.int64)
    back[order] = np.arange(len(rows))
    return pa.Table.from_batches(picked, schema=table.schema).combine_chunks().take(as_arrow(back))
