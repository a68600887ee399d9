"""Numbers to slots: a value is cut by its own bits, so there are no bucket edges to learn."""

import numba
import numpy as np

from replay.hashing import hash_word, seed_of
from replay.log import Bools, Floats
from replay.slots import Slots

MANTISSA = 52  # bits of a float64's mantissa


@numba.njit(cache=True, nogil=True)
def _cut(
    values: Floats, valid: Bools, drop: np.uint64, shift: np.uint64, seed: np.uint64, missing: np.uint32, out: Slots
) -> None:
    bits = values.view(np.uint64)
    for i in range(len(values)):
        word = bits[i] if values[i] != 0.0 else np.uint64(0)  # -0.0 is 0.0
        slot = np.uint32(hash_word(word >> drop, seed) >> shift)
        out[i] = slot if valid[i] and not np.isnan(values[i]) else missing


class Buckets:
    """The slots of one numeric feature; see `replay.encoding.Encoding`.

    Parameters
    ----------
    name : str
        Of the feature.
    bits, seed, mantissa_bits : int
    """

    def __init__(self, name: str, bits: int, seed: int, mantissa_bits: int) -> None:
        self._seed = seed_of(name, seed)
        self._shift = np.uint64(64 - bits)
        self._drop = np.uint64(MANTISSA - mantissa_bits)
        self.missing = np.uint32(seed_of(name + "\0missing", seed) >> self._shift)

    def write(self, values: Floats, valid: Bools, out: Slots) -> None:
        """Write the values' slots into `out`, all arrays of shape (n,); what is not valid or NaN is missing."""
        _cut(values, valid, self._drop, self._shift, self._seed, self.missing, out)
