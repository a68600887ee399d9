"""Posterior fill: each click that has not converted yet gets what it may still bring."""

import numpy as np

from simulator.market.estimators.base import Estimator, Floats, Known


def posterior_fill() -> Estimator:
    r"""Count what has come, and give each other click what it may still bring.

    :math:`\hat V = \sum_i C_i + \sum_{i\,\text{not converted}} \hat v_i (1 - G(a_i)) / (1 - \hat p_i F(a_i))`: a click
    that has not converted by its age does so later with that probability, by Bayes.  With a right model and delay it
    has no bias; of a wrong model's bias it keeps the part that is still to come.

    References
    ----------
    .. [1] Chapelle, "Modeling delayed feedback in display advertising", 2014.
    """

    def estimate(known: Known) -> Floats:
        silent = 1.0 - known.probability * known.converted_share
        late = known.predicted * (1.0 - known.share) / np.maximum(silent, np.finfo(np.float64).tiny)
        return known.total(known.settled + np.where(known.converted, 0.0, late))

    return estimate
