"""Gradient boosted trees, retrained on what came last: the batch learner."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from learners.adapters.parts import PRIOR, inside, no_arms, no_checkpoint, weighted
from learners.base import Features, Floats, Floats32, Learner, ManyArmed
from learners.boosting import LIBRARIES, Boosted, Settings
from learners.errors import LearnerError
from learners.losses import LARGEST, LOGISTIC, power_of
from learners.matrix import Coding, coding_of
from learners.ratio import RunningRatio

FIRST = 200  # examples before the first training; from then on the number doubles up to `retrain_every`


class _Examples(NamedTuple):
    """What waits for the next training, in columns."""

    x: Features
    positive: Floats
    negative: Floats

    def part(self, start: int, stop: int) -> "_Examples":
        """Return some of them, in order."""
        return _Examples(self.x.slice(start, stop - start), self.positive[start:stop], self.negative[start:stop])


def _told(x: Features, positive: Floats32, negative: Floats32) -> _Examples:
    """Return the examples that say something."""
    says = (positive != 0) | (negative != 0)
    rows = x if says.all() else x.filter(pa.array(says))
    return _Examples(rows, positive[says].astype(np.float64), negative[says].astype(np.float64))


def _one_thread() -> Any:
    """Keep OpenMP to this thread: methods are replayed in threads of their own, and sums keep their order."""
    return _controller().limit(limits=1, user_api="openmp")


@functools.cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415  (scikit-learn's, which is slow to load)

    return ThreadpoolController()


class GradientBoosting:
    """Boosted trees on raw columns, retrained from nothing on the last examples every so many of them.

    Trainings fall on fixed numbers of examples: 200, twice as many each time while that is less than `retrain_every`
    more, and then every `retrain_every`.  Between two of them the model stays as it is.  Before the first it says 0.5,
    or 1 unit of money.

    A click must be shown once, with parts of at least 0: labels with weights, or (Y, 1) for money.  Methods that take
    back what they taught, or tell of money bit by bit, need the learner "logistic".

    Parameters
    ----------
    loss : str
        "logistic"; of money "poisson", "gamma" and "squared", with library "lightgbm" also "tweedie-1.5".
    library : str
        "sklearn" or "lightgbm".
    trees, leaves : int
        How many trees, and leaves to a tree.
    learning_rate, l2 : float
    retrain_every : int
        Examples between two trainings.
    buffer : int
        How many of the last examples a training sees.
    balance : bool
        Whether positives are weighed up to as much as negatives in a training; what that does to the odds is undone in
        the logit that is served.
    seed : int

    Raises
    ------
    LearnerError
        If the library cannot learn the loss, or is not installed.
    """

    features = "columns"
    takes_negative = False
    name = "gbdt"

    def __init__(
        self,
        loss: str = "logistic",
        library: str = "sklearn",
        trees: int = 100,
        leaves: int = 31,
        learning_rate: float = 0.1,
        l2: float = 0.0,
        retrain_every: int = 50_000,
        buffer: int = 500_000,
        balance: bool = False,
        seed: int = 0,
    ) -> None:
        self._settings = Settings(trees, leaves, learning_rate, l2, balance, seed)
        self.loss, self.library = loss, library
        self.retrain_every, self.buffer = retrain_every, buffer
        self._train = LIBRARIES[library](loss)
        self._power = power_of(loss)
        self._kept: list[_Examples] = []
        self._count, self._next = 0, min(FIRST, retrain_every)
        self._model: tuple[Coding, Boosted] | None = None

    def predict(self, x: Features) -> Floats32:
        """Return what the model says of clicks, shape (n_clicks,): probabilities inside (0, 1), or money."""
        if self._model is None or not len(x):
            return np.full(len(x), PRIOR if self._power == LOGISTIC else 1.0, np.float32)
        coding, trained = self._model
        with _one_thread():
            says = trained.predict(coding.matrix(x))
        if self._power == LOGISTIC:
            return inside(says, self.name)
        lowest = -LARGEST if self._power == 0 else 1 / LARGEST
        return np.clip(says, lowest, LARGEST).astype(np.float32)

    def learn(self, x: Features, positive: Floats32, negative: Floats32) -> None:
        """Take examples into the buffer, and train where their number says so.

        Raises
        ------
        LearnerError
            If a part is negative or not finite, or an example tells of money alone; nothing is learned then.
        """
        self._check(positive, negative)
        examples, at = _told(x, positive, negative), 0
        while at < len(examples.positive):
            stop = min(len(examples.positive), at + self._next - self._count)
            self._kept.append(examples.part(at, stop))
            self._count += stop - at
            at = stop
            if self._count == self._next:
                self._retrain()
                self._next += min(self._next, self.retrain_every)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Raise LearnerError: its trees are no arrays."""
        raise no_checkpoint(self.name)

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Raise LearnerError, as `state`."""
        del state
        raise no_checkpoint(self.name)

    def with_loss(self, loss: str) -> Learner:
        """Return an untrained learner of the same settings that minimizes another loss.

        Raises
        ------
        LearnerError
            If the library has no such loss.
        """
        if loss == "ratio":
            return RunningRatio(self.features)
        shared = (self.retrain_every, self.buffer, self._settings.balance, self._settings.seed)
        return GradientBoosting(loss, self.library, *self._settings[:4], *shared)

    def with_arms(self, arms: int) -> ManyArmed:
        """Raise LearnerError: it says one thing of a click."""
        del arms
        raise no_arms(self.name)

    def _check(self, positive: Floats32, negative: Floats32) -> None:
        if self._power == LOGISTIC or not (np.isfinite(positive).all() and np.all(negative >= 0)):
            weighted(positive, negative, self.name)  # which says what is wrong
        alone = (negative == 0) & (positive != 0)
        if self._power != LOGISTIC and alone.any():
            at = int(np.argmax(alone))
            raise LearnerError(
                f"gbdt learns a click's money once and whole, but example {at} adds {positive[at]:g} to an earlier "
                "one; use a method that waits for it, such as 'value_mature' or 'two_stage' with mature = true, or the "
                "learner 'logistic'"
            )
        if self._power >= 1 and np.any(positive < 0):
            at = int(np.argmax(positive < 0))
            raise LearnerError(
                f"gbdt takes no money below 0 with loss {self.loss!r}, but example {at} has {positive[at]:g}, more "
                "refunds than gifts; use loss 'squared', or the learner 'logistic'"
            )

    def _retrain(self) -> None:
        """Train on the last examples, and let go of those before them."""
        x = pa.concat_tables([each.x for each in self._kept]).combine_chunks()
        positive, negative = (np.concatenate([each[side] for each in self._kept]) for side in (1, 2))
        last = _Examples(x, positive, negative).part(max(0, len(x) - self.buffer), len(x))
        self._kept = [last]
        coding = coding_of(last.x)
        with _one_thread():
            trained = self._train(coding.matrix(last.x), coding.categorical, *last[1:], self._settings)
        self._model = coding, trained
