"""How strong a change of the world is over time; times are in us after the world's start."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from replay.log import Floats
from replay.worlds.streams import WALKS, stream

HOUR = 3_600_000_000  # us
_DAY_IN_STEPS = 24  # of a random walk


class Course(Protocol):
    """The strength of a change over time."""

    def strength(self, after: Floats) -> Floats:
        """Return the strength at moments after the start; 0 is the world as it was, 1 the whole change."""

    def edges(self) -> tuple[int, ...]:
        """Return the moments at which the strength jumps or bends."""


@dataclass(frozen=True)
class Step:
    """All at once, from `at` on, until `until` if it ends."""

    at: int
    until: int | None = None

    def strength(self, after: Floats) -> Floats:
        """Return 1 while it lasts, 0 otherwise."""
        lasts = after >= self.at
        return (lasts if self.until is None else lasts & (after < self.until)).astype(np.float64)

    def edges(self) -> tuple[int, ...]:
        """Return both ends."""
        return (self.at,) if self.until is None else (self.at, self.until)


@dataclass(frozen=True)
class Ramp:
    """Evenly from nothing at `at` to all at `until`, and for good."""

    at: int
    until: int

    def strength(self, after: Floats) -> Floats:
        """Return the share of the ramp that is done."""
        return np.clip((after - self.at) / (self.until - self.at), 0.0, 1.0)

    def edges(self) -> tuple[int, ...]:
        """Return both ends."""
        return self.at, self.until


@dataclass(frozen=True)
class Growth:
    """By 1 every `every`, from `at` on, until `until` if it ends; there it stays."""

    every: int
    at: int = 0
    until: int | None = None

    def strength(self, after: Floats) -> Floats:
        """Return the time it has gone on, in units of `every`."""
        return (np.clip(after, self.at, self.until) - self.at) / self.every

    def edges(self) -> tuple[int, ...]:
        """Return both ends."""
        return (self.at,) if self.until is None else (self.at, self.until)


@dataclass(frozen=True)
class Wave:
    """Up and down once a `period`, between 1 and -1; 1 at `peak`."""

    period: int
    peak: int = 0

    def strength(self, after: Floats) -> Floats:
        """Return the cosine."""
        return np.cos((after - self.peak) * (2 * math.pi / self.period))

    def edges(self) -> tuple[int, ...]:
        """Return none: it is smooth."""
        return ()


@dataclass(frozen=True)
class Walk:
    """A random walk from 0, drawn from a seed: its standard deviation after a day is 1.

    It goes an hour's step at a time, evenly in between; the n-th step hangs on the seed, the number and n alone, so a
    longer log begins with the same walk.
    """

    seed: int
    number: int

    def strength(self, after: Floats) -> Floats:
        """Return where the walk is."""
        hours = after / HOUR
        steps = int(np.max(hours, initial=0.0)) + 2
        drawn = stream(self.seed, WALKS, self.number).standard_normal(steps) / math.sqrt(_DAY_IN_STEPS)
        walk: Floats = np.interp(hours, np.arange(steps + 1), np.concatenate([[0.0], np.cumsum(drawn)]))
        return walk

    def edges(self) -> tuple[int, ...]:
        """Return none: an hour is short."""
        return ()
