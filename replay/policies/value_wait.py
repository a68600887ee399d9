"""One look at each click's money, a waiting window after it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class ValueWait:
    """Show each click once, `window` late, with the money that has arrived by then; what comes later is lost."""

    window: int  # us
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("waited",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that reach the window's age in the interval."""
        rows, due = view.waited(self.window, start, end)
        return Examples(rows, due, view.known(rows, by=due), np.zeros(len(rows), np.int8), view.value(rows, by=due))
