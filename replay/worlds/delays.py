"""Delays from click to conversion: a mixture whose parts may depend on a level of the click."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from replay.log import Floats

SHAPES = 0.05, 20.0
_ROOT_2 = math.sqrt(2)


@dataclass(frozen=True)
class DelayPart:
    """One part of the mixture.

    Parameters
    ----------
    share : float
        Weight of the part; only the proportions of the weights count.
    mean : int
        Mean delay, microseconds.
    kind : str
        "exponential", "weibull" or "lognormal".
    shape : float
        Weibull's k, or the standard deviation of the lognormal's logarithm; from 0.05 to 20.
    """

    share: float
    mean: int
    kind: str = "exponential"
    shape: float = 1.0

    def cdf(self, time: float) -> float:
        """Return the probability that the delay is at most `time` microseconds."""
        if time <= 0:
            return 0.0
        if self.kind == "exponential":
            return -math.expm1(-time / self.mean)
        if self.kind == "weibull":
            return -math.expm1(-((time / self._scale) ** self.shape))
        return 0.5 * math.erfc(-(math.log(time) - self._location) / (self.shape * _ROOT_2))

    def cdf_at(self, time: Floats) -> Floats:
        """Return the probability that the delay is at most each of some times above 0, microseconds."""
        if self.kind == "exponential":
            return -np.expm1(-time / self.mean)
        if self.kind == "weibull":
            return -np.expm1(-((time / self._scale) ** self.shape))
        different, which = np.unique(time, return_inverse=True)  # numpy has no erfc
        return np.array([self.cdf(float(one)) for one in different])[which]

    def draw(self, rng: np.random.Generator, n: int) -> Floats:
        """Return n independent delays in microseconds."""
        if self.kind == "exponential":
            return rng.exponential(self.mean, n)
        if self.kind == "weibull":
            return self._scale * rng.weibull(self.shape, n)
        return rng.lognormal(self._location, self.shape, n)

    @property
    def _scale(self) -> float:
        return self.mean / math.gamma(1 + 1 / self.shape)

    @property
    def _location(self) -> float:
        return math.log(self.mean) - self.shape**2 / 2


KINDS = ("exponential", "weibull", "lognormal")


@dataclass(frozen=True)
class Mixture:
    """Parts in proportion to their shares; a click may shift the log-odds of the last part against the others."""

    parts: Sequence[DelayPart]

    def shares(self, shift: Floats) -> Floats:
        """Return the probability of each part for each click, shape (n_parts, n_clicks), given its shift."""
        share = np.array([part.share for part in self.parts], dtype=np.float64)
        share /= share.sum()
        last, others = share[-1], 1 - share[-1]
        slow = last / (last + others * np.exp(-shift))
        return np.stack([*(part / others * (1 - slow) if others else 0 * slow for part in share[:-1]), slow])

    def cdf(self, time: int, shift: Floats) -> Floats:
        """Return the probability that the delay is at most `time` microseconds, shape (n_clicks,)."""
        return np.array([part.cdf(time) for part in self.parts]) @ self.shares(shift)

    def cdf_at(self, time: Floats, shift: Floats) -> Floats:
        """Return the probability that each click's delay is at most its own time, in microseconds."""
        found: Floats = (np.stack([part.cdf_at(time) for part in self.parts]) * self.shares(shift)).sum(axis=0)
        return found

    def draw(self, rng: np.random.Generator, shift: Floats) -> Floats:
        """Return one delay per click, in microseconds."""
        limits = np.cumsum(self.shares(shift), axis=0)[:-1]
        which = (rng.random(len(shift)) >= limits).sum(axis=0)
        delay = np.empty(len(shift), dtype=np.float64)
        for number, part in enumerate(self.parts):
            chosen = which == number
            delay[chosen] = part.draw(rng, int(np.count_nonzero(chosen)))
        return delay


def problems(parts: Sequence[DelayPart]) -> Iterator[str]:
    """Yield what is wrong with the parts, each with its place."""
    for number, part in enumerate(parts):
        if part.kind not in KINDS:
            yield f"delay[{number}].kind: expected one of {', '.join(KINDS)}, got {part.kind!r}"
        if not SHAPES[0] <= part.shape <= SHAPES[1]:
            yield f"delay[{number}].shape: expected a number from {SHAPES[0]:g} to {SHAPES[1]:g}, got {part.shape}"
        if part.mean < 1:
            yield f"delay[{number}].mean: expected at least 1 microsecond, got {part.mean}"
    if not (parts and min(part.share for part in parts) >= 0 and max(part.share for part in parts) > 0):
        found = [part.share for part in parts]
        yield f"delay: expected one or more parts with shares of at least 0, not all 0, got {found}"
