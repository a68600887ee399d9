"""Drawing levels of a category, a few of them common and a long tail rare, in a compiled loop."""

import numba
import numpy as np
from numpy.typing import NDArray

from replay.log import Floats

Levels = NDArray[np.int32]


class Zipf:
    """Levels 0 to n - 1, level k drawn in proportion to (k + 1)^-exponent.

    The cumulative distribution is searched from where a guide table says that the search may begin, so a draw costs
    about two steps whatever the number of levels.

    References
    ----------
    .. [1] Chen, Asau, "On generating random variates from an empirical distribution", AIIE Transactions, 1974.
    """

    def __init__(self, levels: int, exponent: float) -> None:
        cumulative = np.cumsum(np.arange(1, levels + 1, dtype=np.float64) ** -exponent)
        self._cumulative = cumulative / cumulative[-1]
        starts = np.arange(levels, dtype=np.float64) / levels
        self._guide = np.searchsorted(self._cumulative, starts, side="right").astype(np.int32)

    def draw(self, rng: np.random.Generator, n: int) -> Levels:
        """Return n independent levels."""
        out = np.empty(n, dtype=np.int32)
        _search(self._cumulative, self._guide, rng.random(n), out)
        return out


@numba.njit(cache=True, nogil=True)
def _search(cumulative: Floats, guide: Levels, uniform: Floats, out: Levels) -> None:
    n_levels = len(cumulative)
    for i in range(len(uniform)):
        level = guide[min(int(uniform[i] * n_levels), n_levels - 1)]
        while cumulative[level] <= uniform[i]:
            level += 1
        out[i] = level
