"""Replays of the toy world, to see whether a method reaches its limit and what an outage of the feed does to it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from learners import Logistic
from replay.feed import LabelFeed, deliver
from replay.log import Bools, ClickLog, Floats
from scenarios.durations import DAY, HOUR
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import Method, Timing
from simulator.toy import Toy
from simulator.trainer import Trainer

Build = Callable[[Timing], Method]

_BATCH = 256
_STEADY = LabelFeed()


@dataclass(frozen=True)
class Proof:
    """What replays of a method reach: the mean prediction once it has settled."""

    mean: float
    error: float  # standard error over seeds

    def away(self, predicted: float) -> float:
        """Return how far it is from a prediction, in standard errors."""
        return (self.mean - predicted) / self.error


def prove(build: Build, toy: Toy, seeds: int) -> Proof:
    """Replay a method on logs of a toy world and return what it reaches.

    The mean is over the clicks of the last third of the time and the last half of the clicks.

    Parameters
    ----------
    build : callable
        Makes the method for a timing.
    toy : Toy
        At least three attribution windows long: labels mature in the first, auxiliary models settle in the second.
    seeds : int
        Number of logs, at least 2.
    """
    means = []
    for seed in range(seeds):
        log = toy.log(seed)
        prediction = served(build, toy, log, _STEADY, publish_every=max(HOUR, toy.attribution_window // 30))
        means.append(prediction[_settled(toy, log)].mean(dtype=np.float64))
    return Proof(float(np.mean(means)), float(np.std(means, ddof=1) / np.sqrt(seeds)))


def served(build: Build, toy: Toy, log: ClickLog, feed: LabelFeed, publish_every: int) -> Floats:
    """Return the prediction that a method serves for every click of a log."""
    prediction = np.zeros(log.n_clicks, np.float32)
    trainer = Trainer(
        log,
        deliver(log, toy.attribution_window, feed),
        build(Timing(toy.attribution_window, _evaluate_after(toy))),
        _learner(toy),
        _BATCH,
        prediction,
        np.zeros(log.n_clicks, np.bool_),
    )
    replay(trainer, Clock.of(log, publish_every), lambda _: None)
    return prediction.astype(np.float64)


def _learner(toy: Toy) -> Logistic:
    """Return a learner that settles fast and then errs to neither side.

    AdaGrad's steps are long at first and short later.  Where traffic shrinks, most of what there is comes first, and
    they would be too short for what is left.
    """
    if toy.growth < 0:
        return Logistic(bits=1, optimizer="sgd", learning_rate=0.002)
    return Logistic(bits=1, optimizer="adagrad", learning_rate=0.3)


def _evaluate_after(toy: Toy) -> int:
    return toy.days * DAY * 2 // 3


def _settled(toy: Toy, log: ClickLog) -> Bools:
    settled: Bools = log.click_time >= _evaluate_after(toy)
    settled[: log.n_clicks // 2] = False
    return settled
