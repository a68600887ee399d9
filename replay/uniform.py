"""Random numbers that are a hash of their place, so that what comes later changes none of them."""

import numpy as np

from replay.log import Floats, Ints

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def uniform(stream: int, row: Ints, ordinal: Ints) -> Floats:
    """Return uniforms in (0, 1], shape (len(row),), that depend on their stream, row and ordinal alone.

    References
    ----------
    .. [1] Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix64).
    """
    z = row.astype(np.uint64) * np.uint64(1_000_003) + ordinal.astype(np.uint64)
    z = (z + np.uint64((stream + 1) * 0xD1B54A32D192ED03 % 2**64)) * _GOLDEN
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(11)).astype(np.float64) + 1.0) / 2.0**53
