"""Batches of a source as raw clicks and raw outcomes."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.errors import LogError, suggestion
from replay.log import Floats, Ints, OutcomeKind
from replay.readers.base import RawClicks, RawOutcomes
from replay.readers.layout import Layout, OutcomeLayout
from replay.readers.parts import parts_of
from replay.readers.sources import Source, is_text
from replay.readers.strays import Part
from replay.readers.text import parse_numbers
from replay.readers.times import Clock, Tally, as_text, read_times

KINDS = {kind.name.lower(): kind for kind in OutcomeKind}


def read_clicks(
    sources: Sequence[Source], layout: Layout, clock: Clock, kind: OutcomeKind, tally: Tally
) -> Iterator[RawClicks]:
    """Yield the clicks of all sources, with the outcomes in their rows, which are all of one kind."""
    for source in sources:
        for part in parts_of(source, layout.forms):
            yield _clicks(source.name, part, layout, clock, kind, tally)


def _clicks(source: str, part: Part, layout: Layout, clock: Clock, kind: OutcomeKind, tally: Tally) -> RawClicks:
    batch = part.batch
    return RawClicks(
        source,
        part.row,
        pa.Table.from_batches([batch.select(layout.features)]),
        read_times(batch.column(layout.click_time), clock, layout.click_time, tally).time,
        batch.column(layout.click_id) if layout.click_id else None,
        *_in_rows(batch, layout, clock, kind, tally),
        _truth(batch, layout.true_probability),
        _truth(batch, layout.true_value),
        part.strays,
        _until(batch, layout.outcomes_until, clock, tally),
    )


def _until(batch: pa.RecordBatch, column: str | None, clock: Clock, tally: Tally) -> Ints | None:
    return read_times(batch.column(column), clock, column, tally).time if column else None


def _truth(batch: pa.RecordBatch, column: str | None) -> NDArray[np.float32] | None:
    return numbers(batch.column(column), column, np.nan).astype(np.float32) if column else None


def _in_rows(
    batch: pa.RecordBatch, layout: Layout, clock: Clock, kind: OutcomeKind, tally: Tally
) -> tuple[Ints, NDArray[np.int8], Ints, Floats]:
    """Return row, kind, time and amount of the outcomes that stand in the rows of their clicks."""
    if layout.conversion_time is None:
        return np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.int64), np.empty(0)
    when = read_times(batch.column(layout.conversion_time), clock, layout.conversion_time, tally, none=True)
    amount = _amounts(batch, layout.amount)
    row = np.flatnonzero(when.given | (amount != 0))
    kinds = np.full(len(row), kind, np.int8)
    return row, kinds, when.time[row], _signed(amount[row], kinds)


def read_outcomes(
    sources: Sequence[Source], layout: OutcomeLayout, clock: Clock, kind: OutcomeKind, tally: Tally
) -> Iterator[RawOutcomes]:
    """Yield the rows of a second table; `kind` is that of rows that do not say theirs."""
    for source in sources:
        for part in parts_of(source, layout.forms):
            batch = part.batch
            kinds = _kinds(part, layout.kind, kind, source.name)
            yield RawOutcomes(
                source.name,
                part.row,
                batch.column(layout.click_id),
                kinds,
                read_times(batch.column(layout.time), clock, layout.time, tally).time,
                _signed(_amounts(batch, layout.amount), kinds),
                part.strays,
                kind,
            )


def _amounts(batch: pa.RecordBatch, column: str | None) -> Floats:
    return np.zeros(batch.num_rows) if column is None else numbers(batch.column(column), column, 0.0)


def _signed(amount: Floats, kinds: NDArray[np.int8]) -> Floats:
    """Make negative what a refund takes back, whichever way it was written."""
    return np.where(kinds == OutcomeKind.REFUND, -np.abs(amount), amount)


def numbers(values: pa.Array, column: str, missing: float) -> Floats:
    """Return a column as float64: NaN where it is no number, `missing` where it is null."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    parsed = parse_numbers(as_text(values, column)) if is_text(values.type) else values.cast(pa.float64(), safe=False)
    return np.asarray(parsed.fill_null(missing).to_numpy(zero_copy_only=False))


def _kinds(part: Part, column: str | None, kind: OutcomeKind, source: str) -> NDArray[np.int8]:
    if column is None:
        return np.full(part.batch.num_rows, kind, np.int8)
    values = as_text(part.batch.column(column), column).dictionary_encode()
    codes = np.array([_kind(text) for text in values.dictionary.to_pylist()] + [kind], np.int8)
    chosen = codes[values.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    if (chosen == _UNKNOWN).any():
        at = int(np.argmax(chosen == _UNKNOWN))
        found = part.batch.column(column)[at].as_py()
        raise LogError(
            f"{source}: row {part.numbers[at]} (from 0), column {column!r}: expected {', '.join(KINDS)} or nothing, "
            f"found {found!r}{suggestion(str(found), KINDS)}"
        )
    return np.asarray(chosen)


def _kind(text: str) -> int:
    return KINDS.get(text.strip().lower(), _UNKNOWN)


_UNKNOWN = -1
