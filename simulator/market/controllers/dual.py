"""The multiplicative dual update: the multiplier as the inverse price of a constraint."""

import math
from dataclasses import dataclass

from simulator.market.controllers.base import LEAST, MOST, Controller, check_limits


@dataclass
class Dual:
    """Exponentiated gradient on the multiplier."""

    gain: float
    least: float
    most: float
    multiplier: float = 1.0

    def update(self, error: float, hours: float) -> float:
        """Return the multiplier after one more step."""
        slack = min(math.expm1(error), 1.0)  # target * value / cost - 1
        self.multiplier = min(max(self.multiplier * math.exp(self.gain * hours * slack), self.least), self.most)
        return self.multiplier


def dual(*, gain: float = 0.02, least: float = LEAST, most: float = MOST) -> Controller:
    r"""Let the multiplier grow with the slack of the constraint cost <= target * value.

    :math:`m \leftarrow m \exp(\eta\,\Delta t\,g)` with :math:`g = T V / C - 1`, cut at 1: a step of mirror descent with
    the entropy as its map on the constraint's dual variable, whose inverse scales the bids.  Near the target it is the
    integral part of `pid`; far below it, where value seems dear, it is gentler, since g cannot fall below -1.

    Parameters
    ----------
    gain : float
        eta, per hour.
    least, most : float
        Limits of the multiplier.

    Raises
    ------
    ValueError
        If the gain is not above 0, or the limits do not hold 1 between them.

    References
    ----------
    .. [1] Balseiro, Lu, Mirrokni, "The best of many worlds: dual mirror descent for online allocation", 2023.
    .. [2] Feng, Padmanabhan, Wang, "Online bidding algorithms for return-on-spend constrained advertisers", 2023.
    """
    if not gain > 0:
        raise ValueError(f"gain: expected a number above 0, got {gain}")
    check_limits(least, most)
    return Dual(gain, least, most)
