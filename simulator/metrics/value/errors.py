"""How far predicted money is from received money, click by click, and in all."""

import numpy as np
from numpy.typing import ArrayLike

from simulator.metrics.sums import Floats

FLOOR = 1e-6  # of predictions in deviances: the smallest amount there is


def value_ratio(value: ArrayLike, prediction: ArrayLike) -> float:
    """Return predicted money over received money; 1 is calibrated in all, above 1 predicts too much.

    Parameters
    ----------
    value : float array of shape (n_clicks,)
        Money that clicks brought, refunds taken off.
    prediction : float array of shape (n_clicks,)

    Returns
    -------
    float
        nan unless money was received in all.

    Examples
    --------
    >>> value_ratio([0, 0, 10], [5, 5, 5])
    1.5
    """
    received = float(np.sum(value, dtype=np.float64))
    return float(np.sum(prediction, dtype=np.float64)) / received if received > 0 else float("nan")


def mae_log(value: ArrayLike, prediction: ArrayLike) -> float:
    """Return the mean absolute error of log(1 + money); lower is better, but see the notes.

    Parameters
    ----------
    value, prediction
        As for `value_ratio`; what is below 0 counts as 0.

    Returns
    -------
    float
        nan without clicks.

    Notes
    -----
    It is least at the *median* of the money, as `rmse_log` is at a geometric mean.  Where few clicks bring any, that
    median is 0, and always predicting nothing does best: both reward a model for being too low.

    Examples
    --------
    >>> mae_log([0, np.e - 1], [0, 0])
    0.5
    """
    return _mean(np.abs(_log(prediction) - _log(value)))


def rmse_log(value: ArrayLike, prediction: ArrayLike) -> float:
    """Return the root of the mean squared error of log(1 + money); lower is better.  See `mae_log`.

    Examples
    --------
    >>> rmse_log([0, np.e - 1], [0, 0])
    0.7071067811865476
    """
    return float(np.sqrt(_mean(np.square(_log(prediction) - _log(value)))))


def poisson_deviance(value: ArrayLike, prediction: ArrayLike) -> float:
    r"""Return the mean Poisson deviance; lower is better, and least, in expectation, at the expected money.

    Parameters
    ----------
    value, prediction
        As for `value_ratio`; a value below 0 counts as 0, a prediction below a millionth as a millionth.

    Returns
    -------
    float
        Mean of :math:`2 (y \log(y / v) - y + v)`; nan without clicks.

    References
    ----------
    .. [1] Gneiting, "Making and evaluating point forecasts", JASA 2011, on scores that are least at the mean.
    .. [2] McCullagh and Nelder, "Generalized linear models", 1989.

    Examples
    --------
    >>> poisson_deviance([0, 2], [1, 1])
    1.3862943611198906
    """
    y, v = _amounts(value, prediction)
    return _mean(2 * (_times_log(y, v) - y + v))


def tweedie_deviance(value: ArrayLike, prediction: ArrayLike) -> float:
    r"""Return the mean Tweedie deviance of power 1.5; lower is better, and least in expectation at the expected money.

    Between the Poisson deviance, which large amounts rule, and the Gamma deviance, which has no place for 0.

    Parameters
    ----------
    value, prediction
        As for `poisson_deviance`.

    Returns
    -------
    float
        Mean of :math:`4 (\sqrt v - 2 \sqrt y + y / \sqrt v)`; nan without clicks.

    References
    ----------
    .. [1] Jørgensen, "The theory of dispersion models", 1997.

    Examples
    --------
    >>> tweedie_deviance([0, 4], [1, 4])
    2.0
    """
    y, v = _amounts(value, prediction)
    return _mean(4 * (np.sqrt(v) - 2 * np.sqrt(y) + y / np.sqrt(v)))


def gamma_deviance(value: ArrayLike, prediction: ArrayLike) -> float:
    r"""Return the mean Gamma deviance; lower is better, and least, in expectation, at the expected money.

    It looks at ratios alone, so that a gift of 2 counts as much as one of 2000.

    Parameters
    ----------
    value : float array of shape (n_gifts,)
        Above 0.
    prediction : float array of shape (n_gifts,)
        Below a millionth counts as a millionth.

    Returns
    -------
    float
        Mean of :math:`2 (y / v - 1 - \log(y / v))`; nan without gifts.

    Examples
    --------
    >>> gamma_deviance([2.0, 3.0], [2.0, 3.0])
    0.0
    """
    ratio = np.asarray(value, np.float64) / np.maximum(np.asarray(prediction, np.float64), FLOOR)
    return _mean(2 * (ratio - 1 - np.log(ratio)))


def _log(amount: ArrayLike) -> Floats:
    return np.log1p(np.maximum(np.asarray(amount, np.float64), 0.0))


def _amounts(value: ArrayLike, prediction: ArrayLike) -> tuple[Floats, Floats]:
    y = np.maximum(np.asarray(value, np.float64), 0.0)
    return y, np.maximum(np.asarray(prediction, np.float64), FLOOR)


def _times_log(y: Floats, v: Floats) -> Floats:
    return y * np.log(np.where(y > 0, y, v) / v)


def _mean(terms: Floats) -> float:
    return float(terms.mean()) if len(terms) else float("nan")
