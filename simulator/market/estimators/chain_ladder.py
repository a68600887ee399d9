"""The chain ladder: what has come, divided by the share that should have."""

import numpy as np

from simulator.market.estimators.base import Estimator, Floats, Known, ratio


def chain_ladder(*, due: float = 1.0) -> Estimator:
    r"""Divide what has come by the share of it that should have come at these ages.

    :math:`\hat V = \sum_i C_i / \bar G` with :math:`\bar G = \sum_i \hat v_i G(a_i) / \sum_i \hat v_i`.  A factor on
    all predictions cancels, so it has no bias where the delay's cdf is right, whatever the level of the model.  It
    blows up while clicks are young: its variance relative to the value squared is about :math:`1 / \sum_i v_i G(a_i)`.
    So it says nothing while less than `due` conversions should have come, and multipliers stay.

    Parameters
    ----------
    due : float
        Conversions; where money is estimated, so many of mean value.

    Raises
    ------
    ValueError
        If `due` is below 0.

    References
    ----------
    .. [1] Mack, "Distribution-free calculation of the standard error of chain ladder reserve estimates", 1993.
    .. [2] Vernade, Cappe, Perchet, "Stochastic bandit models for delayed conversions", 2017.
    """
    if due < 0:
        raise ValueError(f"due: expected a number of at least 0, got {due}")

    def estimate(known: Known) -> Floats:
        come, whole = known.total(known.predicted * known.share), known.total(known.predicted)
        enough = come >= due * ratio(whole, known.total(known.probability))
        return np.where(enough, known.total(known.settled) * ratio(whole, come), np.nan)

    return estimate
