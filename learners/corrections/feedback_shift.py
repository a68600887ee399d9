"""Importance weights for one look at each click, from auxiliary models alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import Parts, Seen, Shown
from learners.corrections.auxiliary import LATE, REAL_NEGATIVE
from learners.corrections.plain import Plain


@dataclass(frozen=True)
class FeedbackShift(Plain):
    r"""Feedback-shift importance weighting (FSIW).

    On the stream of `Wait` an observed positive stands for all conversions of its kind, early or late, and an observed
    negative counts as far as it is a real one:

    .. math:: (a, b) = \left(\frac{y}{1 - S},\; (1 - y)\, rn\right)

    In expectation a click counts (p, 1 - p): the oracle's risk where S and rn are true.  Where almost all conversions
    are late the first weight is huge, and so is its variance; a bound on it pulls the prediction below p.

    Parameters
    ----------
    clip : float
        Largest weight of a positive.

    References
    ----------
    .. [1] Yasui et al., "A feedback shift correction in predicting conversion rates under delayed feedback", WWW 2020.
    """

    clip: float = 20.0
    needs: ClassVar[tuple[str, ...]] = (LATE, REAL_NEGATIVE)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y / (1 - S), (1 - y) rn)."""
        one, zero = np.float32(1), np.float32(0)
        weight = np.minimum(one / (one - seen[LATE]), np.float32(self.clip))
        return Parts(np.where(shown.label, weight, zero), np.where(shown.label, zero, seen[REAL_NEGATIVE]))

    def clipped(self, shown: Shown, parts: Parts) -> int:  # noqa: ARG002  (negatives have no positive part)
        """Return how many positives have the largest weight."""
        return int(np.count_nonzero(parts.positive >= np.float32(self.clip)))
