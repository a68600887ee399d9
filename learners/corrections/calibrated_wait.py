"""A serving transform for a stream that waits and loses what comes later."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Seen
from learners.corrections.auxiliary import LATE
from learners.corrections.plain import Plain

_HIGHEST = np.float32(1 - 1.2e-7)


@dataclass(frozen=True)
class CalibratedWait(Plain):
    """Learn what converts inside the waiting window, serve that over the share F of conversions it holds.

    On the stream of `Wait` plain cross-entropy converges to p F, so p = f / F with F = 1 - S from the model called
    "late".  Where F depends on the click and that model does not, it is calibrated on average and wrong for every
    kind of click.  Clipped below 1.
    """

    serves_from: ClassVar[tuple[str, ...]] = (MAIN, LATE)

    def serve(self, seen: Seen) -> Floats32:
        """Return f / (1 - S), strictly inside (0, 1)."""
        early = np.float32(1) - seen[LATE]
        return np.minimum(seen[MAIN] / early, _HIGHEST)
