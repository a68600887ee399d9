"""How old clicks were when their money came, asked once each is mature."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples
from replay.view import View

_EARLY, _LATE = 0, 1  # kinds


@dataclass(frozen=True)
class ValueAges:
    """Show each amount of a click, once the click is mature: whether it had arrived by `window` after the click.

    Shares of early amounts are what part of the money, or of the gifts, a trainer that waits so long has seen.  A click
    is mature on reaching the attribution window's age at the watermark.  The label, too, says whether it came early.
    """

    window: int  # us
    attribution_window: int  # us
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("early", "late")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the amounts of the clicks that mature in the interval."""
        rows, due = view.settled(self.attribution_window, start, end)
        which, arrivals, amounts = view.amounts_of(rows, by=due)
        early = arrivals <= view.waits_until(rows[which], self.window)
        kind = np.where(early, _EARLY, _LATE).astype(np.int8)
        order = np.lexsort((rows[which], kind, due[which]))
        which = which[order]
        return Examples(rows[which], due[which], early[order], kind[order], amounts[order])
