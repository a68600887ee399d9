"""One look at each conversion, a waiting window after it, and a duplicate for what is refunded later."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples, merge
from replay.view import View


@dataclass(frozen=True)
class RefundLooks:
    """Show each click that converted, `window` after the conversion arrived, and again if it is refunded later.

    The label says whether it is refunded: it is `WaitThenLate` a stage further on, and asks of conversions what that
    asks of clicks.  Where labels do not know refunds all are negative.
    """

    window: int  # us
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("observed", "late")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the conversions that reach the window's age in the interval, and the refunds that arrive too late."""
        rows, arrivals = view.conversions(start - self.window, end - self.window)
        due = arrivals + self.window
        looks = Examples(rows, due, ~view.known(rows, by=due), np.zeros(len(rows), np.int8))
        rows, arrivals = view.refunds(start, end)
        late = arrivals > view.converted_at(rows) + self.window
        rows, arrivals = rows[late], arrivals[late]
        n = len(rows)
        return merge(looks, Examples(rows, arrivals, np.ones(n, np.bool_), np.ones(n, np.int8)))
