"""Keys to small numbers, by hash alone: no value of a key column becomes an object."""

from collections.abc import Mapping, Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from replay.arrow_files import chunks
from replay.hashing import NO_ID, Hashes, hash_word

Groups = NDArray[np.int32]

NO_GROUP = -1  # of a click whose key is missing
_FIRST_BITS = 12  # of the table, before it grows


@numba.njit(cache=True, nogil=True)
def _combine(keys: Hashes, column: Hashes) -> None:
    for i in range(len(keys)):
        if keys[i] == NO_ID or column[i] == NO_ID:
            keys[i] = NO_ID
        else:
            keys[i] = max(hash_word(column[i], keys[i]), np.uint64(1))


@numba.njit(cache=True, nogil=True)
def _place(key: np.uint64, table: Groups, known: Hashes, shift: np.uint64) -> np.int64:
    at = np.int64(key >> shift)
    while table[at] >= 0 and known[table[at]] != key:
        at = (at + 1) & (len(table) - 1)
    return at


@numba.njit(cache=True, nogil=True)
def _number(keys: Hashes, table: Groups, known: Hashes, used: int, shift: np.uint64, out: Groups) -> tuple[int, int]:
    """Return how many keys were numbered until the table was full, and how many groups there are then."""
    for i in range(len(keys)):
        if keys[i] == NO_ID:
            out[i] = NO_GROUP
            continue
        at = _place(keys[i], table, known, shift)
        if table[at] < 0:
            if used == len(known):
                return i, used
            table[at] = used
            known[used] = keys[i]
            used += 1
        out[i] = table[at]
    return len(keys), used


@numba.njit(cache=True, nogil=True)
def _rebuild(known: Hashes, used: int, table: Groups, shift: np.uint64) -> None:
    for group in range(used):
        table[_place(known[group], table, known, shift)] = group


class Numbering:
    """Numbers keys from 0 as they are first seen, so that a later key changes no number.

    An open table of at most half its size in use: 16 to 32 bytes per distinct key.
    """

    def __init__(self) -> None:
        self.n_groups = 0
        self._known: Hashes = np.empty(0, dtype=np.uint64)
        self._grow(_FIRST_BITS)

    def number(self, keys: Hashes) -> Groups:
        """Return the group of every key, `NO_GROUP` where it is missing."""
        out = np.empty(len(keys), dtype=np.int32)
        done = 0
        while done < len(keys):
            more, self.n_groups = _number(keys[done:], self._table, self._known, self.n_groups, self._shift, out[done:])
            done += more
            if done < len(keys):
                self._grow(self._bits + 1)
        return out

    def _grow(self, bits: int) -> None:
        self._bits, self._shift = bits, np.uint64(64 - bits)
        self._known = np.concatenate((self._known, np.empty((1 << bits - 1) - len(self._known), dtype=np.uint64)))
        self._table = np.full(1 << bits, -1, dtype=np.int32)
        _rebuild(self._known, self.n_groups, self._table, self._shift)


def group(columns: Mapping[str, Hashes], by: Sequence[str], n_clicks: int) -> tuple[Groups, int]:
    """Return every click's group and how many groups there are.

    Keys are compared by a 64-bit hash: among n of them two different ones meet with probability n^2 / 2^65.

    Parameters
    ----------
    columns : mapping of str to uint64 array of shape (n_clicks,)
        Hashes of the key columns, `NO_ID` where missing.
    by : sequence of str
        The columns of the key; a click that misses one of them has no group.
    n_clicks : int
    """
    if not by:
        return np.zeros(n_clicks, dtype=np.int32), 1
    numbering, groups = Numbering(), np.empty(n_clicks, dtype=np.int32)
    for piece in chunks(n_clicks):
        keys = columns[by[0]][piece].copy()
        for name in by[1:]:
            _combine(keys, columns[name][piece])
        groups[piece] = numbering.number(keys)
    return groups, numbering.n_groups
