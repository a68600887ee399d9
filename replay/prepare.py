"""From a reader to a log: read once, judge, encode, put in order, keep; later runs open what is kept."""

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from replay.arrow_files import SlotWriter, TableWriter, chunks, gather_table, write_columns
from replay.encoding import Encoder, Encoding
from replay.errors import LogError
from replay.log import ClickLog, Ints, Outcomes
from replay.places import Places
from replay.quarantine import FILE, Quarantine, Reason, refuse_too_many
from replay.readers.base import LogReader
from replay.repeats import Repeats, content_keys, content_repeats, count_repeats, no_repeats
from replay.settle import Order, arranged, dropped, order_by_time, place, settle_outcomes
from replay.slots import BATCH_BITS
from replay.stage import Stage, Staged
from replay.store import (
    CLICKS,
    COLUMNS,
    FORMAT,
    OUTCOMES,
    SLOTS,
    Contents,
    DamagedError,
    cache_folder,
    digest,
    draft,
    open_entry,
    publish,
    seal,
)


def prepare(
    reader: LogReader,
    *,
    encoding: Encoding,
    segments: Sequence[str] = (),
    keep_columns: bool = False,
    cache: Path | None = None,
    clock_skew: int = 0,
    max_quarantined: float = 0.05,
    duplicates: str = "ids",
    progress: Callable[[int], None] | None = None,
) -> ClickLog:
    """Return the log that a reader reads, validated and encoded, mapped from the cache.

    Parameters
    ----------
    reader : LogReader
    encoding : Encoding
        How features become slots.
    segments : sequence of str
        Columns by which results may be split.
    keep_columns : bool
        Whether to keep the feature columns too: categories as text, numbers as float64.
    cache : Path, optional
        Where prepared logs are kept; `cache_folder()` if None.
    clock_skew : int
        Microseconds by which an outcome may stand before its click; it is moved to the click's time.
    max_quarantined : float
        Share of clicks, and of outcomes, that may be refused.  Repeats do not count.
    duplicates : "ids" or "rows"
        Which clicks are one: those with the same click id; or, in a log without ids, also those of one time, with
        the same slots and the same outcomes.
    progress : callable, optional
        Called with the number of clicks read so far; not at all if the log is in the cache.

    Raises
    ------
    LogError
        If the log cannot be read or kept, or too much of it is refused.
    """
    if duplicates not in ("ids", "rows"):
        raise ValueError(f'duplicates must be "ids" or "rows", got {duplicates!r}')
    recipe = _Recipe(encoding, tuple(segments), keep_columns, clock_skew, duplicates)
    entry = (cache if cache is not None else cache_folder()) / recipe.key(reader)
    note = ""
    try:
        log = open_entry(entry)
    except FileNotFoundError:
        log = _prepared(reader, recipe, entry, progress)
    except DamagedError as damage:
        note = ...
