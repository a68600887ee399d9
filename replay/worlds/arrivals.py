"""When clicks come: a Poisson process of a known number of events, drawn a block at a time."""

from functools import cached_property

import numpy as np

from replay.log import Floats, Ints
from replay.worlds.streams import stream

BLOCK = 65_536  # clicks that are drawn together


class Arrivals:
    """Times of exactly `clicks` events in [start, start + duration), in order; each block has its own random numbers.

    Gaps are exponential, and the sum of all of them is stretched to the duration.

    Parameters
    ----------
    seed : int
    purposes : (int, int)
        Which streams of random numbers to take, for the sums of blocks and for the gaps within one.
    clicks : int
    start, duration : int
        us UTC, and us.
    """

    def __init__(self, seed: int, purposes: tuple[int, int], clicks: int, start: int, duration: int) -> None:
        self._seed, (self._sums, self._gaps) = seed, purposes
        self._start, self._duration = start, duration
        full, rest = divmod(clicks, BLOCK)
        self.sizes = [BLOCK] * full + [rest] * (rest > 0)

    def times(self, number: int) -> Ints:
        """Return the times of a block, us UTC."""
        reached = np.cumsum(stream(self._seed, self._gaps, number).exponential(size=self.sizes[number]))
        first, last = self._edges[number], self._edges[number + 1]
        place: Floats = (first + (last - first) * (reached / reached[-1])) / self._edges[-1]
        after: Ints = np.minimum((place * self._duration).astype(np.int64), self._duration - 1)
        return self._start + after

    @cached_property
    def _edges(self) -> Floats:
        """Where blocks begin, as sums of gaps of mean 1; the last is the end of the log, a gap after the last click."""
        sums = stream(self._seed, self._sums).standard_gamma(np.array([*self.sizes, 1], dtype=np.float64))
        return np.concatenate([[0.0], np.cumsum(sums)])
