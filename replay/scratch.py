"""Columns that are gone with the run, kept out of memory: mapped from unnamed files."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def scratch_column(folder: Path | None, length: int, dtype: Any, value: Any = 0) -> NDArray[Any]:
    """Return a column full of a value, mapped from an unnamed file that vanishes with it.

    Parameters
    ----------
    folder : path, optional
        Of the file; without one the column is held in memory.
    length : int
    dtype : dtype
    value : scalar
    """
    if folder is None or not length:
        return np.full(length, value, dtype=dtype)
    with tempfile.TemporaryFile(dir=folder) as file:
        mapped = np.asarray(np.memmap(file, dtype=dtype, mode="w+", shape=(length,)))  # a plain array is quicker to cut
    if value:  # a new file is full of zeros
        mapped[:] = value
    return mapped


def out_of_memory(folder: Path | None, array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy of an array, shape (n,), mapped likewise; itself without a folder."""
    if folder is None:
        return array
    mapped = scratch_column(folder, len(array), array.dtype)
    mapped[:] = array
    return mapped
