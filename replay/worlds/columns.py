"""Drawn features as Arrow columns."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from replay.log import Ints
from replay.worlds.levels import Levels
from replay.worlds.truth import Category, Drawn, Numeric

WHOLE_VOCABULARY = 65_536  # levels; of a larger category only those that occur are named


class Columns:
    """Turns drawn features into a table: categories dictionary-encoded, with names such as campaign_17, and floats."""

    def __init__(
        self, categorical: Sequence[Category], numeric: Sequence[Numeric], new_levels: Sequence[int] = ()
    ) -> None:
        self._categorical, self._numeric = categorical, numeric
        added = new_levels or [0] * len(categorical)
        sizes = [field.values + more for field, more in zip(categorical, added, strict=True)]
        self._vocabulary = [
            _names(field.name, np.arange(size)) if size <= WHOLE_VOCABULARY else None
            for field, size in zip(categorical, sizes, strict=True)
        ]

    def table(self, drawn: Drawn, n_clicks: int) -> pa.Table:
        """Return the columns in slot order; without features, a table of no columns that has its rows all the same."""
        columns: dict[str, pa.Array] = {}
        for field, levels, vocabulary in zip(self._categorical, drawn.levels, self._vocabulary, strict=True):
            columns[field.name] = _encoded(field.name, levels, vocabulary)
        for number, values in zip(self._numeric, drawn.numbers, strict=True):
            columns[number.name] = pa.array(values)
        return pa.table(columns) if columns else pa.table({"": pa.nulls(n_clicks)}).select([])


def _encoded(name: str, levels: Levels, vocabulary: pa.Array | None) -> pa.Array:
    if vocabulary is not None:
        return pa.DictionaryArray.from_arrays(levels, vocabulary)
    occurring, index = np.unique(levels, return_inverse=True)
    return pa.DictionaryArray.from_arrays(index.astype(np.int32), _names(name, occurring))


def _names(name: str, levels: Ints | Levels) -> pa.Array:
    return pc.binary_join_element_wise(name, pa.array(levels + 1).cast(pa.string()), "_")
