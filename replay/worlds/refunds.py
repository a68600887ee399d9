"""Gifts that are taken back: labels do not know of it, money does."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.log import Floats


@dataclass(frozen=True)
class Refunds:
    """Some gifts are taken back whole, an exponential time after they were given.

    Parameters
    ----------
    share : float
        Share of the gifts.
    mean : int
        Mean time from gift to refund, microseconds.
    """

    share: float
    mean: int

    def draw(self, rng: np.random.Generator, n: int) -> tuple[NDArray[np.intp], Floats]:
        """Return which of n gifts are taken back, as indices in order, and how long after, in microseconds."""
        taken = np.flatnonzero(rng.random(n) < self.share)
        return taken, rng.exponential(self.mean, n)[taken]

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the share and the mean, each with its place."""
        if not 0 <= self.share <= 1:
            yield f"refunds.share: expected a number from 0 to 1, got {self.share}"
        if self.mean < 1:
            yield f"refunds.mean: expected at least 1 microsecond, got {self.mean}"
