"""Bornhuetter and Ferguson: what has come, and the model for the rest, at the level that outcomes confirm."""

from simulator.market.estimators.base import Estimator, Floats, Known, ratio


def bornhuetter_ferguson(*, prior: float = 20.0) -> Estimator:
    r"""Count what has come, and predict the rest at the level that the campaign's outcomes confirm.

    :math:`\hat V = \sum_i C_i + \hat\kappa \sum_i \hat v_i (1 - G(a_i))` with
    :math:`\hat\kappa = (a + \sum_i C_i) / (a + \sum_i \hat v_i G(a_i))`.  Counts are taken for Poisson with mean
    :math:`\kappa \sum_i \hat v_i G(a_i)` and :math:`\kappa` for Gamma with mean 1 and shape a, so :math:`\hat\kappa` is
    its posterior mean: a calibration of the model, campaign by campaign, that starts at 1 and leaves it as outcomes
    come.  Between the model alone (a large) and the chain ladder (a = 0).

    Parameters
    ----------
    prior : float
        a: how many conversions the model's own level is worth; where money is estimated, so many of mean value.

    Raises
    ------
    ValueError
        If `prior` is below 0.

    References
    ----------
    .. [1] Bornhuetter, Ferguson, "The actuary and IBNR", 1972.
    .. [2] England, Verrall, "Stochastic claims reserving in general insurance", 2002: the Gamma-Poisson reading.
    """
    if prior < 0:
        raise ValueError(f"prior: expected a number of at least 0, got {prior}")

    def estimate(known: Known) -> Floats:
        come, expected = known.total(known.settled), known.total(known.predicted * known.share)
        whole = known.total(known.predicted)
        strength = prior * ratio(whole, known.total(known.probability)) if prior else 0.0 * whole
        return come + ratio(strength + come, strength + expected) * (whole - expected)

    return estimate
