"""The trainer's side of the pipeline, and what goes wrong there: capacity, crashes, poison, models held back.

All times are those at which the trainer works: drain k learns what came due before ``start + (k + 1) P``, at that
moment, and what it makes is served a publish lag later.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from replay.log import Bools, Ints
from scenarios.durations import HOUR
from simulator.clock import Clock

Delivery = Literal["exactly_once", "at_least_once", "at_most_once"]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong on the trainer's side in [start, end), us UTC."""

    kind: Literal["crash", "poison", "unpublished"]
    start: int
    end: int
    delivery: Delivery = "exactly_once"  # of a crash
    rollback: int | None = None  # when a poisoned model is taken back, us UTC; None if never

    def holds(self, moment: int) -> bool:
        """Return whether it lasts at a moment."""
        return self.start <= moment < self.end


@dataclass(frozen=True)
class Pipeline:
    """How much the trainer can learn in one drain, how often it saves its models, and what goes wrong.

    Parameters
    ----------
    capacity : int, optional
        Most examples of the served model in one drain; what is left waits, oldest first.
    checkpoint_every : int
        us; a crash or a rollback takes the models back to the last checkpoint before it.
    faults : tuple of Fault
        Apart from one another, in order.
    """

    capacity: int | None = None
    checkpoint_every: int = 6 * HOUR
    faults: tuple[Fault, ...] = ()

    def of(self, kind: str) -> tuple[Fault, ...]:
        """Return the faults of a kind."""
        return tuple(fault for fault in self.faults if fault.kind == kind)

    def poisoned(self, due: Ints) -> Bools:
        """Return which examples are learned wrongly, by when they came due."""
        bad: NDArray[np.bool_] = np.zeros(len(due), np.bool_)
        for fault in self.of("poison"):
            bad |= (due >= fault.start) & (due < fault.end)
        return bad

    def checkpoints(self, clock: Clock) -> dict[Fault, int]:
        """Return the drain after which the models are saved that each crash or rollback goes back to; -1: untrained."""
        needed = (fault for fault in self.faults if fault.kind == "crash" or fault.rollback is not None)
        return {fault: self._last_checkpoint(clock, fault.start) for fault in needed}

    def _last_checkpoint(self, clock: Clock, before: int) -> int:
        edges = clock.start + np.arange(clock.drains + 1, dtype=np.int64) * clock.publish_every
        crossed = np.diff((edges - clock.start) // self.checkpoint_every) > 0
        down = [fault.holds(edge) for edge in edges[1:].tolist() for fault in self.of("crash")]
        up = ~np.any(np.reshape(down, (clock.drains, -1)), axis=1)
        usable = np.flatnonzero(crossed & up & (edges[1:] < before))
        return int(usable[-1]) if len(usable) else -1


@dataclass
class Accidents:
    """Examples of the served model that were not learned once and rightly, as they should have been.

    What was learned, plus lost and waiting, less repeated, is what came due.
    """

    lost: int = 0  # skipped: after a crash with at-most-once delivery, or left out as poison
    repeated: int = 0  # learned a second time, after a crash with at-least-once delivery
    poisoned: int = 0  # learned wrongly; a rollback takes them back
    waiting: int = 0  # due, and not learned yet when the clock stopped
