"""The chain ladder: what has come, divided by the share that should have."""

from simulator.market.estimators.base import Estimator, Floats, Known, ratio


def chain_ladder() -> Estimator:
    r"""Divide what has come by the share of it that should have come at these ages.

    :math:`\hat V = \sum_i C_i / \bar G` with :math:`\bar G = \sum_i \hat v_i G(a_i) / \sum_i \hat v_i`.  A factor on
    all predictions cancels, so it has no bias where the delay's cdf is right, whatever the level of the model.  It
    blows up while clicks are young: its variance relative to the value squared is about :math:`1 / \sum_i v_i G(a_i)`.

    References
    ----------
    .. [1] Mack, "Distribution-free calculation of the standard error of chain ladder reserve estimates", 1993.
    .. [2] Vernade, Cappe, Perchet, "Stochastic bandit models for delayed conversions", 2017.
    """

    def estimate(known: Known) -> Floats:
        come = known.total(known.predicted * known.share)
        return known.total(known.settled) * ratio(known.total(known.predicted), come)

    return estimate
