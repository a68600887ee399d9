"""A look at each click at every age of a list, converted or not."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class Revisits:
    """Show each click at every age of a list, whether or not it has converted by then, with all that is known.

    The label says whether it had converted by that age, and kind is the number of the interval of ages in which it did,
    or of the last one that it survived.  What is known of a click is told as often as the list is long, each time anew.

    Parameters
    ----------
    ages : tuple of int
        us after the click, increasing, above 0; counted at the feed's watermark.
    """

    ages: tuple[int, ...]
    looks_ahead: ClassVar[bool] = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """One for each interval."""
        return tuple(f"interval_{number}" for number in range(len(self.ages)))

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that reach an age in the interval of time."""
        looks = [self._looks(view, number, start, end) for number in range(len(self.ages))]
        row, due, label, kind = (np.concatenate(column) for column in zip(*(look[:4] for look in looks), strict=True))
        order = np.lexsort((row, kind, due))
        return Examples(row[order], due[order], label[order], kind[order])

    def _looks(self, view: View, number: int, start: int, end: int) -> Examples:
        rows, due = view.reached(self.ages[number], start, end)
        kind = np.full(len(rows), number, np.int8)
        for earlier in range(number - 1, -1, -1):
            kind[view.converted_by(rows, self.ages[earlier])] = earlier
        return Examples(rows, due, view.converted_by(rows, self.ages[number]), kind)
