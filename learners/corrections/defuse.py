"""Importance weights by what an example turns out to be: immediate, delayed, fake or real."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import Floats32, Parts, Seen, Shown
from learners.corrections.auxiliary import DELAYED, REAL_NEGATIVE
from learners.corrections.plain import Plain

_OBSERVED = 0  # `WaitThenLate`'s first kind
_Weight = Floats32 | np.float32


@dataclass(frozen=True)
class Defuse(Plain):
    r"""Delayed feedback with unbiased estimation (DEFUSE), with the paper's weights.

    On the stream of `WaitThenLate` an observed negative is a fake one with probability z = 1 - rn, and then counts as
    a positive; immediate positives, fake negatives, real negatives and delayed positives count

    .. math:: w_1 = 1 + D,\quad w_2 = D,\quad w_3 = 1 + D,\quad w_4 = 1

    so (a, b) is (w1, 0) or (w4, 0) for a positive and (z w2, (1 - z) w3) for a negative.  Converges to p.  Over the
    fates of a click it adds up to (1 + D)(p, 1 - p), as `ElapsedTime` does: in steady traffic the two differ in noise
    alone.  With w1 = w3 = w4 = 1 and w2 = 0 it is `ElapsedTimeExact`.  Public code gives every positive w1 + w4 = 2 + D
    and converges to .328 where p = .2 and D = .11.

    References
    ----------
    .. [1] Chen et al., "Asymptotically unbiased estimation for delayed feedback modeling via label correction",
       WWW 2022.
    """

    needs: ClassVar[tuple[str, ...]] = (DELAYED, REAL_NEGATIVE)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return the four weights, each where it belongs."""
        delayed, one = seen[DELAYED], np.float32(1)
        return split(shown, seen[REAL_NEGATIVE], one + delayed, delayed, one + delayed, one)


def split(shown: Shown, real: Floats32, w1: _Weight, w2: _Weight, w3: _Weight, w4: _Weight) -> Parts:
    """Return the parts for any weights of immediate positives, fake and real negatives, and delayed positives.

    `real` is the probability that an observed negative is a real one.
    """
    zero = np.float32(0)
    positive = np.where(shown.kind == _OBSERVED, w1, w4)
    fake = (np.float32(1) - real) * w2
    return Parts(np.where(shown.label, positive, fake), np.where(shown.label, zero, real * w3))
