"""The engine: SimPy's clock wakes the trainer, which serves and learns in whole columns."""

from collections.abc import Callable, Generator
from typing import Any

import simpy

from simulator.clock import Clock
from simulator.exact import replay_exactly
from simulator.trainer import Trainer

Tick = Callable[[int], None]  # told the simulated time, us UTC; may raise to stop the run


def replay(trainer: Trainer, clock: Clock, tick: Tick) -> None:
    """Run a method over its log, from the first click to the last.

    Each drain first predicts the clicks since the last one, with the model as it was published then, and only then
    learns what has come due; so no weights are ever copied, and the model that serves at a moment is exactly the one
    trained on everything due before the last publish.

    Parameters
    ----------
    trainer : Trainer
        Filled in place: its predictions, its learner and its tally.
    clock : Clock
        With ``publish_every = 0`` every event is played by itself, see `replay_exactly`.
    tick : callable
        Called with the simulated time at every wake-up.
    """
    if not clock.publish_every:
        replay_exactly(trainer, clock, tick)
        return
    if not clock.drains:
        return
    environment = simpy.Environment(initial_time=clock.start)
    done = environment.process(_drains(environment, trainer, clock, tick))
    environment.run(until=done)


def _drains(
    environment: simpy.Environment, trainer: Trainer, clock: Clock, tick: Tick
) -> Generator[simpy.Event, Any, None]:
    every, lag = clock.publish_every, clock.publish_lag
    served = clock.start
    if lag:
        yield environment.timeout(lag)
    for _ in range(clock.drains):
        yield environment.timeout(every)
        now = int(environment.now)
        trainer.serve(served, now)
        served = now
        trainer.learn(now - lag - every, now - lag)
        tick(now)
