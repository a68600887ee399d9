"""A negative at the click, a duplicate positive for what converts after a window."""

from dataclasses import dataclass
from typing import ClassVar

from replay.policies.base import Examples
from replay.policies.negative_first import NegativeFirst
from replay.view import View


@dataclass(frozen=True)
class NegativeThenLate:
    """Show each click at once as a negative, and again as a positive if its conversion arrives after `window`.

    What converts earlier stays a negative: the stream teaches P(converts late), and nothing of early conversions.
    """

    window: int  # us
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("first_look", "late")

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the interval's clicks as negatives and its late conversions as positives."""
        examples = NegativeFirst().due(view, start, end)
        shown = ~examples.label | (examples.due > view.click_time(examples.row) + self.window)
        return Examples(examples.row[shown], examples.due[shown], examples.label[shown], examples.kind[shown])
