"""Where an id stands among millions, by its hash."""

import numba
import numpy as np

from replay.hashing import NO_ID, Hashes
from replay.log import Bools, Ints


class IdTable:
    """Distinct hashes, ascending, each with its row.

    Hashes are spread evenly, so their first bits say where a search may begin; a look-up costs about two reads of
    memory however many there are, where bisection costs one for each doubling.

    Parameters
    ----------
    hashes : uint64 array of shape (n,)
        Distinct and ascending; the hash of a missing id is never found.
    """

    def __init__(self, hashes: Hashes) -> None:
        self.hashes = hashes
        self._shift = 64 - max(1, len(hashes).bit_length())
        starts = np.arange(1 << (64 - self._shift), dtype=np.uint64) << np.uint64(self._shift)
        self._guide = np.searchsorted(hashes, starts).astype(np.int64)

    def find(self, wanted: Hashes) -> Ints:
        """Return the row of each hash, -1 where there is none."""
        out = np.empty(len(wanted), dtype=np.int64)
        _find(self.hashes, self._guide, np.uint64(self._shift), wanted, out)
        return out

    def among(self, wanted: Hashes) -> Bools:
        """Return which hashes are in the table."""
        return np.asarray(self.find(wanted) >= 0)


def distinct(hashes: Hashes) -> Hashes:
    """Return every hash once, ascending; numpy's own way is several times slower on millions that mostly differ."""
    ascending = np.sort(hashes)
    return ascending[np.append(True, ascending[1:] != ascending[:-1])] if len(ascending) else ascending


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _find(hashes: Hashes, guide: Ints, shift: np.uint64, wanted: Hashes, out: Ints) -> None:
    for i in range(len(wanted)):
        at = guide[wanted[i] >> shift]
        while at < len(hashes) and hashes[at] < wanted[i]:
            at += 1
        there = at < len(hashes) and hashes[at] == wanted[i] and wanted[i] != NO_ID
        out[i] = at if there else -1
