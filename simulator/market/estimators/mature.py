"""Mature only: older clicks speak for the young ones."""

from simulator.market.estimators.base import Estimator, Floats, Known, ratio


def mature() -> Estimator:
    r"""Let clicks whose attribution window is over speak for the young ones, by what they cost.

    :math:`\hat V = V_m \sum_i c_i / C_m`, with the cost :math:`C_m` and the value :math:`V_m` of as long a stretch of
    mature clicks.  It has no bias in steady state and needs no model of delay or value, but it speaks of clicks an
    attribution window ago: nothing at first, and nothing of what has changed since.
    """

    def estimate(known: Known) -> Floats:
        return known.total(known.cost) * ratio(known.mature_value, known.mature_cost)

    return estimate
