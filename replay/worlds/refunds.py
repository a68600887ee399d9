"""What is taken back: gifts, or conversions where there are none; and how much of it within a window, exactly."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from replay.log import Floats
from replay.worlds.delays import DelayPart, Mixture

_NODES = 100  # of a rule of Gauss and Legendre for either half of the window
_POWER = 4  # of the substitution that makes it dense at the ends: parts and refunds may be far faster than the window
_GRID = 1_025  # factors on a delay that are computed where there are more; in between it is a straight line


@dataclass(frozen=True)
class Refunds:
    """Some of what comes is taken back whole, an exponential time after: gifts, or conversions if there are no gifts.

    Parameters
    ----------
    share : float
        Share of the gifts, or conversions.
    mean : int
        Mean time to the refund, microseconds.
    """

    share: float
    mean: int

    def draw(self, rng: np.random.Generator, n: int) -> tuple[NDArray[np.intp], Floats]:
        """Return which of n are taken back, as indices in order, and how long after, in microseconds."""
        taken = np.flatnonzero(rng.random(n) < self.share)
        return taken, rng.exponential(self.mean, n)[taken]

    def within(self, delay: Mixture, window: int, shift: Floats, slower: Floats | None = None) -> Floats:
        """Return P(comes and is taken back within a window), given that it comes at all.

        Parameters
        ----------
        delay : Mixture
        window : int
            us after the click.
        shift : float array of shape (n_clicks,) or (1,)
            As `Mixture.shares` has it.
        slower : float array of shape (n_clicks,), optional
            Factor on each click's delay, not on the time to the refund.
        """
        if slower is None:
            back = np.array([[self.back_within(part, window)] for part in delay.parts])
        else:
            back = np.array([self._slower(part, window, slower) for part in delay.parts])
        found: Floats = (back * delay.shares(shift)).sum(axis=0)
        return found

    def back_within(self, part: DelayPart, window: int, slower: float = 1.0) -> float:
        r"""Return P(d + r <= window) for a part's delay d and the time r to the refund, times the share.

        .. math:: share \int_0^{window} P(d \le s) \, \frac{1}{m} e^{-(window - s) / m} \, ds
        """
        near, weight = _rule()
        near = window / 2 * near  # to either end, where what is fast happens
        passed, left = np.concatenate((near, window - near)), np.concatenate((window - near, near))
        inner = np.array([part.cdf(float(time)) for time in passed / slower])
        density = np.exp(-left / self.mean) / self.mean
        return self.share * window / 2 * float(np.sum(inner * density * np.tile(weight, 2)))

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the share and the mean, each with its place."""
        if not 0 <= self.share <= 1:
            yield f"refunds.share: expected a number from 0 to 1, got {self.share}"
        if self.mean < 1:
            yield f"refunds.mean: expected at least 1 microsecond, got {self.mean}"

    def _slower(self, part: DelayPart, window: int, slower: Floats) -> Floats:
        different, which = np.unique(np.log(slower), return_inverse=True)
        grid = different if len(different) <= _GRID else np.linspace(different[0], different[-1], _GRID)
        back = np.array([self.back_within(part, window, math.exp(one)) for one in grid])
        found: Floats = np.interp(different, grid, back)[which]
        return found


@cache
def _rule() -> tuple[Floats, Floats]:
    """Return the nodes and weights of a rule on [0, 1] that is dense at 0."""
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    node, weight = (node + 1) / 2, weight / 2
    return node**_POWER, _POWER * node ** (_POWER - 1) * weight
