"""How late refunds were, asked once clicks are mature: labels for an auxiliary model."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class MatureRefunds:
    """Show each refunded click once, as it reaches the attribution window's age at the watermark.

    The label says whether its refund came more than `window` after its conversion, as a policy that waits so long would
    have seen it.

    Parameters
    ----------
    window : int
        us after the conversion arrived.
    attribution_window : int
        us after the click.
    """

    window: int
    attribution_window: int
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("mature",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the refunded clicks that mature in the interval."""
        rows, due = view.settled(self.attribution_window, start, end)
        refunded = view.converted(rows, by=due) & ~view.known(rows, by=due)
        rows, due = rows[refunded], due[refunded]
        late = view.known(rows, by=np.minimum(view.converted_at(rows) + self.window, due))
        return Examples(rows, due, late, np.zeros(len(rows), np.int8))
