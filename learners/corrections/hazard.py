"""What a discrete-time hazard says of a click: whether it converts, by which age, and what is still to come.

Everywhere here h is float32 of shape (n_clicks, ages), ages increasing: h_k = P(converts in the interval that ends at
age k | has not converted by its start).  Survival S_k = (1 - h_1) ... (1 - h_k) is the chance to reach age k
unconverted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Clipping, Correction, Floats32, Parts, Seen, Shown
from learners.corrections.auxiliary import DELAYED, LATE, REAL_NEGATIVE
from learners.corrections.plain import Plain

HAZARD = "hazard"  # the name of the model, where it is an auxiliary one

_LOWEST, _HIGHEST = np.float32(1e-7), np.float32(1 - 1.2e-7)


def converts(h: Floats32) -> Floats32:
    """Return P(converts in one of the intervals | reaches the first), shape (n_clicks,), strictly inside (0, 1).

    Of all intervals that is p; of those after age k, what a click unconverted at k has left: the probability that it
    is a fake negative then.  Summed as p + (1 - p) h, which loses no digits where everything is small.
    """
    p = np.zeros(len(h), np.float32)
    for interval in h.T:
        p += (np.float32(1) - p) * interval
    return np.clip(p, _LOWEST, _HIGHEST)


def survival(h: Floats32) -> Floats32:
    """Return S_0 = 1, S_1, ..., the probability not to have converted by each age, shape (n_clicks, 1 + ages)."""
    start = np.ones((len(h), 1), np.float32)
    return np.cumprod(np.concatenate([start, np.float32(1) - h], axis=1), axis=1, dtype=np.float32)


def delayed(h: Floats32, k: int) -> Floats32:
    """Return D = S_k - S_K = P(converts, and after the k-th age), shape (n_clicks,); of k = 0 that is p."""
    return survival(h[:, :k])[:, -1] * converts(h[:, k:])


def delay_cdf(h: Floats32) -> Floats32:
    """Return F = P(converted by each age | converts), shape (n_clicks, ages); the last is 1."""
    by_age = np.float32(1) - survival(h)[:, 1:]
    return by_age / by_age[:, -1:]


@dataclass(frozen=True)
class Hazard(Plain):
    r"""Discrete-time hazard: plain cross-entropy in every interval of a click's age, served as one probability.

    On the stream of `Checks` an example of kind k is a click that entered interval k unconverted, and its label says
    whether it converted in it; so arm k of the model learns h_k at face value, and

    .. math:: p = 1 - \prod_k (1 - h_k)

    converges to P(converts by the last age): in growing traffic and after an outage too, since every example is judged
    at its own age.  A model of one arm is one interval, and serves what it learned.
    """

    def serve(self, seen: Seen) -> Floats32:
        """Return p, strictly inside (0, 1)."""
        h = seen[MAIN]
        return converts(h.reshape(len(h), -1))


@dataclass(frozen=True)
class ByHazard:
    """Any correction that weighs by what comes after a waiting window, with a hazard in the place of its own models.

    The method has a head "hazard" with one arm for each age, of which the first `waited` do not go past the window.
    Unlike models of mature labels it learns what the feed brings as it comes: there is no attribution window to wait
    for, and a change of what comes early is known early.

    Parameters
    ----------
    correction : Correction
    waited : int
        How many of the ages are not above the window.
    """

    correction: Correction
    waited: int
    known: ClassVar[tuple[str, ...]] = (DELAYED, REAL_NEGATIVE, LATE)

    @property
    def needs(self) -> tuple[str, ...]:
        """The correction's, with the hazard for what can be known from it."""
        return self._asked(self.correction.needs)

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The correction's, with the hazard for what can be known from it."""
        return self._asked(self.correction.serves_from)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return the correction's parts."""
        return self.correction.parts(shown, self._with_known(seen))

    def clipped(self, shown: Shown, parts: Parts) -> int:
        """Return what the correction says."""
        return self.correction.clipped(shown, parts) if isinstance(self.correction, Clipping) else 0

    def serve(self, seen: Seen) -> Floats32:
        """Return what the correction serves."""
        return self.correction.serve(self._with_known(seen))

    def _asked(self, names: tuple[str, ...]) -> tuple[str, ...]:
        rest = tuple(name for name in names if name not in self.known)
        return rest if rest == names else (*rest, HAZARD)

    def _with_known(self, seen: Seen) -> Mapping[str, Floats32]:
        if HAZARD not in seen:
            return seen
        h = seen[HAZARD]
        left = converts(h[:, self.waited :])
        late = delayed(h, self.waited)
        share = np.clip(late / converts(h), _LOWEST, _HIGHEST)
        return {**seen, DELAYED: late, REAL_NEGATIVE: np.float32(1) - left, LATE: share}
