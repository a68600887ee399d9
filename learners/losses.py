"""What a linear model minimizes: a loss is a number, its gradient and its mean are compiled.

Losses are told apart by the power of the mean that the variance is proportional to, as in Tweedie's family: 0 is least
squares, 1 Poisson, 2 Gamma, between 1 and 2 Tweedie; cross-entropy, which is none of them, is `LOGISTIC`.
"""

import math
from typing import Any

import numba
import numpy as np

from learners.errors import LearnerError
from learners.kernels import Floats32, Slots, exponential, prefetch, probability

LOGISTIC, SQUARED = -1.0, 0.0
WIDEST = 14.0  # the logarithm of a mean lies within this of 0: means from 8.3e-7 to 1.2 million
LARGEST = 1_202_604.0  # exp(WIDEST); the least squares' mean lies within this of 0

_POWERS = {"logistic": LOGISTIC, "squared": SQUARED, "poisson": 1.0, "gamma": 2.0}
_TWEEDIE = "tweedie-"


def power_of(loss: str) -> float:
    """Return the number that stands for a loss.

    Raises
    ------
    LearnerError
        If there is no such loss.
    """
    if loss in _POWERS:
        return _POWERS[loss]
    try:
        power = float(loss.removeprefix(_TWEEDIE)) if loss.startswith(_TWEEDIE) else math.nan
    except ValueError:
        power = math.nan
    if not 1 < power < 2:
        known = ", ".join(repr(name) for name in _POWERS)
        raise LearnerError(f"expected a loss of {known}, or 'tweedie-1.5' with a power between 1 and 2; got {loss!r}")
    return power


@numba.njit(cache=True, nogil=True, error_model="numpy")
def mean(s: float, power: float) -> Any:
    """Return what a linear predictor s says: a probability, exp(s), or s itself; always finite."""
    if power < 0:
        return probability(s)
    if power == 0:
        return min(max(np.float64(s), -LARGEST), LARGEST)
    return exponential(min(max(np.float64(s), -WIDEST), WIDEST))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def gradient(s: float, positive: float, negative: float, power: float) -> np.float32:
    """Return ``negative * a(s) - positive * b(s)``, the gradient of a loss with respect to s.

    With power r of a logarithmic link a is exp((2 - r) s) and b is exp((1 - r) s).
    """
    if power < 0:
        f = probability(s)
        return np.float32(negative * f - positive * (1 - f))
    if power == 0:
        return np.float32(negative * min(max(np.float64(s), -LARGEST), LARGEST) - positive)
    s = min(max(np.float64(s), -WIDEST), WIDEST)
    return np.float32(negative * exponential((2 - power) * s) - positive * exponential((1 - power) * s))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def predict(table: Floats32, x: Slots, out: Floats32, power: float) -> None:
    """Write the mean of every row into `out`; weights are the table's first column, the bias its last row."""
    n_rows, n_features = x.shape
    bias = table[len(table) - 1, 0]
    for i in range(n_rows):
        prefetch(table, x, i)
        s = np.float32(0)
        for j in range(n_features):
            s += table[x[i, j], 0]
        out[i] = s + bias
    if power < 0:  # a loop that knows its loss is one of vector instructions
        for i in range(n_rows):
            out[i] = probability(out[i])
    else:
        for i in range(n_rows):
            out[i] = mean(out[i], power)
