"""Closed-form limits, in the toy world, of methods that judge all clicks at one age, with a guess at the rest."""

import numpy as np

from scenarios.durations import DAY
from simulator.toy import Toy


def ulc(toy: Toy, window: int, deadline: int | None = None, update: bool = False) -> float:
    """Return the limit of `ulc`: p F(window + deadline), and what comes later where true labels make up for it.

    These come an attribution window after the click, so in growing traffic there are fewer of them, and in shrinking
    traffic more, up to where nothing holds the prediction below 1.
    """
    by = _converted(toy, window, deadline)
    if not update:
        return by
    later = _converted(toy, window, None) - by
    return min(by + later * float(np.exp(-toy.growth * (toy.attribution_window - window) / DAY)), 1.0)


def fsiw(toy: Toy, window: int, deadline: int | None = None, clip: float = 20.0) -> float:
    """Return the limit of `fsiw`: p F(window + deadline), or less where the weight of positives stands at its bound."""
    early, by = _converted(toy, window, 0), _converted(toy, window, deadline)
    positive = min(by, clip * early)
    return positive / (positive + 1 - by)


def _converted(toy: Toy, window: int, deadline: int | None) -> float:
    """Return P(converts by `deadline` after the window), by default inside the attribution window."""
    return toy.rate * toy.converted_by(toy.attribution_window if deadline is None else window + deadline)
