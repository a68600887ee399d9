"""Importance weights for a stream that shows every click twice, as published."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Parts, Seen, Shown
from learners.corrections.auxiliary import DELAYED
from learners.corrections.plain import Plain

_LARGEST = np.float32(2)


@dataclass(frozen=True)
class Defer(Plain):
    r"""Weights of delayed feedback with real negatives (DEFER).

    On the stream of `Twice` half of the examples carry the observed label and half the true one, so clicks are
    distributed as in the log and a label is positive with probability p - D / 2.  With the prediction f in p's place:

    .. math:: (a, b) = \left(\frac{y f}{f - D / 2},\; \frac{(1 - y)(1 - f)}{1 - f + D / 2}\right)

    D is at most f, which bounds the first weight by 2 (public code clips it to [1, 3]).  Converges to p.  Since f
    stands for p, a model that cannot represent p does not come to the oracle's fit (see `DeferExact`).

    References
    ----------
    .. [1] Gu et al., "Real negatives matter: continuous training with real negatives for delayed feedback modeling",
       KDD 2021.
    """

    needs: ClassVar[tuple[str, ...]] = (MAIN, DELAYED)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y f / (f - D/2), (1 - y)(1 - f) / (1 - f + D/2))."""
        f, half, one, zero = seen[MAIN], np.float32(0.5), np.float32(1), np.float32(0)
        late = np.minimum(seen[DELAYED] / f, one)
        negative = (one - f) / (one - f + half * seen[DELAYED])
        positive = np.where(shown.label, one / (one - half * late), zero)
        return Parts(positive, np.where(shown.label, zero, negative))

    def clipped(self, shown: Shown, parts: Parts) -> int:  # noqa: ARG002  (negatives have no positive part)
        """Return how many positives weigh 2, since D was not below f."""
        return int(np.count_nonzero(parts.positive >= _LARGEST))
