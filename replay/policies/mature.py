"""What became of clicks, asked once each is mature: labels for auxiliary models."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from replay.policies.base import Examples
from replay.view import View


@dataclass(frozen=True)
class Mature:
    """Show each click once, as it reaches the attribution window's age at the watermark, and ask one thing of it.

    By then everything that counts has arrived, so labels are exact, and an attribution window old.  Early is what had
    arrived by `window` after the click, as a policy that waits so long would have seen it; late is what came after.

    Parameters
    ----------
    window : int
        Where early ends, us after the click.
    attribution_window : int
        us.
    among : {"all", "converted", "unconverted"}
        Which clicks are shown: every one, those that converted, those that had not converted by `window`.
    asks : {"late", "early", "converted", "never"}
        What the label says: whether the click converted late, early, at all, or not at all.
    """

    window: int
    attribution_window: int
    among: Literal["all", "converted", "unconverted"]
    asks: Literal["late", "early", "converted", "never"]
    looks_ahead: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("mature",)

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the clicks of the kind asked for that mature in the interval."""
        rows, due = view.settled(self.attribution_window, start, end)
        converted = view.converted(rows, by=due)
        early = view.converted(rows, by=np.minimum(view.waits_until(rows, self.window), due))
        shown = {"all": np.ones_like(converted), "converted": converted, "unconverted": ~early}[self.among]
        label = {"late": converted & ~early, "early": early, "converted": converted, "never": ~converted}[self.asks]
        n = int(np.count_nonzero(shown))
        return Examples(rows[shown], due[shown], label[shown], np.zeros(n, np.int8))
