"""A look at each click at every one of several ages, with all that the earlier looks said."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from replay.log import Ints
from replay.policies.base import Examples, no_examples
from replay.view import View


@dataclass(frozen=True)
class Reveals:
    """Show each click at every reveal time with the label known by then.

    The kind says which look it is and how many of the looks so far, this one included, had found no conversion; that is
    the whole history, since a click that has converted stays so.  The n-th look at a click of which k looks found
    nothing has kind ``n (n + 3) / 2 + k``, n from 0.

    Parameters
    ----------
    reveals : tuple of int
        us after the click, increasing; at most 14, so that kinds fit eight bits.
    """

    reveals: tuple[int, ...]
    looks_ahead: ClassVar[bool] = False

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of (look, looks that found nothing)."""
        looks = range(len(self.reveals))
        return tuple(f"look {look}, {nothing} without" for look in looks for nothing in range(look + 2))

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks that reach one of the ages in the interval."""
        pieces = [no_examples(), *(self._look(view, look, start, end) for look in range(len(self.reveals)))]
        row, due, label, kind = (
            np.concatenate(columns) for columns in zip(*(piece[:4] for piece in pieces), strict=True)
        )
        order = np.lexsort((row, kind, due))
        return Examples(row[order], due[order], label[order], kind[order])

    def _look(self, view: View, look: int, start: int, end: int) -> Examples:
        age = self.reveals[look]
        rows = view.clicks(start - age, end - age)
        time = view.click_time(rows)
        known = np.stack([view.converted(rows, by=time + earlier) for earlier in self.reveals[: look + 1]])
        nothing: Ints = np.count_nonzero(~known, axis=0)
        kind = (look * (look + 3) // 2 + nothing).astype(np.int8)
        return Examples(rows, time + age, known[-1], kind)
