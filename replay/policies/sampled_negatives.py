"""Any policy, with only a share of its negatives."""

from dataclasses import dataclass

from replay.policies.base import Examples, LabelPolicy
from replay.uniform import uniform
from replay.view import View

_STREAM = 1_000_003  # apart from those of the label feed


@dataclass(frozen=True)
class SampledNegatives:
    """Show what another policy shows, but the negatives of only a share of the clicks, drawn once for all.

    Which clicks is a hash of their rows and times, so that it depends on nothing that comes later.  True and fake
    negatives are thinned alike, since no one can tell them apart when they are shown; positives all stay.
    """

    policy: LabelPolicy
    rate: float  # share kept, in (0, 1]

    @property
    def looks_ahead(self) -> bool:
        """As the policy inside."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """As the policy inside."""
        return self.policy.kinds

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the positives of the interval, and the negatives of the clicks that were drawn."""
        examples = self.policy.due(view, start, end)
        drawn = uniform(_STREAM, examples.row, view.click_time(examples.row)) <= self.rate
        kept = examples.label | drawn
        return examples.part(kept)
