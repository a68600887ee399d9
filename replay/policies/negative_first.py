"""A negative at the click, a duplicate positive at the conversion."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples, merge
from replay.view import View


@dataclass(frozen=True)
class NegativeFirst:
    """Show each click at once as a negative, and again as a positive when its conversion arrives.

    Nothing waits and nothing is lost, but every conversion was shown as a fake negative first; a share p / (1 + p) of
    the examples is positive, and without a correction that is what the prediction converges to.
    """

    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("first_look", "conversion")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the interval's clicks as negatives and its conversions as positives."""
        rows = view.clicks(start, end)
        n = len(rows)
        looks = Examples(rows, view.click_time(rows), np.zeros(n, np.bool_), np.zeros(n, np.int8))
        rows, arrivals = view.conversions(start, end)
        n = len(rows)
        return merge(looks, Examples(rows, arrivals, np.ones(n, np.bool_), np.ones(n, np.int8)))
