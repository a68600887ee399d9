"""Keys of one or more columns, as one 64-bit hash per click: no value of a key column becomes an object."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numba
import numpy as np

from replay.arrow_files import Spool, chunks
from replay.hashing import NO_ID, Hashes, hash_word


@numba.njit(cache=True, nogil=True)
def _combine(keys: Hashes, column: Hashes) -> None:
    for i in range(len(keys)):
        if keys[i] == NO_ID or column[i] == NO_ID:
            keys[i] = NO_ID
        else:
            keys[i] = max(hash_word(column[i], keys[i]), np.uint64(1))


def key_of(columns: Mapping[str, Hashes], by: Sequence[str], n_clicks: int, path: Path | None = None) -> Hashes:
    """Return every click's key, `NO_ID` where a column of it is missing.

    Keys are compared by their hash: among n of them two different ones meet with probability n^2 / 2^65.

    Parameters
    ----------
    columns : mapping of str to uint64 array of shape (n_clicks,)
        Hashes of the key columns, `NO_ID` where missing.
    by : sequence of str
        The columns of the key; without any, all clicks have one key.
    n_clicks : int
    path : Path, optional
        Where keys of several columns are kept; in memory if None.
    """
    if len(by) == 1:
        return columns[by[0]]
    parts = (_part(columns, by, piece) for piece in chunks(n_clicks))
    if path is None:
        return np.concatenate([np.empty(0, dtype=np.uint64), *parts])
    spool = Spool(path, np.uint64)
    for part in parts:
        spool.append(part)
    keys: Hashes = spool.read()
    return keys


def _part(columns: Mapping[str, Hashes], by: Sequence[str], piece: slice) -> Hashes:
    if not by:
        return np.ones(piece.stop - piece.start, dtype=np.uint64)
    keys = columns[by[0]][piece].copy()
    for name in by[1:]:
        _combine(keys, columns[name][piece])
    return keys
