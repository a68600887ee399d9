"""Amounts that come with conversions: many small ones, a few very large."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from replay.log import Floats

_NORMAL_P99 = 2.3263478740408408  # the standard normal's 99th percentile


@dataclass(frozen=True)
class Gifts:
    """Lognormal amounts, given by two quantiles.

    Parameters
    ----------
    share : float
        Share of the conversions that bring a gift.
    median, p99 : float
        Half of the amounts are below the one, 99 % below the other, in the log's currency.
    """

    share: float = 1.0
    median: float = 10.0
    p99: float = 500.0

    def draw(self, rng: np.random.Generator, n: int) -> tuple[NDArray[np.intp], Floats]:
        """Return which of n conversions bring a gift, as indices in order, and its amount in whole cents, at least one.

        As many random numbers are used whatever the share.
        """
        giving = np.flatnonzero(rng.random(n) < self.share)
        sigma = math.log(self.p99 / self.median) / _NORMAL_P99
        amount = self.median * np.exp(sigma * rng.standard_normal(n)[giving])
        return giving, np.maximum(np.rint(amount * 100), 1) / 100

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the quantiles and the share, each with its place."""
        if not 0 <= self.share <= 1:
            yield f"gifts.share: expected a number from 0 to 1, got {self.share}"
        if not 0 < self.median <= self.p99:
            yield f"gifts: expected 0 < median <= p99, got median {self.median} and p99 {self.p99}"
