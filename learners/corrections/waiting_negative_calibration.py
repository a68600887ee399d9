"""A serving transform for a stream that waits and duplicates what converts later."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Seen
from learners.corrections.auxiliary import LATE
from learners.corrections.plain import Plain

_HIGHEST = np.float32(1 - 1.2e-7)


@dataclass(frozen=True)
class WaitingNegativeCalibration(Plain):
    """Fake-negative calibration (FNC) for a stream that waits: learn at face value, serve b / (1 - b + F b).

    On the stream of `WaitThenLate` plain cross-entropy converges to b = p / (1 + p (1 - F)).  F = 1 - S, the share of
    conversions inside the waiting window, comes from the model called "late".  With F = 0, nothing waits, and it is
    FNC.  Clipped below 1.

    References
    ----------
    .. [1] Ktena et al., "Addressing delayed feedback for continuous training with neural networks in CTR prediction",
       RecSys 2019 (F = 0).
    """

    serves_from: ClassVar[tuple[str, ...]] = (MAIN, LATE)

    def serve(self, seen: Seen) -> Floats32:
        """Return b / (1 - S b), strictly inside (0, 1)."""
        b = seen[MAIN]
        return np.minimum(b / (np.float32(1) - seen[LATE] * b), _HIGHEST)
