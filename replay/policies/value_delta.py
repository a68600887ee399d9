"""Nothing at the click, and every amount as it arrives."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples, merge
from replay.view import View


@dataclass(frozen=True)
class ValueDelta:
    """Show each click at once with no money, and again with each amount that arrives; refunds with less than nothing.

    Nothing waits and nothing is lost.  An amount is shown as what it adds, so a click's amounts come to its value.  The
    label says whether money was given, not taken back.
    """

    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("first_look", "amount")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the interval's clicks without money, and the amounts that arrive in it."""
        rows = view.clicks(start, end)
        n = len(rows)
        nothing = np.zeros(n, np.int64)
        looks = Examples(rows, view.click_time(rows), np.zeros(n, np.bool_), np.zeros(n, np.int8), nothing)
        rows, arrivals, amounts = view.amounts(start, end)
        return merge(looks, Examples(rows, arrivals, amounts > 0, np.ones(len(rows), np.int8), amounts))
