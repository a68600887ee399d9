"""What a run keeps of a method that predicts money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from replay.feed import Deliveries
from replay.scratch import out_of_memory
from simulator.clock import Clock
from simulator.importance import importance, samples
from simulator.measure import Yardstick
from simulator.money import AMOUNT, Money, judge, valued
from simulator.trainer import Trainer


@dataclass(frozen=True)
class Worth:
    """The figures of a method's money, and what its stages lean on."""

    given: str  # whose money, as `Method.given`
    money: Money
    importance: Sequence[Mapping[str, Any]]


def worth(trainer: Trainer, deliveries: Deliveries, given: str, clock: Clock, by: Yardstick) -> Worth:
    """Return everything that is kept of the money that a method predicted, after its run."""
    log, amount = trainer.log, trainer.recorded.get(AMOUNT)
    hold = partial(out_of_memory, deliveries.scratch)
    clicks = valued(log, deliveries, trainer.prediction, amount, by, hold)
    money = judge(clicks, clock, by, hold)
    of = samples(clicks, log.n_clicks - len(clicks.click_time), by.seed)
    return Worth(given, money, importance(trainer, of, given, by.seed))
