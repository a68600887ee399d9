"""A serving transform for a stream that shows every click twice: as a negative, and with its final label."""

from dataclasses import dataclass

import numpy as np

from learners.base import MAIN, Floats32, Seen
from learners.corrections.plain import Plain

_HIGHEST = np.float32(1 - 1.2e-7)


@dataclass(frozen=True)
class RealNegativeCalibration(Plain):
    """Fake-negative calibration with real negatives (FNC-RN): learn at face value, serve 2 b.

    On the stream of `RealNegatives` around `NegativeFirst` plain cross-entropy converges to b = p / 2.  It is
    clipped below 1.

    References
    ----------
    .. [1] Gu et al., "Real negatives matter: continuous training with real negatives for delayed feedback modeling",
       KDD 2021.
    """

    def serve(self, seen: Seen) -> Floats32:
        """Return 2 b, strictly inside (0, 1)."""
        served: Floats32 = np.minimum(np.float32(2) * seen[MAIN], _HIGHEST)
        return served
