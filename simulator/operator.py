"""Lets a trainer learn, drain by drain, through everything that its pipeline does to it."""

import copy
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from learners.base import MAIN
from replay.policies import Examples
from simulator.clock import Clock
from simulator.part import Part
from simulator.pipeline import Accidents, Fault, Pipeline
from simulator.trainer import Tally, Trainer


@dataclass(frozen=True)
class Saved:
    """What a simulated checkpoint holds."""

    models: dict[str, Part]
    tally: Tally
    position: int


class Operator:
    """Whoever runs the trainer: learns what has come due, goes on after crashes, holds models back.

    A catch-up is learned a drain's worth at a time, so that a trainer which loses and repeats nothing ends where an
    uninterrupted one does, to the bit.

    Parameters
    ----------
    trainer : Trainer
    clock : Clock
        With drains.
    pipeline : Pipeline, optional
        By default nothing goes wrong.
    """

    def __init__(self, trainer: Trainer, clock: Clock, pipeline: Pipeline | None = None) -> None:
        self.trainer, self.clock, self.pipeline = trainer, clock, pipeline or Pipeline()
        self.position = clock.start  # everything that came due before it has been dealt with, us UTC
        self.accidents = Accidents()
        self._checkpoint = self.pipeline.checkpoints(clock)
        self._saved: dict[int, Saved] = {}
        self._rolled_back: list[Fault] = []
        if self.pipeline.of("poison"):
            trainer.spoil = self._spoil
        self._save(-1)

    @property
    def busy(self) -> bool:
        """Whether models are kept aside, so that what it knows is more than the trainer's models and a position."""
        return bool(self._saved) or self.trainer.serving is not None

    def go_on(self, drains: int, position: int, accidents: Accidents) -> None:
        """Become the operator that was not `busy` after some drains."""
        self.position, self.accidents = position, accidents
        over = [fault for fault, drain in self._checkpoint.items() if drain < drains]
        self._rolled_back = [fault for fault in over if fault.kind == "poison"]
        self._checkpoint = {fault: drain for fault, drain in self._checkpoint.items() if fault not in over}
        self._saved.clear()

    def work(self, drain: int) -> None:
        """Do what is done at the end of a drain."""
        now = self._edge(drain + 1)
        self._hold_or_publish(now)
        if not any(fault.holds(now) for fault in self.pipeline.of("crash")):
            self._recover(now)
            self._learn(now)
            self._save(drain)

    def finish(self) -> None:
        """Count what is left when the clock stops."""
        self.accidents.waiting = self._count(self.position, self.clock.end)

    def _hold_or_publish(self, now: int) -> None:
        if not any(fault.holds(now) for fault in self.pipeline.of("unpublished")):
            self.trainer.serving = None
        elif self.trainer.serving is None:
            self.trainer.serving = copy.deepcopy(self.trainer.models)

    def _recover(self, now: int) -> None:
        """Go on after a crash that is over, or go back before poison that was noticed."""
        for fault in list(self._checkpoint):
            if (fault.end if fault.kind == "crash" else fault.rollback or 0) > now:
                continue
            saved, reached = self._saved[self._checkpoint.pop(fault)], self.position
            self.position = saved.position
            if fault.delivery == "at_least_once":
                self.accidents.repeated += self._count(saved.position, reached)
            else:
                self._restore(saved)
            if fault.delivery == "at_most_once":
                self.accidents.lost += self._count(saved.position, reached, forget=True)
                self.position = reached
            if fault.kind == "poison":
                self._rolled_back.append(fault)
            self._saved = {drain: kept for drain, kept in self._saved.items() if drain in self._checkpoint.values()}

    def _restore(self, saved: Saved) -> None:
        for name, part in copy.deepcopy(saved.models).items():
            self.trainer.models[name].learner, self.trainer.models[name].learned = part.learner, part.learned
        self.trainer.tally = replace(copy.deepcopy(saved.tally), served=self.trainer.tally.served)

    def _save(self, drain: int) -> None:
        if drain in self._checkpoint.values():
            self._saved[drain] = Saved(
                copy.deepcopy(self.trainer.models), copy.deepcopy(self.trainer.tally), self.position
            )

    def _learn(self, now: int) -> None:
        left = self.pipeline.capacity
        while self.position < now:
            end = min(self._edge((self.position - self.clock.start) // self.clock.publish_every + 1), now)
            if left is not None:
                end, taken = self._affordable(end, left)
                left -= taken
            stuck = end == self.position
            self._piece(end)
            if stuck or (left is not None and left <= 0):
                return

    def _piece(self, end: int) -> None:
        """Learn up to a moment, all but poison that is known by now."""
        known = [edge for fault in self._rolled_back for edge in (fault.start, fault.end)]
        cuts = sorted({self.position, end, *(cut for cut in known if self.position < cut < end)})
        for start, stop in pairwise(cuts):
            if any(fault.holds(start) for fault in self._rolled_back):
                self.accidents.lost += self._count(start, stop, forget=True)
            else:
                self.trainer.learn(start, stop)
        self.position = end

    def _affordable(self, end: int, left: int) -> tuple[int, int]:
        """Return how far some examples go, and how many that takes; those of one instant are not parted."""
        due = self.trainer.shown(self.trainer.models[MAIN], self.position, end).due
        if len(due) <= left:
            return end, len(due)
        cut = int(due[left])
        if cut == due[0] and left == self.pipeline.capacity:
            cut += 1  # more at one instant than a drain can take: all of them, or they would wait for ever
        return cut, int(np.searchsorted(due, cut))

    def _count(self, start: int, end: int, *, forget: bool = False) -> int:
        """Return how many examples of the served model came due in an interval."""
        if start >= end:
            return 0
        examples = self.trainer.shown(self.trainer.models[MAIN], start, end)
        if forget:
            self.trainer.shown_positive[examples.row[examples.label]] = False
        return len(examples.row)

    def _spoil(self, part: Part, examples: Examples) -> Examples:
        """Return examples with their labels inverted and their amounts a thousandfold where they are poisoned."""
        bad = self.pipeline.poisoned(examples.due)
        if part.name == MAIN:
            self.accidents.poisoned += int(np.count_nonzero(bad))
        amount = None if examples.amount is None else np.where(bad, 1_000 * examples.amount, examples.amount)
        return examples._replace(label=examples.label ^ bad, amount=amount)

    def _edge(self, drain: int) -> int:
        return self.clock.start + drain * self.clock.publish_every
