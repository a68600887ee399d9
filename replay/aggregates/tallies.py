"""What is known of each key by now: an open hash table of tallies, in place."""

import numba
import numpy as np

from replay.aggregates.base import WHAT
from replay.hashing import NO_ID, Hashes
from replay.log import MICROS, Ints

KEY, COUNT, LATEST, WHOLE, PART = range(5)  # columns of a tally; the amount is in whole units and millionths
OF_CLICKS, OF_OUTCOMES = 3, 5  # how many of them there are
COUNTED, SUMMED, AVERAGED, SINCE = range(len(WHAT))  # what is read from one, as places in WHAT
_FIRST_BITS = 12


@numba.njit(cache=True, nogil=True)
def find(tallies: Ints, key: np.uint64, shift: np.uint64) -> np.int64:
    """Return where a key's tally is, or would be; for use inside compiled loops."""
    at = np.int64(key >> shift)
    while tallies[at, KEY] != NO_ID and tallies[at, KEY] != np.int64(key):
        at = (at + 1) & (len(tallies) - 1)
    return at


@numba.njit(cache=True, nogil=True)
def touch(tallies: Ints, keys: Hashes, shift: np.uint64) -> int:
    """Bring the tallies of some keys near, all at once, and return what means nothing; for use in compiled loops."""
    nothing = 0
    for i in range(len(keys)):
        nothing ^= tallies[np.int64(keys[i] >> shift), KEY]
    return nothing


@numba.njit(cache=True, nogil=True, error_model="numpy")
def read(tallies: Ints, at: np.int64, what: int, now: int) -> float:
    """Return what a tally says at a moment, NaN where it says nothing; for use inside compiled loops."""
    count = tallies[at, COUNT]
    if what == COUNTED:
        return float(count)
    if what == SINCE:
        return float((now - tallies[at, LATEST]) / MICROS) if tallies[at, KEY] != NO_ID else np.nan
    money = float(tallies[at, WHOLE]) + tallies[at, PART] / MICROS
    if what == SUMMED:
        return float(money)
    return float(money / count) if count else np.nan


@numba.njit(cache=True, nogil=True)
def _move(tallies: Ints, wider: Ints, shift: np.uint64) -> None:
    for i in range(len(tallies)):
        if tallies[i, KEY] != NO_ID:
            wider[find(wider, np.uint64(tallies[i, KEY]), shift)] = tallies[i]


class Tallies:
    """A table that doubles whenever it is half full: 48 to 96 bytes for each key of clicks, 80 to 160 of outcomes.

    Parameters
    ----------
    columns : int
        `OF_CLICKS` or `OF_OUTCOMES`.
    """

    def __init__(self, columns: int) -> None:
        self._bits = _FIRST_BITS
        self.table: Ints = np.zeros((1 << self._bits, columns), dtype=np.int64)

    @property
    def shift(self) -> np.uint64:
        """How far a key is shifted to give its place."""
        return np.uint64(64 - self._bits)

    def widen(self) -> None:
        """Make room for as many keys again."""
        self._bits += 1
        wider = np.zeros((1 << self._bits, self.table.shape[1]), dtype=np.int64)
        _move(self.table, wider, self.shift)
        self.table = wider
