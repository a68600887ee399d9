"""A log with its aggregates among its features: encoded like any number, and kept beside the prepared log."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numba
import numpy as np
import pyarrow as pa

from replay.aggregates.base import OF, Aggregate, needs_feed
from replay.aggregates.sweep import as_of
from replay.arrays import as_arrow
from replay.arrow_files import SlotWriter, TableWriter, read_slots, read_table
from replay.columns import raw_schema
from replay.encoding import Encoder, Encoding
from replay.errors import LogError
from replay.label_feed import LabelFeed
from replay.log import ClickLog, Floats
from replay.slots import Slots, SlotTable
from replay.store import COLUMNS, SLOTS, DamagedError, digest, draft, open_files, publish, room_in, seal

_VERSION = 1  # of how aggregates are made; part of the fingerprint


def derive(
    log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, encoding: Encoding, cache: Path
) -> ClickLog:
    """Return a log with aggregates as its last features, mapped from the cache.

    They are kept apart from the prepared log, which stays the same for every feed; other latencies make other
    aggregates of the same log.

    Parameters
    ----------
    log : ClickLog
        Prepared with `keys`; it comes back as it is if there are no aggregates.
    aggregates : sequence of Aggregate
    feed : LabelFeed
        When outcomes arrive; it matters only where outcomes are aggregated.
    encoding : Encoding
        As the log was prepared with.
    cache : Path

    Raises
    ------
    LogError
        If an aggregate is called like a column of the log, or there is no room for what is kept.
    """
    if not aggregates:
        return log
    _refuse(log, aggregates)
    made = digest([_VERSION, log.fingerprint, *map(asdict, aggregates), _decisive(feed, aggregates), asdict(encoding)])
    entry = cache / made
    try:
        _, files = open_files(entry)
    except (FileNotFoundError, DamagedError):
        _write(log, aggregates, feed, encoding, entry)
        _, files = open_files(entry)
    slots = read_slots(files[SLOTS], log.n_clicks, len(log.feature_names) + len(aggregates))
    columns = read_table(files[COLUMNS]) if log.columns is not None else None
    return replace(_joined(log, aggregates, slots, columns), fingerprint=made)


def with_aggregates(log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, encoding: Encoding) -> ClickLog:
    """Return a small log with aggregates as its last features, in memory; see `derive`."""
    if not aggregates:
        return log
    _refuse(log, aggregates)
    made = list(_encoded(log, aggregates, feed, encoding))
    empty = np.empty((0, len(log.feature_names) + len(aggregates)), dtype=np.uint32)
    slots = SlotTable.of(np.concatenate([empty, *(slots for slots, _ in made)]))
    columns = pa.concat_tables([_schema(aggregates).empty_table(), *(columns for _, columns in made)])
    return _joined(log, aggregates, slots, columns)


def _encoded(
    log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, encoding: Encoding, scratch: Path | None = None
) -> Iterator[tuple[Slots, pa.Table]]:
    """Yield all slots and the columns of the aggregates of consecutive clicks."""
    encoder, at = Encoder(encoding, (), [aggregate.name for aggregate in aggregates]), 0
    for values in as_of(log, aggregates, feed, scratch=scratch):
        columns = pa.table([_nullable(column) for column in values.values()], schema=_schema(aggregates))
        n = columns.num_rows
        slots = np.empty((n, len(log.feature_names) + len(aggregates)), dtype=np.uint32)
        _put_beside(log.slots.slice(at, at + n), encoder.encode(columns), slots)
        yield slots, columns
        at += n


@numba.njit(cache=True, nogil=True)
def _put_beside(left: Slots, right: Slots, out: Slots) -> None:
    for i in range(len(out)):  # numpy takes four times as long over rows this short
        for j in range(left.shape[1]):
            out[i, j] = left[i, j]
        for j in range(right.shape[1]):
            out[i, left.shape[1] + j] = right[i, j]


def _write(log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, encoding: Encoding, entry: Path) -> None:
    with room_in(entry.parent), draft(entry.parent) as folder:
        slots = SlotWriter(folder / SLOTS, len(log.feature_names) + len(aggregates))
        kept = TableWriter(folder / COLUMNS, _schema(aggregates)) if log.columns is not None else None
        scratch = folder / "work"
        scratch.mkdir()
        for encoded, columns in _encoded(log, aggregates, feed, encoding, scratch):
            slots.append(encoded)
            if kept is not None:
                kept.append(columns)
        slots.close()
        if kept is not None:
            kept.close()
        shutil.rmtree(scratch)
        seal(folder, {"aggregates": [asdict(aggregate) for aggregate in aggregates], "of": log.fingerprint})
        publish(folder, entry)


def _joined(log: ClickLog, aggregates: Sequence[Aggregate], slots: SlotTable, columns: pa.Table | None) -> ClickLog:
    names = [aggregate.name for aggregate in aggregates]
    raw = log.columns
    if raw is not None and columns is not None:
        raw = pa.table(
            dict(zip(raw.column_names, raw.columns, strict=True)) | dict(zip(names, columns.columns, strict=True))
        )
    features = {**log.description.get("features", {}), "aggregates": names}
    return replace(
        log,
        slots=slots,
        feature_names=(*log.feature_names, *names),
        columns=raw,
        intake=replace(log.intake, notes=(*log.intake.notes, *_notes(log, aggregates))),
        description={**log.description, "features": features},
    )


def _refuse(log: ClickLog, aggregates: Sequence[Aggregate]) -> None:
    names = [*log.feature_names, *(aggregate.name for aggregate in aggregates)]
    twice = dict.fromkeys(name for name in names if names.count(name) > 1)
    if twice:
        raise LogError([f"{name!r} is the name of two features; call the aggregate something else" for name in twice])


def _notes(log: ClickLog, aggregates: Sequence[Aggregate]) -> Iterator[str]:
    """Yield what stays empty for want of outcomes of its kind."""
    there = {kind for kind in OF["outcomes"] if (log.outcomes.kind == kind).any()}
    for aggregate in aggregates:
        if aggregate.kinds and not there.intersection(OF[aggregate.of]) and log.n_clicks:
            has = ", ".join(f"{kind.name.lower()}s" for kind in sorted(there)) or "no outcomes"
            yield f"aggregate {aggregate.name} knows of nothing: the log has no {aggregate.of}, it has {has}"


def _decisive(feed: LabelFeed, aggregates: Sequence[Aggregate]) -> dict[str, object] | None:
    return asdict(feed) if needs_feed(aggregates) else None


def _schema(aggregates: Sequence[Aggregate]) -> pa.Schema:
    return raw_schema((), [aggregate.name for aggregate in aggregates])


def _nullable(values: Floats) -> pa.Array:
    """Return numbers as Arrow has them; NaN becomes null."""
    known = as_arrow(~np.isnan(values)).buffers()[1]
    return pa.Array.from_buffers(pa.float64(), len(values), [known, pa.py_buffer(values)])
