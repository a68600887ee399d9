"""Event by event: every click, example and publish is a SimPy event of its own.  Slow; what the columns must equal."""

import copy
from collections.abc import Callable
from enum import IntEnum
from functools import partial
from typing import Any

import numpy as np
import simpy
from simpy.events import EventPriority

from learners.base import Seen
from replay.log import NEVER, Ints
from replay.policies import Examples
from replay.view import View
from simulator.clock import Clock
from simulator.part import Part
from simulator.trainer import Trainer


class Kind(IntEnum):
    """What happens at one instant, in the order in which it is played."""

    PREDICT = 0
    LEARN = 1
    PUBLISH = 2


def replay_exactly(trainer: Trainer, clock: Clock, tick: Callable[[int], None]) -> None:
    """Run a method event by event, in the order (time, kind, row).

    Serving uses copies of the models, made at every publish, and policies are asked about one microsecond at a time
    with a view that ends there; what is learned is learned one example at a time.  With ``publish_every = 0`` it
    serves from the next microsecond.

    Parameters
    ----------
    trainer : Trainer
        Filled in place, as by `replay`.
    clock : Clock
    tick : callable
        Called with the simulated time at every click.
    """
    if clock.last_click < clock.start:
        return
    environment = simpy.Environment(initial_time=clock.start)
    Exact(environment, trainer, clock, tick).schedule()
    environment.run()


class _Sure(simpy.Event):
    """An event that happens when its time comes, like SimPy's Timeout, but with a priority of its own."""

    def __init__(self, environment: simpy.Environment) -> None:
        super().__init__(environment)
        self._ok = True
        self._value = None


class Exact:
    """The state of an event-by-event run: models in training, those that serve, and what waits for the publish."""

    def __init__(
        self, environment: simpy.Environment, trainer: Trainer, clock: Clock, tick: Callable[[int], None]
    ) -> None:
        self.environment, self.trainer, self.clock, self.tick = environment, trainer, clock, tick
        self.serving = self._models()
        self.waiting: dict[str, list[Examples]] = {part.name: [] for part in trainer.parts}

    def schedule(self) -> None:
        """Put every event on SimPy's queue."""
        for time in np.unique(self.trainer.log.click_time).tolist():
            self._at(time, Kind.PREDICT, partial(self.predict, time))
        for time in self._due_times().tolist():
            self._at(time, Kind.LEARN, partial(self.show, time))
        if not self.clock.publish_every:
            for time in np.union1d(self._due_times(), self._trainings()).tolist():
                self._at(time, Kind.PUBLISH, lambda: self.publish(self.clock.publish_lag))
        for drain in range(self.clock.drains):
            end = self.clock.start + (drain + 1) * self.clock.publish_every
            self._at(end - 1, Kind.PUBLISH, lambda: self.publish(self.clock.publish_lag))

    def predict(self, time: int) -> None:
        """Serve the clicks of one microsecond, one by one, with the published models."""
        trainer = self.trainer
        for row in range(*np.searchsorted(trainer.log.click_time, [time, time + 1]).tolist()):
            seen = self._see(self.serving, trainer.serves_from, trainer.features(np.array([row])))
            trainer.prediction[row] = trainer.correction.serve(seen)[0]
            for name, stage in trainer.stages.items():
                trainer.recorded[name][row] = stage.serve(seen)[0]
            trainer.tally.served += 1
        self.tick(time)

    def show(self, time: int) -> None:
        """Put the examples due at one microsecond aside, one by one, until the trainer learns."""
        for part in self.trainer.parts:
            examples = self.trainer.due(part, time, time + 1)
            for i in range(len(examples.row)):
                self.waiting[part.name].append(examples.part(slice(i, i + 1)))

    def publish(self, lag: int) -> None:
        """Learn what waits, model by model, and let it serve from a lag after the end of this microsecond."""
        for part in self.trainer.parts:
            self._learn(part)
            self.trainer.reach(part, int(self.environment.now) + 1)
        published = self._models()
        if lag:
            self._at(int(self.environment.now) + lag, Kind.PUBLISH, lambda: setattr(self, "serving", published))
        else:
            self.serving = published

    def _learn(self, part: Part) -> None:
        trainer = self.trainer
        for number, example in enumerate(self.waiting[part.name]):
            if number % trainer.batch == 0:
                plugged_in = self._models()
            x = trainer.features(example.row)
            trainer.step(part, example, x, self._see(plugged_in, part.correction.needs, x))
        self.waiting[part.name].clear()

    def _models(self) -> dict[str, Part]:
        return {part.name: copy.deepcopy(part) for part in self.trainer.parts}

    @staticmethod
    def _see(models: dict[str, Part], names: tuple[str, ...], x: Any) -> Seen:
        return {name: models[name].says(x) for name in names}

    def _due_times(self) -> Ints:
        """Return every microsecond at which something may come due or arrive, before the clock's end."""
        trainer, clock = self.trainer, self.clock
        log, deliveries = trainer.log, trainer.deliveries
        everything = View(log, deliveries, now=NEVER, future=True)
        due = [part.policy.due(everything, clock.start, clock.end).due for part in trainer.parts]
        times = np.concatenate([log.click_time, deliveries.arrival, deliveries.refunds_in_order[1], *due])
        return np.unique(times[times < clock.end])

    def _trainings(self) -> Ints:
        """Return the last microsecond before every training of a model that has a schedule."""
        start, end = self.clock.start, self.clock.end
        every = {part.learner.retrain_every for part in self.trainer.parts if part.scheduled}
        times = [np.arange(-(-(start + 1) // one) * one, end + 1, one, dtype=np.int64) - 1 for one in every]
        return np.concatenate([np.empty(0, np.int64), *times])

    def _at(self, time: int, kind: Kind, action: Callable[[], None]) -> None:
        event = _Sure(self.environment)
        event.callbacks.append(lambda _: action())
        self.environment.schedule(event, EventPriority(kind), delay=time - self.environment.now)
