"""What is known of viewers, streamers and rooms: small tables in memory, looked up by the hash of an id."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from replay.canonical import canonical_text
from replay.hashing import NO_ID, Hashes, hash_ids
from replay.log import NEVER, Bools, Ints
from replay.readers.kuailive_files import File
from replay.readers.text import parse
from replay.readers.times import Clock, Tally, as_text, read_times

_CHINA = 8 * 3_600_000_000  # us by which China's days begin before those of UTC
_MISSING = -1


class Traits(NamedTuple):
    """One row per id; columns of shape (n_ids,)."""

    ids: Hashes  # ascending
    codes: Mapping[str, tuple[np.ndarray[tuple[int], np.dtype[np.int32]], pa.Array]]  # column -> codes, -1, and values
    moments: Mapping[str, Ints]  # column -> us UTC, NEVER where missing
    repeats: int  # rows left out, since their id had been read

    def find(self, wanted: Hashes) -> tuple[Ints, Bools]:
        """Return the row of each id, and whether it has one."""
        if not len(self.ids):
            return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), np.bool_)
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        return at, (self.ids[at] == wanted) & (wanted != NO_ID)

    def category(self, name: str, at: Ints, found: Bools) -> pa.Array:
        """Return a column for some rows, null where not found or missing."""
        codes, values = self.codes[name]
        if not len(self.ids):
            return pa.nulls(len(at), pa.string())
        picked = np.where(found, codes[at], _MISSING)
        return pa.DictionaryArray.from_arrays(pa.array(picked, mask=picked == _MISSING), values)

    def elapsed(self, name: str, at: Ints, found: Bools, now: Ints, unit: int) -> pa.Array:
        """Return how long before `now` a moment was, null where there is none or it was not yet."""
        moments = self.moments[name][at] if len(self.ids) else np.full(len(at), NEVER)
        there = found & (moments != NEVER) & (now != NEVER)
        since = np.where(there, now, 0) - np.where(there, moments, 0)
        return pa.array(since / unit, mask=~there | (since < 0))


def read_traits(
    file: File, key: str, named: Sequence[str], dated: Sequence[str], wanted: Hashes | None, clock: Clock, tally: Tally
) -> Traits:
    """Read one table, the first row of each id.

    Parameters
    ----------
    file : File
    key : str
        Column of the id.
    named, dated : sequences of str
        Columns to take by value, and as moments: milliseconds, or days of China.
    wanted : uint64 array, optional
        Ids to keep, ascending; others take no memory.
    clock, tally
        How moments are read.
    """
    ids: list[Hashes] = []
    parts: dict[str, list[pa.Array]] = {name: [] for name in named}
    moments: dict[str, list[Ints]] = {name: [] for name in dated}
    for batch in file.source.batches(file.forms(key, *named, *dated)):
        hashes = hash_ids(file.column(batch, key))
        rows = np.flatnonzero(_among(hashes, wanted))
        ids.append(hashes[rows])
        kept = batch.take(pa.array(rows))
        for name in named:
            parts[name].append(_few(canonical_text(file.column(kept, name), name)))
        for name in dated:
            moments[name].append(_moments(file.column(kept, name), clock, name, tally))
    every = np.concatenate([np.empty(0, np.uint64), *ids])
    first, index = np.unique(every, return_index=True)
    return Traits(
        first,
        {name: _coded(chunks, index) for name, chunks in parts.items()},
        {name: np.concatenate([np.empty(0, np.int64), *chunks])[index] for name, chunks in moments.items()},
        len(every) - len(first),
    )


def _among(hashes: Hashes, wanted: Hashes | None) -> Bools:
    if wanted is None:
        return np.asarray(hashes != NO_ID)
    if not len(wanted):
        return np.zeros(len(hashes), np.bool_)
    at = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
    return np.asarray((wanted[at] == hashes) & (hashes != NO_ID))


def _few(text: pa.Array) -> pa.Array:
    """Return text as a dictionary: few values stand in many rows."""
    return text.cast(pa.large_string()).dictionary_encode()


def _coded(chunks: Sequence[pa.Array], index: Ints) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], pa.Array]:
    if not chunks:
        return np.empty(0, np.int32), pa.array([], pa.large_string())
    whole = pa.chunked_array(chunks).unify_dictionaries().combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    codes = whole.indices.fill_null(_MISSING).to_numpy(zero_copy_only=False)
    return codes[index].astype(np.int32), whole.dictionary


def _moments(values: pa.Array, clock: Clock, name: str, tally: Tally) -> Ints:
    """Read milliseconds, or days, which begin as they do in China."""
    text = canonical_text(values, name)
    days = parse(as_text(text, name), pa.date32())
    midnight = days.cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64) * 86_400_000_000
    is_day = days.is_valid().to_numpy(zero_copy_only=False)
    return np.where(is_day, midnight - _CHINA, read_times(text, clock, name, tally).time)
