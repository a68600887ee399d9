"""Logistic regressions that share most of what they learn: several probabilities of a click, one to an arm."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from learners.arms_kernels import LANES, adagrad_arms, predict_arms, sgd_arms
from learners.base import Floats32, Kinds
from learners.errors import LearnerError
from learners.inputs import checked_part, checked_slots, checked_table, compiled
from learners.kernels import Slots

MOST = 100  # arms; kinds are 8 bits
LINE = 16  # float32 numbers in a cache line

_LOOPS: Mapping[str, Callable[..., None]] = {"adagrad": adagrad_arms, "sgd": sgd_arms}


class ManyArmedLogistic:
    r"""Online logistic regressions over slots with shared weights and slow deviations, one step per example, in order.

    Arm k says :math:`h_k = \sigma(\theta \cdot x + \delta_k \cdot x + \beta_k)`, and an example of arm k steps the
    shared weights, the arm's own deviations from them and its intercept.  So arms that are about the same clicks learn
    from one another, and each still goes its own way where its examples say so.

    AdaGrad starts its sums of squares at 1, not at 0.  From 0 the first step of a weight has full length whatever the
    gradient; where a click gives an example to every arm, and most of them are negatives of small h, a new slot would
    be pushed down by many full steps before its first positive.  Its intercepts learn 10 times as fast: there is one of
    each, so they can, and they follow a change that concerns all clicks.  SGD steps all three alike.

    The intercept of an arm that has learned nothing is -5, so that it says about 1 in 150, not 1/2, and ages that no
    click has reached yet add little to what younger ones say.  With its first example it goes to 0: a model that starts
    low takes smaller early steps, and AdaGrad's later ones are then too long.

    Parameters
    ----------
    arms : int
        1 to 100.
    bits, optimizer, learning_rate, l2
        As `Logistic`; the optimizer is "adagrad" or "sgd".

    Raises
    ------
    LearnerError
        If the optimizer is another one, or there are too many arms.
    """

    features = "slots"
    takes_negative = True
    start = 1.0  # of AdaGrad's sums of squares
    quick = 10.0  # how much faster than other weights AdaGrad steps an intercept
    asleep = -5.0  # intercept of an arm that has learned nothing

    def __init__(self, arms: int, bits: int, optimizer: str, learning_rate: float, l2: float) -> None:
        if optimizer not in _LOOPS:
            raise LearnerError(
                f"a model of several probabilities of a click needs the optimizer 'adagrad' or 'sgd', got {optimizer!r}"
            )
        if not 1 <= arms <= MOST:
            raise LearnerError(f"expected 1 to {MOST} arms, got {arms}")
        self.arms, self.bits, self.optimizer = arms, bits, optimizer
        rates = (learning_rate, l2, self.quick * learning_rate)
        self._parameters = tuple(np.float32(rate) for rate in rates)
        half = -(-(1 + arms) // LANES) * LANES
        self._table = _table(bits, half, 2 if optimizer == "adagrad" else 1)
        self._table[:, half:] = self.start
        self._table[-1, 1 : 1 + arms] = self.asleep
        self._asleep = np.ones(arms, np.bool_)  # kept apart, since an intercept that learns may come by any value

    def predict(self, x: Slots) -> Floats32:
        """Return probabilities of shape (n_clicks, arms), each in [1e-7, 1 - 1.2e-7].

        Raises
        ------
        LearnerError
            If a slot lies outside the table.
        """
        rows = checked_slots(x, self.bits)
        out = np.empty((len(rows), self.arms), dtype=np.float32)
        predict_arms(self._table, rows, out)
        return out

    def learn(self, x: Slots, positive: Floats32, negative: Floats32, arm: Kinds) -> None:
        """Take one step per example on its arm, of gradient ``negative * f - positive * (1 - f)`` by the logit.

        Raises
        ------
        LearnerError
            If a slot or an arm does not exist, or a part is not a number of size 1e9 at most; nothing is learned then.
        """
        rows = checked_slots(x, self.bits)
        parts = checked_part("positive", positive, len(rows)), checked_part("negative", negative, len(rows))
        if len(arm) and not 0 <= arm.min() <= arm.max() < self.arms:
            raise LearnerError(f"arms must lie in [0, {self.arms}), got {arm.min()} to {arm.max()}")
        which = compiled(arm.astype(np.int8, copy=False))
        self._wake(which)
        _LOOPS[self.optimizer](self._table, rows, *parts, which, *self._parameters)

    def _wake(self, arm: Kinds) -> None:
        if self._asleep.any():
            woken = self._asleep & (np.bincount(arm, minlength=self.arms) > 0)
            self._table[-1, 1 : 1 + self.arms][woken] = 0.0
            self._asleep &= ~woken

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return a copy of the table: per slot the shared weight, deviations, and what the optimizer keeps of each."""
        return {"table": self._table.copy()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Become the learner that returned `state`.

        Raises
        ------
        LearnerError
            If it is not the state of a learner with these arms, bits and optimizer, or is not finite.
        """
        self._table[:] = checked_table(state["table"], self._table.shape)
        own = self._table[:, 1 : 1 + self.arms]
        self._asleep = (own[-1] == self.asleep) & ~own[:-1].any(axis=0)


def _table(bits: int, half: int, halves: int) -> Floats32:
    """Return zeros of shape (2^bits + 1, half * halves) that begin where a cache line does."""
    size = (2**bits + 1) * half * halves
    floats = np.zeros(size + LINE, dtype=np.float32)
    first = -(floats.ctypes.data // floats.itemsize) % LINE
    return floats[first : first + size].reshape(-1, half * halves)
