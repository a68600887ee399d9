"""Importance weights for a stream that waits and duplicates late conversions, without the duplicates' share."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import Parts, Seen, Shown
from learners.corrections.auxiliary import REAL_NEGATIVE
from learners.corrections.plain import Plain


@dataclass(frozen=True)
class ElapsedTimeExact(Plain):
    r"""Elapsed-time sampling (ES-DFM) with the whole density ratio.

    On the stream of `WaitThenLate` every conversion is a positive once, and 1 - p + D looks are negatives, D of them
    fake.  So positives count 1, and negatives the probability that they are real:

    .. math:: (a, b) = (y,\; (1 - y)\, rn)

    In expectation a click then counts (p, 1 - p), as with labels that are never late, whatever the class of the model.
    `ElapsedTime`, the published form, is this times 1 + D.

    References
    ----------
    .. [1] Yang et al., "Capturing delayed feedback in conversion rate prediction via elapsed-time sampling", AAAI 2021.
    """

    needs: ClassVar[tuple[str, ...]] = (REAL_NEGATIVE,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y, (1 - y) rn)."""
        zero = np.float32(0)
        return Parts(shown.label.astype(np.float32), np.where(shown.label, zero, seen[REAL_NEGATIVE]))
