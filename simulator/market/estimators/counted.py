"""As counted: what has arrived is taken for all there is."""

from simulator.market.estimators.base import Estimator, Floats, Known


def counted() -> Estimator:
    r"""Count what has arrived, as if it were all there will be.

    :math:`\hat V = \sum_i C_i`, whose expectation is :math:`\sum_i v_i G(a_i)`: too small by the share that is still on
    its way, the more so the younger the clicks are, which is why it is worst after a launch or a rise in spend.
    """

    def estimate(known: Known) -> Floats:
        return known.total(known.counted)

    return estimate
