"""Soft labels for both looks at a click: the early one, and the one that confirms a negative."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Parts, Seen, Shown
from learners.corrections.auxiliary import DELAYED, REAL_NEGATIVE
from learners.corrections.plain import Plain

_CONFIRMED = 2  # the kind that `RealNegatives` adds to those of `WaitThenLate`


@dataclass(frozen=True)
class Dual(Plain):
    r"""Dually enhanced delayed feedback modelling (DDFM).

    On the stream of `RealNegatives` around `WaitThenLate` an observed negative is a conversion with probability
    1 - rn.  The second looks, late conversions and confirmed negatives, lack the early conversions, which are put back
    as a part f - D of each confirmed negative:

    .. math:: (a, b) = (t,\; 1 - t),\quad t = 1,\; 1 - rn,\; \max(f - D, 0)

    for positives, observed and confirmed negatives.  Either look by itself converges to p.  The first is the oracle's
    risk; the second counts a click 1 - p F(w) times and leans on f, so a model that cannot represent p does not come
    to the oracle's fit.

    References
    ----------
    .. [1] Dai et al., "Dually enhanced delayed feedback modeling for streaming conversion rate prediction", CIKM 2023.
    """

    needs: ClassVar[tuple[str, ...]] = (MAIN, DELAYED, REAL_NEGATIVE)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (t, 1 - t)."""
        one, zero = np.float32(1), np.float32(0)
        early = np.maximum(seen[MAIN] - seen[DELAYED], zero)
        soft = np.where(shown.kind == _CONFIRMED, early, one - seen[REAL_NEGATIVE])
        positive = np.where(shown.label, one, soft)
        return Parts(positive, one - positive)

    def clipped(self, shown: Shown, parts: Parts) -> int:
        """Return how many confirmed negatives have a soft label of 0, since D was not below f."""
        return int(np.count_nonzero((shown.kind == _CONFIRMED) & (parts.positive <= 0)))
