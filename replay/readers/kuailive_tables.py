"""What is known of viewers, streamers and rooms: small tables in memory, looked up by the hash of an id."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from replay.canonical import canonical_text
from replay.hashing import NO_ID, Hashes, hash_ids
from replay.log import NEVER, Ints
from replay.readers.id_table import IdTable
from replay.readers.kuailive_files import File
from replay.readers.text import parse
from replay.readers.times import Clock, Tally, as_text, read_times

_CHINA = 8 * 3_600_000_000  # us by which China's days begin before those of UTC
_DAY, _LONG = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 86_400_000_000  # us
_MISSING = -1
_NO_TIMES = np.empty(0, np.int64)


class Traits(NamedTuple):
    """One row per id, and a last one of missing values, which row -1 is; columns of shape (n_ids + 1,)."""

    ids: IdTable
    codes: Mapping[str, tuple[NDArray[np.int32], pa.Array]]  # column -> codes, -1, and values
    moments: Mapping[str, Ints]  # column -> us UTC, NEVER where missing
    repeats: int  # rows left out, since their id had been read

    def category(self, name: str, at: Ints) -> pa.Array:
        """Return a column for some rows; null where missing, and where the row is -1."""
        codes, values = self.codes[name]
        picked = codes[at]
        return pa.DictionaryArray.from_arrays(pa.array(picked, mask=picked == _MISSING), values)

    def elapsed(self, name: str, at: Ints, now: Ints, unit: int) -> pa.Array:
        """Return how long before `now` a moment was, null where there is none or it was not yet."""
        moments = self.moments[name][at]
        there = (moments != NEVER) & (now != NEVER)
        since = np.where(there, now, 0) - np.where(there, moments, 0)
        return pa.array(since / unit, mask=~there | (since < 0))


def read_traits(
    file: File, key: str, named: Sequence[str], dated: Sequence[str], wanted: IdTable | None, clock: Clock, tally: Tally
) -> Traits:
    """Read one table, the first row of each id.

    Parameters
    ----------
    file : File
    key : str
        Column of the id.
    named, dated : sequences of str
        Columns to take by value, and as moments: milliseconds, or days of China.
    wanted : IdTable, optional
        Ids to keep; others take no memory.
    clock, tally
        How moments are read.
    """
    ids: list[Hashes] = []
    parts: dict[str, list[pa.Array]] = {name: [] for name in named}
    moments: dict[str, list[Ints]] = {name: [] for name in dated}
    for batch in file.source.batches(file.forms(key, *named, *dated)):
        hashes = hash_ids(file.column(batch, key))
        rows = np.flatnonzero(hashes != NO_ID if wanted is None else wanted.among(hashes))
        ids.append(hashes[rows])
        kept = batch.take(pa.array(rows))
        for name in named:
            parts[name].append(_few(canonical_text(file.column(kept, name), name)))
        for name in dated:
            moments[name].append(_moments(file.column(kept, name), clock, name, tally))
    every = np.concatenate([np.empty(0, np.uint64), *ids])
    first, index = np.unique(every, return_index=True)
    return Traits(
        IdTable(first),
        {name: _coded(chunks, index) for name, chunks in parts.items()},
        {name: np.append(np.concatenate([_NO_TIMES, *chunks])[index], NEVER) for name, chunks in moments.items()},
        len(every) - len(first),
    )


def _few(text: pa.Array) -> pa.Array:
    """Return text as a dictionary: few values stand in many rows."""
    return text.cast(pa.large_string()).dictionary_encode()


def _coded(chunks: Sequence[pa.Array], index: Ints) -> tuple[NDArray[np.int32], pa.Array]:
    if not chunks:
        return np.array([_MISSING], np.int32), pa.array([], pa.large_string())
    whole = pa.chunked_array(chunks).unify_dictionaries().combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    codes = whole.indices.fill_null(_MISSING).to_numpy(zero_copy_only=False)
    return np.append(codes[index].astype(np.int32), np.int32(_MISSING)), whole.dictionary


def _moments(values: pa.Array, clock: Clock, name: str, tally: Tally) -> Ints:
    """Read milliseconds, or days, which begin as they do in China."""
    text = as_text(canonical_text(values, name), name)
    day = pc.fill_null(pc.match_substring_regex(text, _DAY), fill_value=False)
    found = read_times(pc.if_else(day, pa.scalar(None, text.type), text), clock, name, tally).time
    rows = np.flatnonzero(day.to_numpy(zero_copy_only=False))
    days = parse(text.take(pa.array(rows)), pa.date32())  # 2025-02-30 is none
    midnight = days.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64) * _LONG
    found[rows] = np.where(days.is_valid().to_numpy(zero_copy_only=False), midnight - _CHINA, NEVER)
    return found
