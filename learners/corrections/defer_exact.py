"""Importance weights for a stream that shows every click twice, from auxiliary models alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import Parts, Seen, Shown
from learners.corrections.auxiliary import LATE, REAL_NEGATIVE
from learners.corrections.plain import Plain


@dataclass(frozen=True)
class DeferExact(Plain):
    r"""Weights of delayed feedback with real negatives (DEFER), without the prediction in them.

    `Defer`'s weights are p / (p - D / 2) = 1 / (1 - S / 2) and (1 - p) / (1 - p + D / 2) = 2 rn / (1 + rn), with
    S = D / p and 1 / rn = 1 + D / (1 - p):

    .. math:: (a, b) = \left(\frac{y}{1 - S / 2},\; (1 - y) \frac{2\, rn}{1 + rn}\right)

    In expectation a click then counts (2 p, 2 (1 - p)), twice as with labels that are never late, whatever the class
    of the model.

    References
    ----------
    .. [1] Gu et al., "Real negatives matter: continuous training with real negatives for delayed feedback modeling",
       KDD 2021.
    """

    needs: ClassVar[tuple[str, ...]] = (LATE, REAL_NEGATIVE)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y / (1 - S/2), (1 - y) 2 rn / (1 + rn))."""
        one, two, zero = np.float32(1), np.float32(2), np.float32(0)
        real = seen[REAL_NEGATIVE]
        positive = np.where(shown.label, two / (two - seen[LATE]), zero)
        return Parts(positive, np.where(shown.label, zero, two * real / (one + real)))
