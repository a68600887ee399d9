"""Closed-form limits, in the toy world, of methods that judge all clicks at one age, with a guess at the rest.

What they are shown is the label as known at that age, which knows refunds where labels do; what they guess, from
conversions alone, does not.
"""

import numpy as np

from scenarios.durations import DAY
from simulator.limits_net import net_by
from simulator.toy import Toy


def calibrated(toy: Toy, window: int) -> float:
    """Return the limit of `calibrated_wait`: p, or with refunds what is net by the window over the share F(window)."""
    return net_by(toy, window) * toy.converted_by(toy.attribution_window) / toy.converted_by(window)


def ulc(toy: Toy, window: int, deadline: int | None = None, update: bool = False) -> float:
    """Return the limit of `ulc`: p F(window + deadline), and what comes later where true labels make up for it.

    These come an attribution window after the click, so in growing traffic there are fewer of them, and in shrinking
    traffic more, up to where nothing holds the prediction below 1.  A click that was refunded by the window counts as
    the conversion that it may still become.
    """
    early, by, shown = *_converted(toy, window, deadline), net_by(toy, window)
    limit = shown + (1 - shown) * (by - early) / (1 - early)
    if not update:
        return limit
    later = toy.rate * toy.converted_by(toy.attribution_window) - by
    return min(limit + later * float(np.exp(-toy.growth * (toy.attribution_window - window) / DAY)), 1.0)


def fsiw(toy: Toy, window: int, deadline: int | None = None, clip: float = 20.0) -> float:
    """Return the limit of `fsiw`: p F(window + deadline), or less where the weight of positives stands at its bound.

    A conversion that was refunded by the window is a negative, and weighed as one.
    """
    early, by, shown = *_converted(toy, window, deadline), net_by(toy, window)
    positive = shown * min(by / early, clip)
    return positive / (positive + (1 - shown) * (1 - by) / (1 - early))


def _converted(toy: Toy, window: int, deadline: int | None) -> tuple[float, float]:
    """Return P(converts by the window), and by `deadline` after it, by default inside the attribution window."""
    end = toy.attribution_window if deadline is None else window + deadline
    return toy.rate * toy.converted_by(window), toy.rate * toy.converted_by(end)
