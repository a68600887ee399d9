"""Examples at face value."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown


@dataclass(frozen=True)
class Plain:
    """Plain cross-entropy: a positive counts (1, 0), a negative (0, 1)."""

    needs: ClassVar[tuple[str, ...]] = ()
    serves_from: ClassVar[tuple[str, ...]] = (MAIN,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (nothing depends on it here)
        """Return (y, 1 - y)."""
        positive = shown.label.astype(np.float32)
        return Parts(positive, np.float32(1) - positive)

    def serve(self, seen: Seen) -> Floats32:
        """Serve what was learned."""
        return seen[MAIN]
