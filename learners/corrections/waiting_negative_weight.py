"""Importance weights for a stream that waits, with the current prediction as the plug-in."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Parts, Seen, Shown
from learners.corrections.auxiliary import LATE
from learners.corrections.plain import Plain


@dataclass(frozen=True)
class WaitingNegativeWeight(Plain):
    r"""Fake-negative weighted loss (FNW) for a stream that waits.

    On the stream of `WaitThenLate` an observed negative is real with probability rn = (1 - p) / (1 - p + p S), where S
    is the share of conversions that come late.  With the current prediction f in p's place:

    .. math:: (a, b) = \left(y,\; (1 - y) \frac{1 - f}{1 - f + f S}\right)

    Converges to p.  With S = 1, nothing waits, and it is FNW with steps 1 / (1 + f) as long.

    References
    ----------
    .. [1] Ktena et al., "Addressing delayed feedback for continuous training with neural networks in CTR prediction",
       RecSys 2019 (S = 1).
    """

    needs: ClassVar[tuple[str, ...]] = (MAIN, LATE)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y, (1 - y)(1 - f) / (1 - f + f S))."""
        f, one, zero = seen[MAIN], np.float32(1), np.float32(0)
        real = (one - f) / (one - f + f * seen[LATE])
        return Parts(shown.label.astype(np.float32), np.where(shown.label, zero, real))
