"""Predicted only: the model's word, whatever comes."""

from simulator.market.estimators.base import Estimator, Floats, Known


def predicted() -> Estimator:
    r"""Believe the model, and look at no outcome.

    :math:`\hat V = \sum_i \hat v_i`: there at once and hardly noisy, and wrong by the model's own bias for ever.
    """

    def estimate(known: Known) -> Floats:
        return known.total(known.predicted)

    return estimate
