"""A serving transform for a stream in which every positive was a negative first."""

from dataclasses import dataclass

import numpy as np

from learners.base import MAIN, Floats32, Seen
from learners.corrections.plain import Plain

_HIGHEST = np.float32(0.4999999)  # b = 1/2 would be p = 1, and beyond it no probability


@dataclass(frozen=True)
class FakeNegativeCalibration(Plain):
    """Fake-negative calibration (FNC): learn at face value, serve b / (1 - b).

    On the stream of `NegativeFirst` plain cross-entropy converges to b = p / (1 + p), so p = b / (1 - b).  b is
    clipped below 1/2; without that, as in public code, p exceeds 1 and its log loss explodes.  Ranking is that of b.

    References
    ----------
    .. [1] Ktena et al., "Addressing delayed feedback for continuous training with neural networks in CTR prediction",
       RecSys 2019.
    """

    def serve(self, seen: Seen) -> Floats32:
        """Return b / (1 - b), strictly inside (0, 1)."""
        b: Floats32 = np.minimum(seen[MAIN], _HIGHEST)
        return b / (np.float32(1) - b)
