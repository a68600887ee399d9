"""What gifts cost: whole units, at least one, lognormal with a largest price, and their exact mean."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from replay.log import Floats


@dataclass(frozen=True)
class Prices:
    """A price is 1 + R(min(B, largest)), where log B is normal about the click's own size.

    R rounds to one of the two nearest whole numbers at random so that the mean stays what it was.  That is why the mean
    of a price in whole units is known in closed form.

    Parameters
    ----------
    spread : float
        Standard deviation of log B about its size, from 0 to 4.
    largest : float
        B is never more, in the log's currency.
    """

    spread: float = 1.7
    largest: float = 30_000.0

    def mean(self, size: Floats) -> Floats:
        """Return the mean price of clicks whose log B has mean `size`, shape (n,)."""
        return np.asarray(1.0 + self.moment(size, 1))

    def moment(self, size: Floats, order: int) -> Floats:
        """Return E[min(B, largest)**order], shape (n,)."""
        from scipy.special import ndtr  # noqa: PLC0415  (only who makes this world pays for it)

        top = math.log(self.largest)
        if not self.spread:
            return np.asarray(np.exp(order * np.minimum(size, top)))
        reach = (top - size) / self.spread  # how far the largest price is, in standard deviations
        below = np.exp(order * size + 0.5 * (order * self.spread) ** 2) * ndtr(reach - order * self.spread)
        return np.asarray(below + self.largest**order * ndtr(-reach))

    def draw(self, rng: np.random.Generator, size: Floats) -> Floats:
        """Return one price for each size, in whole units."""
        base = np.exp(np.minimum(size + self.spread * rng.standard_normal(len(size)), math.log(self.largest)))
        return np.asarray(1.0 + np.floor(base + rng.random(len(size))))

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the arguments, each with its name."""
        if not 0 <= self.spread <= 4:
            yield f"spread: expected a number from 0 to 4, got {self.spread}"
        if not 1 <= self.largest <= 1e9:
            yield f"largest: expected a number from 1 to 1e9, got {self.largest}"
