"""Any policy, a while later."""

from dataclasses import dataclass

from replay.policies.base import Examples, LabelPolicy
from replay.view import View


@dataclass(frozen=True)
class Behind:
    """Show what another policy shows, with the labels it shows it with, `by` later.

    A model that learns this way is what a model that learns from the policy inside was `by` ago, to the last bit: a
    way to know what that one said of a click then, without having kept it.
    """

    policy: LabelPolicy
    by: int  # us

    @property
    def looks_ahead(self) -> bool:
        """As the policy inside."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """As the policy inside."""
        return self.policy.kinds

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return what was due `by` before."""
        examples = self.policy.due(view, start - self.by, end - self.by)
        return examples._replace(due=examples.due + self.by)
