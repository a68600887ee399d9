"""Any policy, cut off at a moment."""

from dataclasses import dataclass

from replay.policies.base import Examples, LabelPolicy, no_examples
from replay.view import View


@dataclass(frozen=True)
class Until:
    """Show what another policy shows before `stop`, and nothing after: the learner is frozen from then on."""

    policy: LabelPolicy
    stop: int  # us UTC

    @property
    def looks_ahead(self) -> bool:
        """As the policy inside."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """As the policy inside."""
        return self.policy.kinds

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return what comes due before the stop."""
        return self.policy.due(view, start, min(end, self.stop)) if start < self.stop else no_examples()
