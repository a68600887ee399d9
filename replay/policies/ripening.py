"""Labels for auxiliary models of a log that is younger than its attribution window."""

from dataclasses import dataclass, replace

import numpy as np

from replay.policies.base import Examples, no_examples
from replay.policies.mature import Mature
from replay.view import View

_EARLIEST = -(2**62)  # us, before any click


@dataclass(frozen=True)
class Ripening:
    """Show what `Mature` shows, and until any click is mature, the oldest clicks there are, with what is known by then.

    A model of mature labels has nothing to learn from for an attribution window W after the log's first click.  In the
    second half of that, clicks are shown as they reach the age W / 2, with the labels known then; in the second quarter
    as they reach W / 4; and so on, down to the last age above the waiting window.  Such labels lack what converts
    later, less and less of it.  From W on there are none but mature ones.

    Parameters
    ----------
    policy : Mature
    """

    policy: Mature

    @property
    def looks_ahead(self) -> bool:
        """As the policy inside."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """As the policy inside."""
        return self.policy.kinds

    @property
    def ages(self) -> tuple[int, ...]:
        """The ages at which clicks are shown, us, increasing; the last is the attribution window."""
        found = [self.policy.attribution_window]
        while found[0] // 2 > self.policy.window:
            found.insert(0, found[0] // 2)
        return tuple(found)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that reach, in the interval, the age that is asked for at that time."""
        if not len(view.clicks(_EARLIEST, end)):
            return no_examples()
        first = int(view.click_time(np.zeros(1, np.int64))[0])
        if start >= first + self.policy.attribution_window:
            return self.policy.due(view, start, end)
        pieces = [no_examples()]
        for age, until in zip(self.ages, (*self.ages[1:], end - first), strict=True):
            begin, stop = max(start, first + age), min(end, first + until)
            if begin < stop:
                pieces.append(replace(self.policy, attribution_window=age).due(view, begin, stop))
        row, due, label, kind = (
            np.concatenate(column) for column in zip(*(piece[:4] for piece in pieces), strict=True)
        )
        return Examples(row, due, label, kind)
