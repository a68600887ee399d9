"""One method at work: it serves predictions and learns from what its policies show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from learners.base import MAIN, Floats32, Learner, Parts, Seen, Shown
from replay.feed import Deliveries
from replay.log import MICROS, Bools, ClickLog, Ints
from replay.policies import Examples, Until
from replay.view import View
from simulator.methods import Method
from simulator.part import Part, model_of
from simulator.weights import NotFiniteError, WeightError, Weights, blame


@dataclass
class Tally:
    """What a method was shown, counted as it happens."""

    served: int = 0
    examples: int = 0
    positives: int = 0
    head_examples: int = 0
    weights: dict[str, Weights] = field(default_factory=dict)  # by model; of money, which is no weight, none

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Tally":
        """Return what `asdict` made plain."""
        return cls(**{**plain, "weights": {name: Weights(**one) for name, one in plain["weights"].items()}})


class Trainer:
    """Learners under a method on a log.

    `serve` predicts with the models as they are; `learn` takes in what came due.  Whoever calls them is the clock.

    Parameters
    ----------
    log : ClickLog
    deliveries : Deliveries
    method : Method
    learner : Learner
        Untrained; the served model and every head get a copy.
    batch : int
        Examples between two refreshes of what corrections see of the models.
    prediction : float32 array of shape (n_clicks,)
        Filled by `serve`.
    shown_positive : bool array of shape (n_clicks,)
        Filled by `learn`: which clicks the served model was shown as positives.
    recorded : mapping of str to float32 array of shape (n_clicks,), optional
        Filled by `serve`: an array for each of the method's stages that is to be kept.
    """

    def __init__(
        self,
        log: ClickLog,
        deliveries: Deliveries,
        method: Method,
        learner: Learner,
        batch: int,
        prediction: Floats32,
        shown_positive: Bools,
        recorded: Mapping[str, Floats32] | None = None,
    ) -> None:
        self.log, self.deliveries, self.batch = log, deliveries, batch
        self.prediction, self.shown_positive = prediction, shown_positive
        self.correction, self.recorded = method.correction, {} if recorded is None else recorded
        self.stages = {name: stage for name, stage in method.stages.items() if name in self.recorded}
        stages = (name for stage in self.stages.values() for name in stage.serves_from)
        self.serves_from = tuple(dict.fromkeys([*method.correction.serves_from, *stages]))
        self.parts = [
            Part(
                name,
                head.policy,
                head.correction,
                model_of(learner, head.loss, head.arms),
                head.constant,
                head.arms,
                head.start,
            )
            for name, head in method.heads.items()
        ]
        policy = method.policy
        if method.stop_after is not None and log.n_clicks:
            policy = Until(policy, int(log.click_time[0]) + method.stop_after)
        self.parts.append(
            Part(MAIN, policy, method.correction, model_of(learner, method.loss, method.arms), arms=method.arms)
        )
        self.models = {part.name: part for part in self.parts}
        self.serving: dict[str, Part] | None = None  # models that serve in the place of those in training
        self.spoil: Callable[[Part, Examples], Examples] | None = None  # what happens to examples on their way
        self.weighed = method.target == "conversion"
        self.tally = Tally()

    def serve(self, start: int, end: int) -> None:
        """Predict the clicks in [start, end)."""
        first, stop = (int(at) for at in np.searchsorted(self.log.click_time, [start, end]))
        if first < stop:
            x = self._slice(first, stop)
            seen = self.see(self.serves_from, x, self.serving)
            self.prediction[first:stop] = self.correction.serve(seen)
            for name, stage in self.stages.items():
                self.recorded[name][first:stop] = stage.serve(seen)
            self.tally.served += stop - first

    def learn(self, start: int, end: int) -> None:
        """Learn, in order, what comes due in [start, end)."""
        for part in self.parts:
            examples = self.due(part, start, end)
            if self.spoil is not None and len(examples.row):
                examples = self.spoil(part, examples)
            self._learn(part, examples)
            self.reach(part, end)

    def _learn(self, part: Part, examples: Examples) -> None:
        n = len(examples.row)
        if not n:
            return
        x = self.features(examples.row)
        step = self.batch if part.correction.needs else n
        for at in range(0, n, step):
            cut = slice(at, at + step)
            piece = x.slice(at, min(step, n - at)) if part.learner.features == "columns" else x[cut]
            seen = self.see(part.correction.needs, piece)
            self.step(part, examples.part(cut), piece, seen)

    def reach(self, part: Part, now: int) -> None:
        """Tell a model that trains on a schedule how late it is, us UTC; one that learns no more is left alone."""
        if part.scheduled:
            stop = part.policy.stop if isinstance(part.policy, Until) else now
            part.learner.reach(min(now, stop))

    def due(self, part: Part, start: int, end: int) -> Examples:
        """Return what a model is shown in an interval, entered into the tally."""
        examples = self.shown(part, start, end)
        if part.name != MAIN:
            self.tally.head_examples += len(examples.row)
            return examples
        self.tally.examples += len(examples.row)
        self.tally.positives += int(np.count_nonzero(examples.label))
        self.shown_positive[examples.row[examples.label]] = True
        return examples

    def shown(self, part: Part, start: int, end: int) -> Examples:
        """Return what a model is shown in an interval."""
        view = View(self.log, self.deliveries, now=end, future=part.policy.looks_ahead)
        return part.policy.due(view, start, end)

    def see(self, names: tuple[str, ...], x: Any, models: dict[str, Part] | None = None) -> Seen:
        """Return what models say of some features; by default those in training."""
        models = self.models if models is None else models
        return {name: models[name].says(x) for name in names}

    def step(self, part: Part, examples: Examples, x: Any, seen: Seen) -> None:
        """Let a model learn some examples, weighed by what was seen."""
        elapsed = examples.due - self.log.click_time[examples.row]
        amount = None if examples.amount is None else (examples.amount / MICROS).astype(np.float32)
        shown = Shown(examples.label, examples.kind, elapsed, amount)
        parts = part.correction.parts(shown, seen)
        if self.weighed:
            self._weigh(part, shown, parts, seen)
        own = part.own(x)
        if part.arms > 1:
            part.learner.learn(own, parts.positive, parts.negative, examples.kind)
        elif part.scheduled:
            part.learner.learn(own, parts.positive, parts.negative, examples.due)
        else:
            part.learner.learn(own, parts.positive, parts.negative)
        part.learned = True

    def _weigh(self, part: Part, shown: Shown, parts: Parts, seen: Seen) -> None:
        weights = self.tally.weights.setdefault(part.name, Weights())
        if part.even:
            weights.add_ones(len(parts.positive))
            return
        clipped = part.clipping.clipped(shown, parts) if part.clipping else 0
        try:
            weights.add(parts, clipped)
        except NotFiniteError as wrong:
            raise WeightError(blame(part.correction, shown, parts, seen, *wrong.args)) from None

    def missed(self, end: int) -> int:
        """Return how many conversions are known just before `end` but were never shown as positives."""
        step = 1 << 20  # rows at a time, so that no column of the log's length is made
        cuts = (slice(at, at + step) for at in range(0, self.log.n_clicks, step))
        return sum(
            int(np.count_nonzero(self.deliveries.known(cut, end - 1) & ~self.shown_positive[cut])) for cut in cuts
        )

    def features(self, rows: Ints) -> Any:
        """Return the features of clicks, as the learner wants them; a view where they follow one another."""
        first, last = int(rows[0]), int(rows[-1])
        if last - first + 1 == len(rows) and np.array_equal(rows, np.arange(first, last + 1)):
            return self._slice(first, last + 1)
        if self._columns is not None:
            return self._columns.take(rows)
        return self.log.slots.take(rows)

    def _slice(self, first: int, stop: int) -> Any:
        if self._columns is not None:
            return self._columns.slice(first, stop - first)
        return self.log.slots.slice(first, stop)

    @property
    def _columns(self) -> Any:
        if self.models[MAIN].learner.features == "slots":
            return None
        if self.log.columns is None:
            raise ValueError("this learner wants raw columns, and the log was prepared without them")
        return self.log.columns
