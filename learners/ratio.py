"""A running ratio: what was received over what was expected."""

from collections.abc import Mapping
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from learners.base import Features, Floats, Floats32, Learner, ManyArmed
from learners.errors import LearnerError
from learners.inputs import checked_part

HALF_LIFE = 5_000  # amounts after which what was received counts half
QUARTER = 4.0  # what was received a quarter of all amounts ago counts about a third
WIDEST = 100.0  # the ratio lies between this and one over it


class RunningRatio:
    """One number for all clicks: the sum of positive parts over that of negative ones, the recent ones counting more.

    It takes no steps, so a large amount counts in full.  It remembers about the last quarter of the examples with a
    positive part, so that the errors of an untrained model are soon forgotten, and never more than 5,000 of them by
    half-life.  Before any it says 1.

    Parameters
    ----------
    features : str
        Those of the learner in whose place it is; it looks at none of them.
    """

    takes_negative = True

    def __init__(self, features: str) -> None:
        self.features = features
        self._sums = np.zeros(3)  # positive parts, negative parts, how many examples had a positive one

    def predict(self, x: Features) -> Floats32:
        """Return the ratio for each click, from 0.01 to 100."""
        positive, negative, _ = self._sums
        ratio = positive / negative if positive > 0 and negative > 0 else 1.0
        return np.full(len(x), min(max(ratio, 1 / WIDEST), WIDEST), np.float32)

    def learn(self, x: Features, positive: Floats32, negative: Floats32) -> None:
        """Add the parts to the sums.

        Raises
        ------
        LearnerError
            If a part is not a number of size 1e9 at most; nothing is learned then.
        """
        _add(self._sums, checked_part("positive", positive, len(x)), checked_part("negative", negative, len(x)))

    def state(self) -> Mapping[str, NDArray[Any]]:
        """Return a copy of both sums and the number of amounts."""
        return {"sums": self._sums.copy()}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Become the learner that returned `state`.

        Raises
        ------
        LearnerError
            If it is not that of a ratio.
        """
        if state["sums"].shape != (3,) or not np.isfinite(state["sums"]).all():
            raise LearnerError("expected the sums of a ratio, three finite numbers")
        self._sums = state["sums"].astype(np.float64)

    def with_loss(self, loss: str) -> Learner:
        """Raise LearnerError: it has none."""
        raise LearnerError(f"a running ratio learns no loss, got {loss!r}")

    def with_arms(self, arms: int) -> ManyArmed:
        """Raise LearnerError: it is one number."""
        raise LearnerError(f"a running ratio says one thing of all clicks, not {arms}")


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add(sums: Floats, positive: Floats32, negative: Floats32) -> None:
    longest = 0.5 ** (1 / HALF_LIFE)
    above, below, amounts = sums
    for i in range(len(positive)):
        if positive[i] != 0:
            keep = min(longest, 1 - QUARTER / (amounts + QUARTER))
            amounts += 1
            above *= keep
            below *= keep
        above += positive[i]
        below += negative[i]
    sums[0], sums[1], sums[2] = above, below, amounts
