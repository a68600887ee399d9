"""Any policy, with what never converts confirmed as negative once it is sure."""

from dataclasses import dataclass

import numpy as np

from replay.policies.base import Examples, LabelPolicy, merge
from replay.view import View


@dataclass(frozen=True)
class RealNegatives:
    """Show what another policy shows, and once more, as negatives, the clicks that have not converted by an age.

    The age is counted at the feed's watermark.  At the attribution window's these negatives are real ones; at a
    younger age some convert later, and stay fake.  Their kind comes after those of the policy inside.
    """

    policy: LabelPolicy
    age: int  # us

    @property
    def looks_ahead(self) -> bool:
        """As the policy inside."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those of the policy inside, then "confirmed"."""
        return (*self.policy.kinds, "confirmed")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return what the policy inside shows in the interval, and the negatives that reach the age in it."""
        rows, due = view.settled(self.age, start, end)
        unconverted = ~view.converted(rows, by=due)
        rows, due = rows[unconverted], due[unconverted]
        kind = np.full(len(rows), len(self.policy.kinds), np.int8)
        return merge(self.policy.due(view, start, end), Examples(rows, due, np.zeros(len(rows), np.bool_), kind))
