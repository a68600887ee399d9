"""Keys as small numbers, so that what is known of each lies in plain arrays: an open hash table, in place."""

import numba
import numpy as np
from numpy.typing import NDArray

from replay.aggregates.growing import grown
from replay.hashing import NO_ID, Hashes
from replay.prefetch import AHEAD, prefetch

Numbers = NDArray[np.int32]

UNKNOWN, MISSING, FIRST = range(3)  # numbers: of a key that was never entered, of no key, of the first key entered
_FIRST_BITS = 12


@numba.njit(cache=True, nogil=True)
def _number(
    keys: Hashes, places: Numbers, known: Hashes, used: int, shift: np.uint64, entering: bool, out: Numbers
) -> int:
    """Write the keys' numbers, new ones from `used` on if they are to be entered; return the next new one."""
    last = len(keys) - 1
    for i in range(len(keys)):
        prefetch(places, np.intp(keys[min(i + 2 * AHEAD, last)] >> shift))
        prefetch(known, np.intp(places[keys[min(i + AHEAD, last)] >> shift]))
        if keys[i] == NO_ID:
            out[i] = MISSING
            continue
        at = np.intp(keys[i] >> shift)
        while places[at] != UNKNOWN and known[places[at]] != keys[i]:
            at = (at + 1) & (len(places) - 1)
        if entering and places[at] == UNKNOWN:
            places[at], known[used] = used, keys[i]
            used += 1
        out[i] = places[at]
    return used


@numba.njit(cache=True, nogil=True)
def _put(known: Hashes, used: int, places: Numbers, shift: np.uint64) -> None:
    """Put the numbers of keys that are known into empty places."""
    for k in range(FIRST, used):
        prefetch(places, np.intp(known[min(k + AHEAD, used - 1)] >> shift))
        at = np.intp(known[k] >> shift)
        while places[at] != UNKNOWN:
            at = (at + 1) & (len(places) - 1)
        places[at] = k


class KeyTable:
    """Gives every key a number, in the order in which they are entered; 16 to 32 bytes for each.

    The numbers lie in a table that is at most half full, each where the first bits of its key say or next to it.
    """

    def __init__(self) -> None:
        self._bits = _FIRST_BITS
        self._places: Numbers = np.full(1 << self._bits, UNKNOWN, dtype=np.int32)
        self._known: Hashes = np.zeros(FIRST, dtype=np.uint64)  # keys by their numbers
        self.used = FIRST  # the next new key's number

    def enter(self, keys: Hashes) -> Numbers:
        """Return the numbers of some keys, new ones for keys that are new; `MISSING` where there is none."""
        self._make_room(self.used + len(keys))  # for all of them, so that the loop need not look
        return self._numbers(keys, entering=True)

    def look_up(self, keys: Hashes) -> Numbers:
        """Return the numbers of some keys, `UNKNOWN` where one was not entered, `MISSING` where there is none."""
        return self._numbers(keys, entering=False)

    @property
    def _shift(self) -> np.uint64:
        return np.uint64(64 - self._bits)

    def _numbers(self, keys: Hashes, *, entering: bool) -> Numbers:
        out = np.empty(len(keys), dtype=np.int32)
        self.used = _number(keys, self._places, self._known, self.used, self._shift, entering, out)
        return out

    def _make_room(self, n_keys: int) -> None:
        self._known = grown(self._known, n_keys)
        if 2 * n_keys > len(self._places):
            self._bits = (2 * n_keys - 1).bit_length()
            self._places = np.zeros(1 << self._bits, dtype=np.int32)
            _put(self._known, self.used, self._places, self._shift)
