"""A soft label in place of one that may still change."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import Parts, Seen, Shown
from learners.corrections.auxiliary import REAL_NEGATIVE
from learners.corrections.plain import Plain

_CONFIRMED = 1  # the kind of a click that had no conversion at the first look, now with its true label


@dataclass(frozen=True)
class LabelCorrection(Plain):
    r"""Label correction (ULC): an observed negative counts as the conversion it may still become.

    On the stream of `Wait`, with LC = 1 - rn the probability that a click converts that has not by then,

    .. math:: (a, b) = (t,\; 1 - t),\quad t = y + (1 - y)\, LC

    In expectation a click counts (p, 1 - p): the oracle's risk where LC is true.  Where the stream goes on with the
    true labels of the observed negatives, the difference to what was said is made up for by a step of delta-gradient,

    .. math:: (a, b) = (y - LC,\; LC - y)

    Over both looks the gradient is f - y, whatever LC says, as long as it says the same both times: what was said at
    the first look is not kept.

    References
    ----------
    .. [1] Wang et al., "Unbiased delayed feedback label correction for conversion rate prediction", KDD 2023 (the
       first part; theirs is retrained in batches).
    """

    needs: ClassVar[tuple[str, ...]] = (REAL_NEGATIVE,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (t, 1 - t) at the first look, and (y - LC, LC - y) at the second."""
        label, one = shown.label.astype(np.float32), np.float32(1)
        later = one - seen[REAL_NEGATIVE]
        soft = np.where(shown.label, one, later)
        second = shown.kind == _CONFIRMED
        return Parts(np.where(second, label - later, soft), np.where(second, later - label, one - soft))
