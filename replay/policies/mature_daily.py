"""Mature labels only, a day's worth at a time."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.ages import in_order
from replay.policies.base import Examples
from replay.view import View

DAY = 86_400_000_000  # us


@dataclass(frozen=True)
class MatureDaily:
    """Show each click once, with its exact label, at the first UTC midnight at which it is mature.

    A click is mature at the attribution window's age at the feed's watermark.  This is the nightly batch job: no fake
    negatives, no correction, and a model that is an attribution window and half a day behind.
    """

    attribution_window: int  # us
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("mature",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that matured in the days that end in the interval."""
        first, last = -(-start // DAY) * DAY, (end - 1) // DAY * DAY  # the interval's midnights
        rows, matured = view.settled(self.attribution_window, first - DAY + 1, max(last, first - DAY) + 1)
        rows, due = in_order(rows, -(-matured // DAY) * DAY)
        return Examples(rows, due, view.known(rows, by=due), np.zeros(len(rows), np.int8))
