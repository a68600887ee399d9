"""The label feed: how outcomes travel to the trainer's side, and what can go wrong on the way."""

import math
from dataclasses import dataclass

import numpy as np

from replay.faults import Fault, Outage
from replay.log import Ints
from replay.uniform import uniform

_STREAMS = 1 << 32  # of random numbers: those of faults lie apart from those of latencies


@dataclass(frozen=True)
class LabelFeed:
    """How long an outcome takes from happening to being known, and what goes wrong on the way.

    Whatever is drawn depends on the seed, the click and the outcome's place among the click's own, and on nothing that
    comes later, so that a rewritten future leaves it alone.
    """

    kind: str = "constant"  # "constant", "exponential", "lognormal"
    mean: int = 0  # us
    sigma: float = 1.0  # of the lognormal's logarithm
    seed: int = 0
    outages: tuple[tuple[int, int], ...] = ()  # [from, until) us UTC: what is due then comes at once when they end
    faults: tuple[Fault, ...] = ()
    ties: int | None = None  # what draws the place in a backlog of outcomes due at one moment; None: the log's order

    @property
    def lag(self) -> int:
        """How far the feed's watermark stands behind now while it works, us.

        The feed is complete up to its watermark: exactly where latency is constant, for 99 outcomes in 100 where it is
        drawn.
        """
        if self.kind == "constant" or not self.mean:
            return self.mean
        if self.kind == "exponential":
            return math.ceil(self.mean * math.log(100.0))
        return math.ceil(self.mean * math.exp(2.3263 * self.sigma - 0.5 * self.sigma**2))

    @property
    def plain(self) -> bool:
        """Whether every outcome arrives, on time and once."""
        return self.kind == "constant" and not self.faults and not self.outages

    @property
    def silences(self) -> tuple[Outage, ...]:
        """All outages, in order of their starts."""
        named = [one for one in self.faults if isinstance(one, Outage)]
        return tuple(sorted([*(Outage(*span) for span in self.outages), *named], key=lambda one: one.start))

    def stream(self, fault: int, purpose: int) -> int:
        """Return the stream of random numbers of a fault, by its place among the faults, for one of its purposes."""
        return (self.seed + 1) * _STREAMS + 16 * fault + purpose

    def latency(self, row: Ints, ordinal: Ints) -> Ints:
        """Return latencies in us, shape (n_outcomes,)."""
        if self.kind == "constant" or not self.mean:
            return np.full(len(row), self.mean, dtype=np.int64)
        first = uniform(2 * self.seed, row, ordinal)
        if self.kind == "exponential":
            waits: Ints = np.rint(-self.mean * np.log(first)).astype(np.int64)
            return waits
        # Box and Muller's normal from a second, independent uniform
        angle = uniform(2 * self.seed + 1, row, ordinal)
        normal = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * angle)
        drawn: Ints = np.rint(self.mean * np.exp(self.sigma * normal - 0.5 * self.sigma**2)).astype(np.int64)
        return drawn
