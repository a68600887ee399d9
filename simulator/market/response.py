"""How cost per value answers to what happens: overshoot, settling time and swing."""

from typing import NamedTuple

import numpy as np

from scenarios.durations import HOUR
from simulator.market.estimators.base import Floats
from simulator.market.kernel import Ints

TOLERANCE = 0.1  # of the target: what counts as settled, and a day as inside
SMOOTH = 6  # updates over which cost and value are added up before they are divided


class Response(NamedTuple):
    """What cost / (target * value) did after an event; nan for no answer."""

    overshoot: float  # how far it rose above 1
    undershoot: float  # how far it fell below 1
    settling_hours: float  # until it stayed within a tenth of 1; nan if it never did
    swing: float  # half of the distance from its 5th to its 95th percentile in the second half of the time


def respond(start: Ints, end: Ints, cost: Floats, worth: Floats) -> Response:
    """Return the response over some updates; columns of shape (n_updates,).

    Parameters
    ----------
    start, end : int64 arrays
        us UTC, of the stretches between updates.
    cost : float64 array
    worth : float64 array
        target * value.
    """
    width = min(SMOOTH, len(cost))
    if not width:
        return Response(np.nan, np.nan, np.nan, np.nan)
    paid, got = (np.convolve(column, np.ones(width), "valid") for column in (cost, worth))
    spent = got > 0
    ratio = paid[spent] / got[spent]
    if not len(ratio):
        return Response(np.nan, np.nan, np.nan, np.nan)
    late = ratio[len(ratio) // 2 :]
    low, high = np.percentile(late, [5, 95])
    settled = _settled(end[width - 1 :][spent] - start[0], ratio)
    over, under = max(ratio.max() - 1, 0.0), max(1 - ratio.min(), 0.0)
    return Response(float(over), float(under), settled, float(high - low) / 2)


def _settled(since: Ints, ratio: Floats) -> float:
    """Return the hours after which the ratio stays within the tolerance; nan where it leaves it at the end."""
    outside = np.flatnonzero(np.abs(ratio - 1) > TOLERANCE)
    if not len(outside):
        return 0.0
    if outside[-1] == len(ratio) - 1:
        return float("nan")
    return float(since[outside[-1] + 1] / HOUR)
