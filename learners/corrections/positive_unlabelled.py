"""Elkan and Noto's rescaling: two corrections, of the served model and of the constant it is divided by."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown
from learners.corrections.plain import Plain

LABELLED = "labelled"  # c = P(observed | converts), as the mean of g over observed positives
_HIGHEST = np.float32(1 - 1.2e-7)


@dataclass(frozen=True)
class Rescale(Plain):
    """Learn g = P(observed positive) at face value, serve g / c.

    c comes from the model called "labelled".  Clipped below 1.

    References
    ----------
    .. [1] Elkan, Noto, "Learning classifiers from only positive and unlabeled data", KDD 2008.
    """

    serves_from: ClassVar[tuple[str, ...]] = (MAIN, LABELLED)

    def serve(self, seen: Seen) -> Floats32:
        """Return g / c, strictly inside (0, 1)."""
        served: Floats32 = np.minimum(seen[MAIN] / seen[LABELLED], _HIGHEST)
        return served


@dataclass(frozen=True)
class Echo(Plain):
    """Learn what the served model says of the examples: a soft label, and so, without features, its mean over them."""

    needs: ClassVar[tuple[str, ...]] = (MAIN,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (their own labels do not matter)
        """Return (g, 1 - g)."""
        return Parts(seen[MAIN], np.float32(1) - seen[MAIN])
