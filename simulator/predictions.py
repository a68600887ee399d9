"""Predictions in Parquet: one row per click, in the order of the clicks."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from learners.base import Floats32
from replay.arrays import as_arrow
from replay.feed import Deliveries
from replay.log import MICROS, Bools, ClickLog, Ints
from replay.money import money

ROWS = 1 << 19  # to a row group

_TIME = pa.timestamp("us", tz="UTC")


def mature(log: ClickLog, attribution_window: int) -> Bools:
    """Return which clicks the log follows for a whole attribution window, shape (n_clicks,)."""
    return np.asarray(log.click_time <= log.observed_until - attribution_window)


def write_predictions(
    folder: Path,
    log: ClickLog,
    deliveries: Deliveries,
    attribution_window: int,
    prediction: Floats32,
    stages: Mapping[str, Floats32] | None = None,
) -> None:
    """Write ``folder/part-0.parquet``: click, click_time, prediction, label, and the truths where they are known.

    The label is null while the log does not follow its click for a whole attribution window, for positives too.
    Pages carry checksums.

    Parameters
    ----------
    folder : Path
    log : ClickLog
    deliveries : Deliveries
    attribution_window : int
        us.
    prediction : float32 array of shape (n_clicks,)
    stages : mapping of str to float32 array of shape (n_clicks,), optional
        Of a method that predicts money: what else is kept of it, a column for each.  Then there is a column `value`
        too: the money inside the window, in the log's currency, null as the label is.
    """
    folder.mkdir(parents=True)
    truths = {"true_probability": log.true_probability, "true_value": log.true_value}
    known = {name: truth for name, truth in truths.items() if truth is not None}
    schema = pa.schema(
        [
            pa.field("click", pa.int64(), nullable=False),
            pa.field("click_time", _TIME, nullable=False),
            pa.field("prediction", pa.float32(), nullable=False),
            pa.field("label", pa.bool_()),
        ]
        + [pa.field(name, pa.float32(), nullable=False) for name in known]
        + [pa.field(name, pa.float32(), nullable=False) for name in stages or {}]
        + ([pa.field("value", pa.float64())] if stages is not None else [])
    )
    with pq.ParquetWriter(
        folder / "part-0.parquet",
        schema,
        compression="none",  # numbers in order pack to a few bits, and predictions would not shrink
        use_dictionary=False,
        write_statistics=["click_time"],
        column_encoding=dict.fromkeys(("click", "click_time"), "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
    ) as writer:
        for start in range(0, log.n_clicks, ROWS):
            part = slice(start, min(start + ROWS, log.n_clicks))
            immature = log.click_time[part] > log.observed_until - attribution_window
            columns = [
                as_arrow(log.click[part]),
                as_arrow(log.click_time[part]).view(_TIME),
                as_arrow(prediction[part]),
                _nullable(deliveries.label[part], ~immature),
            ]
            columns += [as_arrow(truth[part]) for truth in known.values()]
            if stages is not None:
                columns += [as_arrow(stage[part]) for stage in stages.values()]
                columns.append(_value(money(log, deliveries, part.start, part.stop), ~immature))
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _value(millionths: Ints, known: Bools) -> pa.Array:
    """Return money in the log's currency as an Arrow array, null where not known."""
    value = np.where(known, millionths / MICROS, 0.0)
    bits = pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.float64(), len(value), [bits, pa.py_buffer(value)])


def _nullable(values: Bools, known: Bools) -> pa.Array:
    """Return truth values as an Arrow array, null where not known."""
    buffers = [pa.py_buffer(np.packbits(bits, bitorder="little")) for bits in (known, values & known)]
    return pa.Array.from_buffers(pa.bool_(), len(values), buffers)
