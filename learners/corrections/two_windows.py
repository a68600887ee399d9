"""A serving transform for two models: what converts early, and what converts late."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Seen
from learners.corrections.plain import Plain

OUT_WINDOW = "out_window"
_HIGHEST = np.float32(1 - 1.2e-7)  # two probabilities may add up to more than one


@dataclass(frozen=True)
class TwoWindows(Plain):
    """Bi-DEFUSE: learn at face value what converts inside the window, and serve it plus what converts outside it.

    The model that learns by this is the in-window one, at p F(w); the other, at D, is called "out_window".

    References
    ----------
    .. [1] Chen et al., "Asymptotically unbiased estimation for delayed feedback modeling via label correction",
       WWW 2022.
    """

    serves_from: ClassVar[tuple[str, ...]] = (MAIN, OUT_WINDOW)

    def serve(self, seen: Seen) -> Floats32:
        """Return the sum of both, strictly inside (0, 1)."""
        total: Floats32 = np.minimum(seen[MAIN] + seen[OUT_WINDOW], _HIGHEST)
        return total
