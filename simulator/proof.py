"""Replays of the toy world: whether a method reaches its limit, and what an outage of the label feed does to it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from learners import Logistic
from replay.feed import LabelFeed, deliver
from replay.log import Bools, ClickLog, Floats
from scenarios.durations import DAY, MINUTE
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import Method, Timing
from simulator.toy import Toy
from simulator.trainer import Trainer

Build = Callable[[Timing], Method]

STEP = 0.002  # of SGD, for each of the two weights that a click has in the toy world
_BATCH = 256


@dataclass(frozen=True)
class Proof:
    """What replays of a method reach: the mean prediction once it has settled."""

    mean: float
    error: float  # standard error over seeds

    def away(self, predicted: float) -> float:
        """Return how far it is from a prediction, in standard errors."""
        return (self.mean - predicted) / self.error


def prove(build: Build, toy: Toy, seeds: int, learner: Callable[[], Logistic] | None = None) -> Proof:
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
    learner : callable, optional
        Makes the learner; by default one that settles fast.
    """
    every = max(MINUTE, toy.attribution_window // 20)
    learner, means = learner or _settling_learner, []
    for seed in range(seeds):
        log = toy.log(seed)
        served = _served(build, toy, log, LabelFeed(), every, learner())
        means.append(served[_settled(toy, log)].mean())
    return Proof(float(np.mean(means)), float(np.std(means, ddof=1) / np.sqrt(seeds)))


@dataclass(frozen=True)
class Wave:
    """How far an outage of the label feed moves what a method predicts, and when; means over logs and short times."""

    before: float
    lowest: float
    lowest_after: int  # us after the outage began
    highest: float
    highest_after: int  # us after the outage began


def shake(build: Build, toy: Toy, outage: int, seeds: int) -> Wave:
    """Replay a method with and without an outage of the label feed, on the same logs, and return what that changes.

    The outage begins a day after two thirds of the time.  What was due meanwhile comes all at once when it ends.  How
    far a method moves depends on how fast it learns: here SGD takes steps of `STEP`.

    Parameters
    ----------
    build : callable
        Makes the method for a timing.
    toy : Toy
        More than three attribution windows and outages long, so that the clicks of the outage become mature in it.
    outage : int
        Its length, us.
    seeds : int
        Number of logs.
    """
    start = _evaluate_after(toy) + DAY
    every = max(MINUTE, outage // 12)
    feeds = LabelFeed(), LabelFeed(outages=((start, start + outage),))
    n = (toy.days * DAY - start) // every
    moved, clicks, before = np.zeros(n), np.zeros(n), 0.0
    for seed in range(seeds):
        log = toy.log(seed)
        calm, shaken = (_served(build, toy, log, feed, every, _sgd()) for feed in feeds)
        before += calm[_settled(toy, log)].mean() / seeds
        twelfth = (log.click_time - start) // every
        inside = (twelfth >= 0) & (twelfth < n)
        moved += np.bincount(twelfth[inside], (shaken - calm)[inside], minlength=n)
        clicks += np.bincount(twelfth[inside], minlength=n)
    wave = moved / np.maximum(clicks, 1)
    low, high = int(np.argmin(wave)), int(np.argmax(wave))
    return Wave(before, before + wave[low], (low + 1) * every, before + wave[high], (high + 1) * every)


def _served(build: Build, toy: Toy, log: ClickLog, feed: LabelFeed, every: int, learner: Logistic) -> Floats:
    """Return the prediction that a method serves for every click of a log, publishing at an interval."""
    prediction = np.zeros(log.n_clicks, np.float32)
    method = build(Timing(toy.attribution_window, _evaluate_after(toy)))
    deliveries = deliver(log, toy.attribution_window, feed, net=toy.refunded > 0)
    trainer = Trainer(log, deliveries, method, learner, _BATCH, prediction, np.zeros(log.n_clicks, np.bool_))
    replay(trainer, Clock.of(log, every), lambda _: None)
    return prediction.astype(np.float64)


def _settling_learner() -> Logistic:
    """Return a learner that settles fast, then errs to neither side: AdaGrad, long steps first, short ones later."""
    return Logistic(bits=1, optimizer="adagrad", learning_rate=0.4)


def _sgd() -> Logistic:
    return Logistic(bits=1, optimizer="sgd", learning_rate=STEP)


def _evaluate_after(toy: Toy) -> int:
    return toy.days * DAY * 2 // 3


def _settled(toy: Toy, log: ClickLog) -> Bools:
    settled: Bools = log.click_time >= _evaluate_after(toy)
    settled[: log.n_clicks // 2] = False
    return settled
