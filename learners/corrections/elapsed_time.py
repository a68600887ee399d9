"""Importance weights for a stream that waits and duplicates late conversions, as published."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import Parts, Seen, Shown
from learners.corrections.auxiliary import DELAYED, REAL_NEGATIVE
from learners.corrections.plain import Plain


@dataclass(frozen=True)
class ElapsedTime(Plain):
    r"""Elapsed-time sampling (ES-DFM).

    On the stream of `WaitThenLate` a label is positive with probability p / (1 + D).  The importance weights are
    p(y | x) / q(y | x), which takes the stream's clicks to be distributed as the log's:

    .. math:: (a, b) = (y (1 + D),\; (1 - y)(1 + D)\, rn)

    Converges to p: 1 + D cancels wherever each x has its own prediction.  It does not cancel in a model that shares
    weights, where it counts clicks with late conversions for more than others (see `ElapsedTimeExact`).  With a wrong
    real-negative probability r it converges to p / (p + r (1 - p + D)).

    References
    ----------
    .. [1] Yang et al., "Capturing delayed feedback in conversion rate prediction via elapsed-time sampling", AAAI 2021.
    """

    needs: ClassVar[tuple[str, ...]] = (DELAYED, REAL_NEGATIVE)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y (1 + D), (1 - y)(1 + D) rn)."""
        factor, zero = np.float32(1) + seen[DELAYED], np.float32(0)
        positive = np.where(shown.label, factor, zero)
        return Parts(positive, np.where(shown.label, zero, factor * seen[REAL_NEGATIVE]))
