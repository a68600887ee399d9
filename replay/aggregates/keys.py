"""Keys of one or more columns, as one 64-bit hash per click: no value of a key column becomes an object."""

from collections.abc import Mapping, Sequence

import numba
import numpy as np

from replay.hashing import NO_ID, Hashes, hash_word
from replay.log import Ints


@numba.njit(cache=True, nogil=True)
def _combine(left: Hashes, right: Hashes, out: Hashes) -> None:
    for i in range(len(out)):
        both = (left[i] != NO_ID) & (right[i] != NO_ID)
        out[i] = max(hash_word(right[i], left[i]), np.uint64(1)) if both else np.uint64(NO_ID)


def key_of(columns: Mapping[str, Hashes], by: Sequence[str], rows: slice | Ints) -> Hashes:
    """Return the keys of some clicks, `NO_ID` where a column of it is missing.

    Keys are compared by their hash: among n of them two different ones meet with probability n^2 / 2^65.

    Parameters
    ----------
    columns : mapping of str to uint64 array of shape (n_clicks,)
        Hashes of the key columns, `NO_ID` where missing.
    by : sequence of str
        The columns of the key; without any, all clicks have one key.
    rows : slice with both ends, or int array
    """
    if not by:
        return np.ones(rows.stop - rows.start if isinstance(rows, slice) else len(rows), dtype=np.uint64)
    keys = columns[by[0]][rows]
    for name in by[1:]:
        made = np.empty(len(keys), dtype=np.uint64)
        _combine(keys, columns[name][rows], made)
        keys = made
    return keys
