"""How far predictions are from the true probabilities, where a synthetic world knows them."""

import numpy as np

from simulator.metrics.sums import Floats, Probabilities, Sums, log_of, log_of_rest, ratio


def bias_from(sums: Sums) -> Floats:
    """Return the mean of prediction minus true probability."""
    return ratio(sums.bias, sums.clicks)


def logit_bias_from(sums: Sums) -> Floats:
    """Return the mean of logit(prediction) minus logit(true probability)."""
    return ratio(sums.logit_bias, sums.clicks)


def bias(p: Probabilities, q: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the mean of prediction minus true probability; 0 is unbiased, above 0 predicts too much.

    No label is used, so nothing of it is chance.

    Parameters
    ----------
    p : float array of shape (n_clicks,)
        Predictions made at click time, in (0, 1).
    q : float array of shape (n_clicks,)
        True probabilities of a conversion inside the attribution window.
    weight : float array of shape (n_clicks,), optional
        How much each click counts; all the same if left out.

    Returns
    -------
    float
        :math:`\sum_i w_i (p_i - q_i) / \sum_i w_i`, a probability; nan without clicks.

    References
    ----------
    .. [1] Murphy, "A new vector partition of the probability score", Journal of Applied Meteorology 1973, on
       unconditional bias.

    Examples
    --------
    >>> import numpy as np
    >>> bias(np.array([0.5, 0.75]), np.array([0.25, 0.5]))
    0.25
    """
    return _mean(np.asarray(p, np.float64) - np.asarray(q, np.float64), weight)


def logit_bias(p: Probabilities, q: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the mean over clicks of logit(prediction) minus logit(true probability); 0 is unbiased.

    A method that is off by a constant factor of the odds has the logarithm of that factor here, at every base rate.

    Parameters
    ----------
    p, q, weight
        As for `bias`.  An exact 0 or 1 counts as the nearest float32 inside, 2^-149 or 1 - 2^-24.

    Returns
    -------
    float
        :math:`\sum_i w_i (\mathrm{logit}\,p_i - \mathrm{logit}\,q_i) / \sum_i w_i`, natural log-odds; nan without
        clicks.

    References
    ----------
    .. [1] Cox, "Two further applications of a model for binary regression", Biometrika 1958: the intercept of
       calibration, slope 1.

    Examples
    --------
    >>> import numpy as np
    >>> round(logit_bias(np.array([0.5]), np.array([0.25])), 6)
    1.098612
    """
    return _mean(_logit(p) - _logit(q), weight)


def _logit(p: Probabilities) -> Floats:
    served = np.asarray(p, np.float64)
    return log_of(served) - log_of_rest(served)


def _mean(difference: Floats, weight: Floats | None) -> float:
    w = np.ones_like(difference) if weight is None else np.asarray(weight, np.float64)
    return float(ratio(np.sum(w * difference), np.sum(w)))
