"""Any policy, without the clicks of the beginning."""

from dataclasses import dataclass

import numpy as np

from replay.policies.base import Examples, LabelPolicy
from replay.view import View


@dataclass(frozen=True)
class Since:
    """Show what another policy shows of clicks that come at least `after` the log's first.

    For models that learn from what others said, and not before these have learned something.
    """

    policy: LabelPolicy
    after: int  # us

    @property
    def looks_ahead(self) -> bool:
        """As the policy inside."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """As the policy inside."""
        return self.policy.kinds

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return what comes due of later clicks."""
        examples = self.policy.due(view, start, end)
        if not len(examples.row):
            return examples
        first = view.click_time(np.zeros(1, np.int64))
        return examples.part(view.click_time(examples.row) >= first + self.after)
