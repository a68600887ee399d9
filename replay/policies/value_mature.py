"""What clicks came to, asked once each is mature."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class ValueMature:
    """Show each click once, with all its money, as it reaches the attribution window's age at the watermark.

    Parameters
    ----------
    attribution_window : int
        us.
    among : {"all", "converted"}
        Which clicks are shown: every one, or those that converted or brought a gift.
    """

    attribution_window: int
    among: Literal["all", "converted"] = "all"
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("mature",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that mature in the interval."""
        rows, due = view.settled(self.attribution_window, start, end)
        examples = Examples(rows, due, view.known(rows, by=due), np.zeros(len(rows), np.int8), view.value(rows, by=due))
        return examples if self.among == "all" else examples.part(examples.label)
