"""Raw columns as the matrix that tree learners take."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from learners.base import Features

MOST = 250  # categories of a column that stand for themselves, the most frequent; tree learners have 255 bins


@dataclass(frozen=True)
class Coding:
    """How columns become numbers, as of the examples that a model was trained on.

    Numbers stay what they are; categories are numbered by how frequent they are.  What is missing is nan, and so is a
    category that was rare then, or never seen.
    """

    names: tuple[str, ...]
    categories: tuple[pa.Array | None, ...]  # of each column; None for a number

    @property
    def categorical(self) -> list[int]:
        """Return which columns are categories."""
        return [number for number, known in enumerate(self.categories) if known is not None]

    def matrix(self, x: Features) -> NDArray[np.float64]:
        """Return the table's rows as numbers, shape (n, n_columns); with no columns, one of zeros."""
        if not self.names:
            return np.zeros((len(x), 1))
        columns = (_numbers(x[name], known) for name, known in zip(self.names, self.categories, strict=True))
        return np.stack(list(columns), axis=1)


def coding_of(x: Features) -> Coding:
    """Return the coding of the examples of a training."""
    return Coding(tuple(x.column_names), tuple(_categories(column) for column in x.columns))


def _categories(column: Any) -> pa.Array | None:
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return None
    values = _plain(column).drop_null()
    counts = sorted(pc.value_counts(values).to_pylist(), key=lambda one: (-one["counts"], str(one["values"])))
    return pa.array([one["values"] for one in counts[:MOST]], values.type)


def _numbers(column: Any, known: pa.Array | None) -> NDArray[np.float64]:
    if known is None:
        numbers: NDArray[np.float64] = column.cast(pa.float64()).to_numpy().astype(np.float64)
        return np.where(np.isfinite(numbers), numbers, np.nan)
    codes = pc.index_in(_plain(column), value_set=known).cast(pa.float64())
    found: NDArray[np.float64] = codes.to_numpy()
    return found


def _plain(column: Any) -> Any:
    """Return values, not indices into a dictionary."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
