"""The positive examples of any policy."""

from dataclasses import dataclass

from replay.policies.base import Examples, LabelPolicy
from replay.view import View


@dataclass(frozen=True)
class Positives:
    """Show what another policy shows as positives, and nothing else."""

    policy: LabelPolicy

    @property
    def looks_ahead(self) -> bool:
        """As the policy inside."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """As the policy inside."""
        return self.policy.kinds

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the positive examples of the interval."""
        examples = self.policy.due(view, start, end)
        return examples.part(examples.label)
