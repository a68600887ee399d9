"""Two policies at once."""

from dataclasses import dataclass

import numpy as np

from replay.policies.base import Examples, LabelPolicy, merge
from replay.view import View


@dataclass(frozen=True)
class Both:
    """Show what either of two policies shows; at one instant the first goes first.

    The kinds of the second come after those of the first.
    """

    first: LabelPolicy
    second: LabelPolicy

    @property
    def looks_ahead(self) -> bool:
        """Whether either does."""
        return self.first.looks_ahead or self.second.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those of the first, then those of the second."""
        return (*self.first.kinds, *self.second.kinds)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the examples of both that come due in the interval."""
        second = self.second.due(view, start, end)
        kind = second.kind + np.int8(len(self.first.kinds))
        return merge(self.first.due(view, start, end), second._replace(kind=kind))
