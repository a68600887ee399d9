"""A log with its aggregates among its features: encoded like any number, and kept beside the prepared log."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from replay.aggregates.base import OF, Aggregate, needs_feed
from replay.aggregates.sweep import as_of
from replay.arrays import as_arrow
from replay.arrow_files import SlotWriter, TableWriter, read_slots, read_table
from replay.buckets import Buckets
from replay.columns import raw_schema
from replay.encoding import Encoding
from replay.errors import LogError
from replay.label_feed import LabelFeed
from replay.log import ClickLog, Floats
from replay.slots import Slots, SlotTable, put_beside
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
        _, files = open_files(entry, sealed=True)
    slots = read_slots(files[SLOTS], log.n_clicks, len(log.feature_names) + len(aggregates))
    columns = read_table(files[COLUMNS]) if log.columns is not None else None
    return replace(_joined(log, aggregates, slots, columns), fingerprint=made)


def with_aggregates(log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, encoding: Encoding) -> ClickLog:
    """Return a small log with aggregates as its last features, in memory; see `derive`."""
    if not aggregates:
        return log
    _refuse(log, aggregates)
    slots = np.empty((log.n_clicks, len(log.feature_names) + len(aggregates)), dtype=np.uint32)
    kept, at = [_schema(aggregates).empty_table()], 0
    for of_log, of_aggregates, columns in _encoded(log, aggregates, feed, encoding):
        put_beside(of_log, of_aggregates, slots[at : at + len(of_log)])
        at += len(of_log)
        if columns is not None:
            kept.append(columns)
    return _joined(log, aggregates, SlotTable.of(slots), pa.concat_tables(kept))


def _encoded(
    log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, encoding: Encoding
) -> Iterator[tuple[Slots, Slots, pa.Table | None]]:
    """Yield the log's slots, those of the aggregates and, if the log has any, their columns, of consecutive clicks."""
    cut = [Buckets(one.name, encoding.bits, encoding.seed, encoding.mantissa_bits) for one in aggregates]
    at = 0
    for values in as_of(log, aggregates, feed):
        n = len(values[aggregates[0].name])
        slots, all_valid = np.empty((len(aggregates), n), dtype=np.uint32), np.ones(n, dtype=np.bool_)
        for buckets, column, out in zip(cut, values.values(), slots, strict=True):
            buckets.write(column, all_valid, out)
        columns = None if log.columns is None else _table(aggregates, values.values())
        yield log.slots.slice(at, at + n), slots.T, columns
        at += n


def _write(log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, encoding: Encoding, entry: Path) -> None:
    with room_in(entry.parent), draft(entry.parent) as folder:
        slots = SlotWriter(folder / SLOTS, len(log.feature_names) + len(aggregates))
        kept = TableWriter(folder / COLUMNS, _schema(aggregates)) if log.columns is not None else None
        for of_log, of_aggregates, columns in _encoded(log, aggregates, feed, encoding):
            slots.append(of_log, of_aggregates)
            if kept is not None and columns is not None:
                kept.append(columns)
        slots.close()
        if kept is not None:
            kept.close()
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


def _table(aggregates: Sequence[Aggregate], values: Iterable[Floats]) -> pa.Table:
    return pa.table([_nullable(column) for column in values], schema=_schema(aggregates))


def _nullable(values: Floats) -> pa.Array:
    """Return numbers as Arrow has them; NaN becomes null."""
    known = as_arrow(~np.isnan(values)).buffers()[1]
    return pa.Array.from_buffers(pa.float64(), len(values), [known, pa.py_buffer(values)])
