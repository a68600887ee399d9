"""A look at each click at every age of a list, until it converts."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.log import Bools, Ints
from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class Checks:
    """Show each click at every age of a list at which it had not converted by the age before.

    The label says whether it converted in between.  So a click gives one example for every interval that it enters
    unconverted, and the last one is positive if it converts; kind is the number of the interval.  Conversions are shown
    at the end of their interval, beside those that did not convert in it, so neither outcome lags behind the other and
    growing traffic favours none.  Ages are counted at the feed's watermark: during an outage nothing is shown, and the
    conversions it held back, known all at once when it ends, count for the intervals in which they happened.

    Parameters
    ----------
    ages : tuple of int
        us after the click, increasing, above 0.
    """

    ages: tuple[int, ...]
    looks_ahead: ClassVar[bool] = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """One for each interval."""
        return tuple(f"interval_{number}" for number in range(len(self.ages)))

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the looks of the interval at clicks that had not converted by the look before."""
        looks = [self._looks(view, number, start, end) for number in range(len(self.ages))]
        row, due, label = (np.concatenate(column) for column in zip(*looks, strict=True))
        kind = np.repeat(np.arange(len(looks), dtype=np.int8), [len(look[0]) for look in looks])
        order = np.argsort(due, kind="stable")  # at one instant by kind, since that is how they stand
        return Examples(row[order], due[order], label[order], kind[order])

    def _looks(self, view: View, number: int, start: int, end: int) -> tuple[Ints, Ints, Bools]:
        rows, due = view.reached(self.ages[number], start, end)
        if number:
            before = view.converted_by(rows, self.ages[number - 1])
            rows, due = rows[~before], due[~before]
        return rows, due, view.converted_by(rows, self.ages[number])
