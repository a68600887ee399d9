"""One look at each click, a waiting window after it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class Wait:
    """Show each click once, `window` late, with the label known by then.

    A conversion that arrives later is lost: the click stays a fake negative, and the prediction converges to
    p * F(window).  With the attribution window as `window` (and no feed latency) labels are exact, and as late as
    can be.
    """

    window: int  # us
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("waited",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that reach the window's age in the interval."""
        rows, due = view.waited(self.window, start, end)
        return Examples(rows, due, view.known(rows, by=due), np.zeros(len(rows), np.int8))
