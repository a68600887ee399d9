"""How likely the labels are under the predictions: proper scores."""

import numpy as np

from simulator.metrics.sums import Bools, Floats, Probabilities, Sums, ratio, sums_of


def nll_from(sums: Sums) -> Floats:
    """Return the mean negative log-likelihood of some clicks."""
    return ratio(sums.loss, sums.clicks)


def normalized_entropy_from(sums: Sums) -> Floats:
    """Return the mean negative log-likelihood over the entropy of the observed rate."""
    rate = ratio(sums.conversions, sums.clicks)
    inside = (rate > 0) & (rate < 1)
    r = np.where(inside, rate, 0.5)
    entropy = -(r * np.log(r) + (1 - r) * np.log1p(-r))
    return np.where(inside, nll_from(sums) / entropy, np.nan)


def brier_from(sums: Sums) -> Floats:
    """Return the mean squared error of some predictions."""
    return ratio(sums.squared_error, sums.clicks)


def nll(label: Bools, p: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the mean negative log-likelihood, in nats per click; lower is better, the minimum is 0.

    Parameters
    ----------
    label : bool array of shape (n_clicks,)
        Mature labels: whether the click converted inside the attribution window.
    p : float array of shape (n_clicks,)
        Predictions made at click time, in (0, 1).  Nothing is clipped, but an exact 0 or 1 counts as the nearest
        float32 inside, 2^-149 or 1 - 2^-24.
    weight : float array of shape (n_clicks,), optional
        How much each click counts; all the same if left out.

    Returns
    -------
    float
        :math:`-\sum_i w_i (y_i \ln p_i + (1 - y_i) \ln(1 - p_i)) / \sum_i w_i`; nan without clicks.

    References
    ----------
    .. [1] Gneiting and Raftery, "Strictly proper scoring rules, prediction, and estimation", JASA 2007.

    Examples
    --------
    >>> import numpy as np
    >>> round(nll(np.array([True, False]), np.array([0.5, 0.5])), 6)
    0.693147
    """
    return float(nll_from(sums_of(label, p, weight)))


def normalized_entropy(label: Bools, p: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the mean negative log-likelihood over that of the best constant; lower is better.

    1 is what the observed rate itself would score as a constant prediction.  It compares periods whose rates differ,
    which the likelihood alone does not.

    Parameters
    ----------
    label, p, weight
        As for `nll`.

    Returns
    -------
    float
        :math:`\mathrm{nll} / (-r \ln r - (1 - r) \ln(1 - r))`, r the observed rate, dimensionless; nan if the
        rate is 0 or 1.

    References
    ----------
    .. [1] He et al., "Practical lessons from predicting clicks on ads at Facebook", ADKDD 2014.

    Examples
    --------
    >>> import numpy as np
    >>> normalized_entropy(np.array([True, False]), np.array([0.5, 0.5]))
    1.0
    """
    return float(normalized_entropy_from(sums_of(label, p, weight)))


def brier(label: Bools, p: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the mean squared error of the predictions, in [0, 1]; lower is better.

    Parameters
    ----------
    label, p, weight
        As for `nll`.

    Returns
    -------
    float
        :math:`\sum_i w_i (p_i - y_i)^2 / \sum_i w_i`, dimensionless; nan without clicks.

    References
    ----------
    .. [1] Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 1950.

    Examples
    --------
    >>> import numpy as np
    >>> brier(np.array([True, False]), np.array([0.5, 0.5]))
    0.25
    """
    return float(brier_from(sums_of(label, p, weight)))
