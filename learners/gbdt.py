"""Gradient boosted trees, retrained by the clock on what came last: the batch learner."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learners.adapters.parts import PRIOR, inside, no_arms, weighted
from learners.base import Features, Floats32, Ints, Learner, ManyArmed
from learners.boosting import LIBRARIES, Boosted, Settings
from learners.errors import LearnerError
from learners.history import Examples, joined, told
from learners.losses import LARGEST, LOGISTIC, power_of
from learners.matrix import Coding, coding_of
from learners.ratio import RunningRatio

_DAY = 86_400_000_000  # us
_NOT_YET = -1  # in a state: no training so far, or none to come


def _one_thread() -> Any:
    """Keep OpenMP to this thread: methods are replayed in threads of their own, and sums keep their order."""
    return _controller().limit(limits=1, user_api="openmp")


@functools.cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415  (scikit-learn's, which is slow to load)

    return ThreadpoolController()


class GradientBoosting:
    """Boosted trees on raw columns, retrained from nothing on a schedule.

    It trains at every round multiple of `retrain_every` (every UTC midnight, if that is a day), on the examples that
    came due in the `history` before: nothing later, nothing older.  Between two trainings the model stays as it is.
    Before the first it says 0.5, or 1 unit of money.  It keeps as many examples as come due in `history` and
    `retrain_every` together.

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
        us.
    history : int
        us, at least `retrain_every`.
    balance : bool
        Whether positives are weighed up to as much as negatives in a training; what that does to the odds is undone in
        the logit that is served.
    seed : int

    Raises
    ------
    LearnerError
        If the library cannot learn the loss, or is not installed.
    ValueError
        If `retrain_every` is not above 0, or `history` is shorter.
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
        retrain_every: int = _DAY,
        history: int = 14 * _DAY,
        balance: bool = False,
        seed: int = 0,
    ) -> None:
        if not 0 < retrain_every <= history:
            raise ValueError(f"expected 0 < retrain_every <= history, got {retrain_every} and {history} us")
        self._settings = Settings(trees, leaves, learning_rate, l2, balance, seed)
        self.loss, self.library = loss, library
        self.retrain_every, self.history = retrain_every, history
        self._train = LIBRARIES[library](loss)
        self._power = power_of(loss)
        self._kept: list[Examples] = []
        self._trained, self._next = _NOT_YET, _NOT_YET  # us UTC: when the model was trained, when it is due again
        self._now = 0  # us UTC: the last moment it was told of
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

    def learn(self, x: Features, positive: Floats32, negative: Floats32, due: Ints | None = None) -> None:
        """Keep examples for the next training; where one comes due after its time, train before taking it in.

        Parameters
        ----------
        x, positive, negative
            As `Learner.learn`.
        due : int array of shape (n_examples,)
            When they came due, us UTC, non-decreasing; by default the moment that was reached last.

        Raises
        ------
        LearnerError
            If a part is negative or not finite, or an example tells of money alone; nothing is learned then.
        """
        self._check(positive, negative)
        due = np.full(len(positive), self._now) if due is None else due
        examples, at = told(x, positive, negative, due), 0
        while at < len(examples.due):
            self.reach(int(examples.due[at]))
            if self._next == _NOT_YET:
                self._next = self._round(int(examples.due[at])) + self.retrain_every
            stop = int(np.searchsorted(examples.due, self._next))
            self._kept.append(examples.part(at, stop))
            at = stop

    def reach(self, now: int) -> None:
        """Train if that is due by `now`, us UTC: whatever comes due before it has been learned."""
        self._now = now
        if self._next == _NOT_YET or now < self._next:
            return
        self._next = self._round(now) + self.retrain_every
        latest = max(int(each.due.max()) for each in self._kept)
        # a training without examples would leave nothing; the last one that has any stays
        moment = min(self._round(now), self._round(latest + self.history))
        if moment > self._trained:
            self._train_at(moment)

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return what trainings see, and when the last one was: the model follows from that."""
        moments = np.array([self._trained, self._next, self._now])
        return {"moments": moments, **(joined(self._kept).arrays() if self._kept else {})}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Become the learner that returned `state`; that takes one training."""
        trained, self._next, self._now = (int(moment) for moment in state["moments"])
        self._kept = [Examples.of(state)] if "due" in state else []
        self._trained, self._model = trained, None
        if trained != _NOT_YET:
            self._train_at(trained)

    def with_loss(self, loss: str) -> Learner:
        """Return an untrained learner of the same settings that minimizes another loss.

        Raises
        ------
        LearnerError
            If the library has no such loss.
        """
        if loss == "ratio":
            return RunningRatio(self.features)
        shared = (self.retrain_every, self.history, self._settings.balance, self._settings.seed)
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

    def _round(self, time: int) -> int:
        """Return the last multiple of `retrain_every` up to a moment."""
        return time // self.retrain_every * self.retrain_every

    def _train_at(self, moment: int) -> None:
        """Train on the examples of the history before a moment, and let go of those before them."""
        kept = joined(self._kept)
        kept = kept.where(kept.due >= moment - self.history)
        self._kept, self._trained = [kept], moment
        seen = kept.where(kept.due < moment)
        coding = coding_of(seen.x)
        with _one_thread():
            trained = self._train(coding.matrix(seen.x), coding.categorical, *seen[1:3], self._settings)
        self._model = coding, trained
