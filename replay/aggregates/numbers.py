"""Keys as small numbers, so that what is known of each lies in plain arrays: an open hash table, in place."""

import numba
import numpy as np
from numpy.typing import NDArray

from replay.hashing import NO_ID, Hashes
from replay.prefetch import AHEAD, prefetch

Numbers = NDArray[np.int32]

UNKNOWN, MISSING, FIRST = range(3)  # numbers: of a key that was never entered, of no key, of the first key entered
_KEY, _NUMBER = range(2)  # columns of the table; all 0 where it is empty, hence `UNKNOWN`
_FIRST_BITS = 12


@numba.njit(cache=True, nogil=True)
def _find(table: Hashes, key: np.uint64, shift: np.uint64) -> np.int64:
    at = np.int64(key >> shift)
    while table[at, _KEY] != NO_ID and table[at, _KEY] != key:
        at = (at + 1) & (len(table) - 1)
    return at


@numba.njit(cache=True, nogil=True)
def _number(keys: Hashes, table: Hashes, shift: np.uint64, entering: bool, used: int, out: Numbers) -> int:
    """Write the keys' numbers; return the next new one."""
    last = len(keys) - 1
    for i in range(len(keys)):
        prefetch(table, np.intp(keys[min(i + AHEAD, last)] >> shift))
        if keys[i] == NO_ID:
            out[i] = MISSING
            continue
        at = _find(table, keys[i], shift)
        if entering and table[at, _KEY] == NO_ID:
            table[at, _KEY], table[at, _NUMBER] = keys[i], used
            used += 1
        out[i] = table[at, _NUMBER]
    return used


@numba.njit(cache=True, nogil=True)
def _move(table: Hashes, wider: Hashes, shift: np.uint64) -> None:
    for i in range(len(table)):
        if table[i, _KEY] != NO_ID:
            at = _find(wider, table[i, _KEY], shift)
            wider[at, _KEY], wider[at, _NUMBER] = table[i, _KEY], table[i, _NUMBER]


class KeyTable:
    """Gives every key a number, in the order in which they are entered; 32 to 64 bytes for each."""

    def __init__(self) -> None:
        self._bits = _FIRST_BITS
        self._table: Hashes = np.zeros((1 << self._bits, 2), dtype=np.uint64)
        self.used = FIRST  # the next key's number

    def enter(self, keys: Hashes) -> Numbers:
        """Return the numbers of some keys, new ones for keys that are new; `MISSING` where there is none."""
        while 2 * (self.used + len(keys)) > len(self._table):  # room for all of them, so that the loop need not look
            self._widen()
        return self._numbers(keys, entering=True)

    def look_up(self, keys: Hashes) -> Numbers:
        """Return the numbers of some keys, `UNKNOWN` where one was not entered, `MISSING` where there is none."""
        return self._numbers(keys, entering=False)

    def _numbers(self, keys: Hashes, *, entering: bool) -> Numbers:
        out = np.empty(len(keys), dtype=np.int32)
        self.used = _number(keys, self._table, np.uint64(64 - self._bits), entering, self.used, out)
        return out

    def _widen(self) -> None:
        self._bits += 1
        wider = np.zeros((1 << self._bits, 2), dtype=np.uint64)
        _move(self._table, wider, np.uint64(64 - self._bits))
        self._table = wider
