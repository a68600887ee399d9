"""The engine: SimPy's clock wakes the trainer, which serves and learns in whole columns."""

from collections.abc import Callable, Generator
from typing import Any

import simpy

from simulator.clock import Clock
from simulator.exact import replay_exactly
from simulator.operator import Operator
from simulator.trainer import Trainer

Tick = Callable[[int], None]  # told the simulated time, us UTC; may raise to stop the run


def replay(
    trainer: Trainer,
    clock: Clock,
    tick: Tick,
    operator: Operator | None = None,
    first: int = 0,
    keep: Callable[[int], None] | None = None,
) -> None:
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
    operator : Operator, optional
        Runs the trainer; by default nothing goes wrong.  Not with ``publish_every = 0``.
    first : int
        Drains that have been done already, by a trainer and an operator that are as they were after these.
    keep : callable, optional
        Called after every drain with how many are done; may raise to stop the run.
    """
    if not clock.publish_every:
        replay_exactly(trainer, clock, tick)
        return
    if not clock.drains:
        return
    environment = simpy.Environment(initial_time=clock.start)
    operator = operator or Operator(trainer, clock)
    done = environment.process(_drains(environment, operator, first, tick, keep or (lambda _: None)))
    environment.run(until=done)
    operator.finish()


def _drains(
    environment: simpy.Environment, operator: Operator, first: int, tick: Tick, keep: Callable[[int], None]
) -> Generator[simpy.Event, Any, None]:
    clock, served = operator.clock, operator.clock.start
    begin = clock.publish_lag + first * clock.publish_every
    if begin:
        yield environment.timeout(begin)
    if first:
        served = int(environment.now)
    for drain in range(first, clock.drains):
        yield environment.timeout(clock.publish_every)
        now = int(environment.now)
        operator.trainer.serve(served, now)
        served = now
        operator.work(drain)
        tick(now)
        keep(drain + 1)
