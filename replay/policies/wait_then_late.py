"""One look at each click, a waiting window after it, and a duplicate for what converts later."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples, merge
from replay.view import View


@dataclass(frozen=True)
class WaitThenLate:
    """Show each click `window` late with the label known by then, and again as a positive if it converts later.

    Early conversions are never a fake negative; late ones are one until they arrive.  With D = p (1 - F(window)), the
    share of conversions that come late, positives are p / (1 + D) of the examples, and without a correction that is
    what the prediction converges to.  The window is counted to now, not to the feed's watermark: during an outage
    every click is shown as a negative, and its conversion comes late.
    """

    window: int  # us
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("observed", "late")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that reach the window's age in the interval, and the conversions that arrive too late."""
        rows, due = view.waited(self.window, start, end)
        looks = Examples(rows, due, view.converted(rows, by=due), np.zeros(len(rows), np.int8))
        rows, arrivals = view.conversions(start, end)
        late = arrivals > view.waits_until(rows, self.window)
        rows, arrivals = rows[late], arrivals[late]
        n = len(rows)
        return merge(looks, Examples(rows, arrivals, np.ones(n, np.bool_), np.ones(n, np.int8)))
