"""Labels from the future, at the click: the bound on what any label policy can reach."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class Oracle:
    """Show each click once, at once, with its true label.

    No trainer can: it looks ahead, says so, and is exempt from the look-ahead check for that reason.  It bounds the
    loss from late *labels* only; a better learner may pass it.
    """

    looks_ahead: ClassVar[bool] = True
    kinds: ClassVar[tuple[str, ...]] = ("click",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks of the interval with their true labels."""
        rows = view.clicks(start, end)
        return Examples(rows, view.click_time(rows), view.true_label(rows), np.zeros(len(rows), np.int8))
