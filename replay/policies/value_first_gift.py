"""A click once it has given something, and what it gives later."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples, merge
from replay.view import View


@dataclass(frozen=True)
class ValueFirstGift:
    """Show a click when its first conversion or gift arrives, with its money so far, and each amount that comes later.

    For models of the money given that there is some: clicks without a gift are never shown.  A click's amounts come to
    its value, whatever comes late or is taken back.
    """

    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("first_gift", "more")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the first gifts that arrive in the interval, and the amounts that follow earlier ones."""
        rows, arrivals = view.conversions(start, end)
        n = len(rows)
        first = Examples(rows, arrivals, np.ones(n, np.bool_), np.zeros(n, np.int8), view.value(rows, by=arrivals))
        rows, arrivals, amounts = view.amounts(start, end)
        follows = view.converted(rows, by=arrivals - 1)
        more = Examples(rows, arrivals, amounts > 0, np.ones(len(rows), np.int8), amounts)
        return merge(first, more.part(follows))
