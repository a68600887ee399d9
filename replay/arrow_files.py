"""The files of a prepared log: written once from front to back, then read where they lie."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.slots import BATCH_BITS, Slots, SlotTable

_BATCH = 1 << BATCH_BITS
_CHUNK = 1 << 18  # rows gathered at a time


class Spool:
    """A column of numbers that grows on disk; its memory does not grow with it.

    Parameters
    ----------
    path : Path
        A new file.
    dtype : type of number
    """

    def __init__(self, path: Path, dtype: type[np.generic]) -> None:
        self._dtype = np.dtype(dtype)
        self._path = path
        self._file = path.open("wb")

    def append(self, values: NDArray[Any]) -> None:
        """Write some more values."""
        self._file.write(np.ascontiguousarray(values, dtype=self._dtype).data)

    def read(self) -> NDArray[Any]:
        """Return everything written so far, mapped from disk, read-only."""
        self._file.flush()
        if not self._file.tell():
            return np.empty(0, dtype=self._dtype)
        with pa.memory_map(str(self._path)) as source:
            return np.frombuffer(source.read_buffer(), dtype=self._dtype)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SlotWriter:
    """Writes slots in record batches of `2**BATCH_BITS` rows, whatever the pieces they come in.

    Parameters
    ----------
    path : Path
        A new file; it is not made if there are no features.
    n_features : int
    """

    def __init__(self, path: Path, n_features: int) -> None:
        self._rows = np.empty((_BATCH, n_features), dtype=np.uint32)
        self._filled = 0
        self._schema = pa.schema([pa.field("slots", pa.list_(pa.uint32(), max(n_features, 1)), nullable=False)])
        self._file = pa.ipc.new_file(str(path), self._schema) if n_features else None

    def append(self, slots: Slots) -> None:
        """Write some more rows, shape (n, n_features)."""
        at = 0
        while self._file is not None and at < len(slots):
            taken = min(_BATCH - self._filled, len(slots) - at)
            self._rows[self._filled : self._filled + taken] = slots[at : at + taken]
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
        flat = pa.array(self._rows[: self._filled].reshape(-1))
        batch = pa.FixedSizeListArray.from_arrays(flat, self._rows.shape[1])
        if self._filled:
            self._file.write_batch(pa.record_batch([batch], schema=self._schema))
        self._filled = 0
