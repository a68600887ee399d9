"""Money from the future, at the click: the bound on what any policy of values can reach."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class ValueOracle:
    """Show each click once, at once, with all the money that it will bring inside the attribution window.

    No trainer can: it looks ahead, and says so.
    """

    looks_ahead: ClassVar[bool] = True
    kinds: ClassVar[tuple[str, ...]] = ("click",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks of the interval with their true values."""
        rows = view.clicks(start, end)
        kind = np.zeros(len(rows), np.int8)
        return Examples(rows, view.click_time(rows), view.true_label(rows), kind, view.true_value(rows))
