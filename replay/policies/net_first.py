"""A negative at the click, a positive at the conversion, a negative again at its refund."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples, merge
from replay.policies.negative_first import NegativeFirst
from replay.view import View


@dataclass(frozen=True)
class NetFirst:
    """Show each click at once as a negative, as a positive when its conversion arrives, as a negative at its refund.

    Nothing waits and nothing is lost.  Where labels do not know refunds it is `NegativeFirst`.
    """

    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("first_look", "conversion", "refund")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the interval's clicks as negatives, its conversions as positives and its refunds as negatives."""
        rows, arrivals = view.refunds(start, end)
        n = len(rows)
        refunds = Examples(rows, arrivals, np.zeros(n, np.bool_), np.full(n, 2, np.int8))
        return merge(NegativeFirst().due(view, start, end), refunds)
