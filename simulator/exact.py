"""Event by event: every click, example and publish is a SimPy event of its own.  Slow; what the columns must equal."""

import copy
from collections.abc import Callable
from enum import IntEnum

import numpy as np
import simpy

from learners.base import Floats32, Shown
from replay.log import NEVER, Ints
from replay.policies import Examples
from replay.view import View
from simulator.clock import Clock
from simulator.trainer import Trainer


class Kind(IntEnum):
    """What happens at one instant, in the order in which it is played."""

    PREDICT = 0
    LEARN = 1
    PUBLISH = 2


def replay_exactly(trainer: Trainer, clock: Clock, tick: Callable[[int], None]) -> None:
    """Run a method event by event, in the order (time, kind, row).

    Serving uses a copy of the learner, made at every publish, and the policy is asked about one microsecond at a time
    with a view that ends there; nothing is shared with the columnar path but the policy, the correction and the
    learner.  With ``publish_every = 0`` what is learned serves from the next microsecond.

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


class _Sure(simpy.Event):  # type: ignore[misc]  # simpy has no types
    """An event that happens when its time comes, like SimPy's Timeout, but with a priority of its own."""

    def __init__(self, environment: simpy.Environment) -> None:
        super().__init__(environment)
        self._ok = True
        self._value = None


class Exact:
    """The state of an event-by-event run: the model in training, the one that serves, and the one corrections see."""

    def __init__(
        self, environment: simpy.Environment, trainer: Trainer, clock: Clock, tick: Callable[[int], None]
    ) -> None:
        self.environment, self.trainer, self.clock, self.tick = environment, trainer, clock, tick
        self.serving = copy.deepcopy(trainer.learner)
        self.plugged_in = self.serving
        self.since_publish = 0

    def schedule(self) -> None:
        """Put every event on SimPy's queue."""
        for time in np.unique(self.trainer.log.click_time).tolist():
            self._at(time, Kind.PREDICT, lambda time=time: self.predict(time))
        for time in self._due_times().tolist():
            self._at(time, Kind.LEARN, lambda time=time: self.learn(time))
            if not self.clock.publish_every:
                self._at(time, Kind.PUBLISH, lambda: self.publish(0))
        for drain in range(self.clock.drains):
            end = self.clock.start + (drain + 1) * self.clock.publish_every
            self._at(end - 1, Kind.PUBLISH, lambda: self.publish(self.clock.publish_lag))

    def predict(self, time: int) -> None:
        """Serve the clicks of one microsecond, one by one, with the published model."""
        trainer = self.trainer
        for row in range(*np.searchsorted(trainer.log.click_time, [time, time + 1]).tolist()):
            raw = self.serving.predict(trainer.features(np.array([row])))
            trainer.prediction[row] = trainer.method.correction.serve(raw)[0]
            trainer.tally.served += 1
        self.tick(time)

    def learn(self, time: int) -> None:
        """Learn the examples due at one microsecond, one by one."""
        trainer = self.trainer
        examples = trainer.policy.due(self._view(time), time, time + 1)
        trainer.count(examples, time, time + 1)
        for i in range(len(examples.row)):
            if self.since_publish % trainer.batch == 0:
                self.plugged_in = copy.deepcopy(trainer.learner)
            self.since_publish += 1
            self._learn_one(Examples(*(column[i : i + 1] for column in examples)))

    def publish(self, lag: int) -> None:
        """Let what has been learned serve, from a lag after the end of this microsecond."""
        self.since_publish = 0
        published = copy.deepcopy(self.trainer.learner)
        if lag:
            self._at(self.environment.now + lag, Kind.PUBLISH, lambda: setattr(self, "serving", published))
        else:
            self.serving = published

    def _learn_one(self, example: Examples) -> None:
        trainer = self.trainer
        correction = trainer.method.correction
        x = trainer.features(example.row)
        prediction: Floats32 = np.empty(0, np.float32)
        if correction.needs_prediction:
            prediction = self.plugged_in.predict(x)
        elapsed = example.due - trainer.log.click_time[example.row]
        parts = correction.parts(Shown(example.label, example.kind, elapsed), prediction)
        trainer.weigh(parts)
        trainer.learner.learn(x, parts.positive, parts.negative)

    def _due_times(self) -> Ints:
        """Return every microsecond at which something may come due or arrive, before the clock's end."""
        trainer, clock = self.trainer, self.clock
        log, deliveries = trainer.log, trainer.deliveries
        everything = View(log, deliveries, now=NEVER, future=trainer.policy.looks_ahead)
        due = trainer.policy.due(everything, clock.start, clock.end).due
        times = np.concatenate([log.click_time, deliveries.arrival, due])
        return np.unique(times[times < clock.end])

    def _view(self, time: int) -> View:
        trainer = self.trainer
        return View(trainer.log, trainer.deliveries, now=time + 1, future=trainer.policy.looks_ahead)

    def _at(self, time: int, kind: Kind, action: Callable[[], None]) -> None:
        event = _Sure(self.environment)
        event.callbacks.append(lambda _: action())
        self.environment.schedule(event, priority=kind, delay=time - self.environment.now)
