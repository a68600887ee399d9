"""The bound: bids by true probabilities, with the best multiplier of each day."""

import numpy as np

from simulator.market.controllers.base import Controller
from simulator.market.controllers.fixed import Fixed
from simulator.market.estimators.base import Floats


class Clairvoyant(Fixed):
    """Knows every auction of the day beforehand; whoever bids for it asks `best_multiplier` each morning."""


def clairvoyant() -> Controller:
    """Bid what buys most value in each day at the target, knowing its auctions and true probabilities.

    With second prices and one constraint, the most value for the money is had by one multiple of the true value for
    all auctions: no bidder can do better, up to the last click.  It looks ahead, and says so.
    """
    return Clairvoyant(1.0)


def best_multiplier(price: Floats, value: Floats, target: float, budget: float, *, second: bool) -> float:
    """Return the multiple of target * value that buys most at a cost of at most target * value and the budget.

    Parameters
    ----------
    price : float64 array of shape (n_auctions,)
        Highest competing prices.
    value : float64 array of shape (n_auctions,)
        Expected values, above 0.
    target : float
        Cost per value.
    budget : float
        inf for none.
    second : bool
        Whether the competing price is paid, or the bid.
    """
    if not len(price):
        return 1.0
    ratio = price / (target * value)  # won at any multiplier above
    order = np.argsort(ratio, kind="stable")
    ratio, bought = ratio[order], np.cumsum(value[order])
    following = np.append(ratio[1:], ratio[-1] * 1.01)
    if second:
        cost = np.cumsum(price[order])
        affordable = np.flatnonzero((cost <= target * bought) & (cost <= budget))
        if not len(affordable):
            return float(ratio[0] / 2)  # not even the cheapest
        last = affordable[-1]
        return float((ratio[last] + following[last]) / 2)
    affordable = np.flatnonzero((ratio < 1) & (target * ratio * bought < budget))
    if not len(affordable):
        return float(ratio[0] / 2)
    last = affordable[-1]
    return float(min(1.0, budget / (target * bought[last]), (ratio[last] + following[last]) / 2))
