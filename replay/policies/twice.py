"""Two looks at each click: one after a waiting window, one when its label is sure."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples, merge
from replay.policies.real_negatives import RealNegatives
from replay.policies.wait_then_late import WaitThenLate
from replay.view import View


@dataclass(frozen=True)
class Twice:
    """Show each click `window` late with the label known by then, and a second time with its true label.

    The second look comes as soon as the label is sure: at once for what converted inside the window, on arrival for
    what converts later, and at the age `confirm` for what has not converted by then, at the feed's watermark.  With
    the attribution window as `confirm` every click is shown exactly twice, so that clicks are distributed as in the
    log; negatives wait longest, and in growing traffic they are too few.  With a shorter one, conversions from after
    it are shown a third time, as a fake negative in between.
    """

    window: int  # us
    confirm: int  # us, at least `window`
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("observed", "late", "confirmed", "again")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the looks of the interval, first and second."""
        looks = RealNegatives(WaitThenLate(self.window), self.confirm).due(view, start, end)
        early = looks.label & (looks.kind == 0)
        kind = np.full(np.count_nonzero(early), 3, np.int8)
        return merge(looks, Examples(looks.row[early], looks.due[early], looks.label[early], kind))
