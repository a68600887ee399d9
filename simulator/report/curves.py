"""Reading metrics.parquet: what the report shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from replay.arrays import as_arrow, fixed_width, text_array

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

RATIO, NLL, MEAN = "calibration_ratio", "nll", "mean_prediction"
VALUE_RATIO, PREDICTED, RECEIVED = "value_ratio", "mean_value", "mean_received"


class Curve(NamedTuple):
    """One metric of one method over time; columns of length n_windows, by window start."""

    start: Ints  # us UTC
    end: Ints  # us UTC
    value: Floats  # nan where there is no answer
    clicks: Ints
    conversions: Ints

    def at(self, rows: NDArray[Any]) -> "Curve":
        """Return some of its windows: a mask or indices."""
        value = self.value[rows]
        return Curve(self.start[rows], self.end[rows], value, self.clicks[rows], self.conversions[rows])


Curves = Mapping[tuple[str, str, str], Curve]  # by (method, curve, metric)


@dataclass(frozen=True)
class Measured:
    """The part of a run's metrics that the report shows."""

    overall: list[dict[str, Any]]  # rows of the whole run: all metrics without segment, ratios with
    curves: Curves


def read_measured(path: Path) -> Measured:
    """Read metrics.parquet row group by row group, keeping what the report shows.

    Raises
    ------
    OSError
        If the file is damaged: its pages carry checksums.
    """
    names = ["method", "span", "segment", "curve", "metric", "reason"]  # the same few, millions of times
    with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=names) as file:
        groups = [_shown(file.read_row_group(i)) for i in range(file.num_row_groups)]
        table = pa.concat_tables(groups) if groups else file.schema_arrow.empty_table()
    windows = _is(table, "span", "window")
    rest = table.filter(pc.invert(windows)).drop_columns(["window_start", "window_end"])
    return Measured(rest.to_pylist(), _curves(table.filter(windows)))


def _shown(table: pa.Table) -> pa.Table:
    whole = _is(table, "segment", "")
    ratio = pc.and_(pc.is_in(table["metric"], text_array([RATIO, VALUE_RATIO])), _is(table, "curve", "true"))
    window = _is(table, "span", "window")
    drawn = pc.and_(whole, pc.is_in(table["metric"], text_array([RATIO, NLL, MEAN, PREDICTED, RECEIVED])))
    return table.filter(pc.if_else(window, drawn, pc.or_(whole, ratio)))


def _curves(table: pa.Table) -> dict[tuple[str, str, str], Curve]:
    names = [_strings(table[column]) for column in ("method", "curve", "metric")]
    start, end = (_micros(table[column]) for column in ("window_start", "window_end"))
    value = _numbers(table["value"].cast(pa.float64()).fill_null(as_arrow(np.array([np.nan]))[0]))
    clicks, conversions = (
        _numbers(table[name].cast(pa.int64()).fill_null(as_arrow(np.array([0]))[0]))
        for name in ("clicks", "conversions")
    )
    order = np.lexsort((start, *(codes for codes, _ in names)))
    key = np.stack([codes[order] for codes, _ in names])
    edges = np.flatnonzero(np.any(np.diff(key, axis=1, prepend=-1, append=-1) != 0, axis=0))
    curves = {}
    for first, last in pairwise(edges):
        rows = order[first:last]
        method, curve, metric = (values[codes[rows[0]]] for codes, values in names)
        curves[method, curve, metric] = Curve(
            start[rows], end[rows], _finite(value[rows]), clicks[rows], conversions[rows]
        )
    return curves


def _strings(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    encoded = pc.dictionary_encode(column.cast(pa.string()).combine_chunks())
    return fixed_width(encoded.indices).astype(np.int64), encoded.dictionary.to_pylist()


def _micros(column: pa.ChunkedArray) -> Ints:
    return _numbers(column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()))


def _is(table: pa.Table, column: str, word: str) -> pa.ChunkedArray:
    return pc.equal(table[column], text_array([word])[0])


def _numbers(column: pa.ChunkedArray) -> NDArray[Any]:
    return np.concatenate([fixed_width(chunk) for chunk in column.chunks]) if column.num_chunks else np.empty(0)


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)
