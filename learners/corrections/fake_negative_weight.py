"""Importance weights for a stream in which every positive was a negative first."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Parts, Seen, Shown
from learners.corrections.plain import Plain


@dataclass(frozen=True)
class FakeNegativeWeight(Plain):
    r"""Fake-negative weighted loss (FNW).

    On the stream of `NegativeFirst` the label is positive with probability b = p / (1 + p).  The importance weights
    p / b = 1 + p and (1 - p) / (1 - b) = (1 - p)(1 + p) restore p, with the current prediction f in p's place:

    .. math:: (a, b) = (y (1 + f),\; (1 - y)(1 - f^2))

    Both gradients are (1 - f^2) times those of the PU loss, -1 and f.  Converges to p; f = 1 is a false root.  Correct
    only where nothing waits: on a stream that waits w it converges to p / (1 - p + D) > p.

    References
    ----------
    .. [1] Ktena et al., "Addressing delayed feedback for continuous training with neural networks in CTR prediction",
       RecSys 2019.
    """

    needs: ClassVar[tuple[str, ...]] = (MAIN,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y (1 + f), (1 - y)(1 - f^2))."""
        f, one, zero = seen[MAIN], np.float32(1), np.float32(0)
        return Parts(np.where(shown.label, one + f, zero), np.where(shown.label, zero, one - f * f))
