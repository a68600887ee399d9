"""Importance weights for a stream that shows every click twice: as a negative, and with its final label."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Parts, Seen, Shown
from learners.corrections.plain import Plain


@dataclass(frozen=True)
class RealNegativeWeight(Plain):
    r"""Fake-negative weighted loss with real negatives (FNW-RN).

    On the stream of `RealNegatives` around `NegativeFirst` a share b = p / 2 of the examples is positive.  The
    importance weights p / b and (1 - p) / (1 - b), with the current prediction f in p's place:

    .. math:: (a, b) = \left(2 y,\; (1 - y) \frac{2 (1 - f)}{2 - f}\right)

    Converges to p.

    References
    ----------
    .. [1] Gu et al., "Real negatives matter: continuous training with real negatives for delayed feedback modeling",
       KDD 2021.
    """

    needs: ClassVar[tuple[str, ...]] = (MAIN,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (2 y, (1 - y) 2 (1 - f) / (2 - f))."""
        f, one, two, zero = seen[MAIN], np.float32(1), np.float32(2), np.float32(0)
        negative = two * (one - f) / (two - f)
        return Parts(np.where(shown.label, two, zero), np.where(shown.label, zero, negative))
