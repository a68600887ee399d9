"""One method at work: it serves predictions and learns from what the policy shows."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from learners.base import Floats32, Learner, Parts, Shown
from replay.feed import Deliveries
from replay.log import Bools, ClickLog, Ints
from replay.policies import Examples, Until
from replay.view import View
from simulator.methods import Method


@dataclass
class Tally:
    """What a method was shown, counted as it happens."""

    served: int = 0
    examples: int = 0
    positives: int = 0
    arrived: int = 0  # conversions that the feed brought, whether or not the policy showed them
    weight: float = 0.0  # sum of |a| + |b|
    weight_squared: float = 0.0

    @property
    def effective_share(self) -> float:
        """Effective sample size over examples, (sum w)^2 / (n sum w^2); 1 where all count alike (Kish 1965)."""
        return self.weight**2 / (self.examples * self.weight_squared) if self.weight_squared else 1.0


@dataclass
class Trainer:
    """A learner under a method on a log.

    `serve` predicts with the model as it is; `learn` takes in what came due.  Whoever calls them is the clock.
    """

    log: ClickLog
    deliveries: Deliveries
    method: Method
    learner: Learner
    batch: int
    prediction: Floats32  # shape (n_clicks,), filled by `serve`
    shown_positive: Bools  # shape (n_clicks,), filled by `learn`
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.policy = self.method.policy
        if self.method.stop_after is not None and self.log.n_clicks:
            self.policy = Until(self.policy, int(self.log.click_time[0]) + self.method.stop_after)

    def serve(self, start: int, end: int) -> None:
        """Predict the clicks in [start, end)."""
        first, stop = (int(at) for at in np.searchsorted(self.log.click_time, [start, end]))
        if first < stop:
            raw = self.learner.predict(self._slice(first, stop))
            self.prediction[first:stop] = self.method.correction.serve(raw)
            self.tally.served += stop - first

    def learn(self, start: int, end: int) -> None:
        """Learn, in order, what comes due in [start, end)."""
        view = View(self.log, self.deliveries, now=end, future=self.policy.looks_ahead)
        examples = self.policy.due(view, start, end)
        self.count(examples, start, end)
        n = len(examples.row)
        if not n:
            return
        x = self.features(examples.row)
        step = self.batch if self.method.correction.needs_prediction else n
        for at in range(0, n, step):
            self._step(x[at : at + step], Examples(*(column[at : at + step] for column in examples)))

    def _step(self, x: Any, examples: Examples) -> None:
        correction = self.method.correction
        elapsed = examples.due - self.log.click_time[examples.row]
        shown = Shown(examples.label, examples.kind, elapsed)
        prediction = self.learner.predict(x) if correction.needs_prediction else np.empty(0, np.float32)
        parts = correction.parts(shown, prediction)
        self.weigh(parts)
        self.learner.learn(x, parts.positive, parts.negative)

    def count(self, examples: Examples, start: int, end: int) -> None:
        """Enter what an interval brought into the tally."""
        arrivals = self.deliveries.in_order[1]
        first, stop = np.searchsorted(arrivals, [start, end])
        self.tally.arrived += int(stop - first)
        self.tally.examples += len(examples.row)
        self.tally.positives += int(np.count_nonzero(examples.label))
        self.shown_positive[examples.row[examples.label]] = True

    def weigh(self, parts: Parts) -> None:
        """Enter how much examples count into the tally."""
        weight = np.abs(parts.positive) + np.abs(parts.negative)
        self.tally.weight += float(weight.sum(dtype=np.float64))
        self.tally.weight_squared += float(np.dot(weight, weight))

    def missed(self) -> int:
        """Return how many conversions were known by now but never shown as positives."""
        known = self.deliveries.in_order[0][: self.tally.arrived]
        return int(len(known) - np.count_nonzero(self.shown_positive[known]))

    def features(self, rows: Ints) -> Any:
        """Return the features of clicks, as the learner wants them; a view where they follow one another."""
        first, last = int(rows[0]), int(rows[-1])
        if last - first + 1 == len(rows) and np.array_equal(rows, np.arange(first, last + 1)):
            return self._slice(first, last + 1)
        if self.learner.features == "columns":
            return _columns(self.log).take(rows)
        return self.log.slots.take(rows)

    def _slice(self, first: int, stop: int) -> Any:
        if self.learner.features == "columns":
            return _columns(self.log).slice(first, stop - first)
        return self.log.slots.slice(first, stop)


def _columns(log: ClickLog) -> Any:
    if log.columns is None:
        raise ValueError("this learner wants raw columns, and the log was prepared without them; prepare it with them")
    return log.columns
