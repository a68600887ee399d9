"""What adds up over clicks: the sums from which money metrics that are means, or ratios of them, are made.

A click that brings nothing adds to a sum what its prediction alone says; `dense_sums` adds that up for all clicks, and
`sparse_terms` says how much more, or less, each of the few clicks adds that do bring money.
"""

from typing import NamedTuple

import numpy as np

from simulator.metrics.sums import Bools, Floats, Floats32
from simulator.metrics.value.errors import FLOOR


class ValueSums(NamedTuple):
    """Sums over clicks; scalars, or columns with an entry for each window, day or replicate.

    A *gift* is a click that brought more than it lost; what is "of gifts" is summed over those alone.  Amounts below 0
    count as 0 in logarithms and deviances, predictions below a millionth as a millionth in deviances.
    """

    clicks: Floats
    gifts: Floats
    predicted: Floats  # money that was predicted
    received: Floats  # money that clicks brought, refunds taken off
    squares: Floats  # of the money that clicks brought, squared
    abs_log: Floats  # |log(1 + predicted) - log(1 + received)|
    square_log: Floats  # the same squared
    poisson: Floats  # Poisson deviance
    tweedie: Floats  # Tweedie deviance, power 1.5
    truth: Floats  # expected money as a synthetic world knows it; nan where it is unknown
    gifts_predicted: Floats  # of gifts, by what is served
    gifts_received: Floats
    gifts_abs_log: Floats
    gifts_square_log: Floats
    gifts_gamma: Floats  # Gamma deviance
    amount_predicted: Floats  # of gifts, by the model of a gift's amount; nan where the method has none
    amount_abs_log: Floats
    amount_square_log: Floats
    amount_gamma: Floats


N_SUMS = len(ValueSums._fields)
DENSE = ("clicks", "predicted", "abs_log", "square_log", "poisson", "tweedie", "truth")  # in the order of `dense_terms`
DENSE_AT = np.array([ValueSums._fields.index(name) for name in DENSE])
SPARSE = tuple(name for name in ValueSums._fields if name not in ("clicks", "predicted", "truth"))
SPARSE_AT = np.array([ValueSums._fields.index(name) for name in SPARSE])


def dense_terms(prediction: Floats32, truth: Floats32 | None) -> Floats:
    """Return what each click would add if it brought nothing, shape (n_dense, n_clicks), in the order of `DENSE`."""
    p = prediction.astype(np.float64)
    logged = np.log1p(np.maximum(p, 0.0))
    floored = np.maximum(p, FLOOR)
    known = np.full(len(p), np.nan) if truth is None else truth.astype(np.float64)
    return np.stack([np.ones(len(p)), p, logged, logged * logged, 2 * floored, 4 * np.sqrt(floored), known])


def sparse_terms(prediction: Floats32, amount: Floats32 | None, value: Floats) -> Floats:
    """Return what clicks of a value add beyond `dense_terms`, shape (n_sparse, n_valued), in the order of `SPARSE`.

    Parameters
    ----------
    prediction : float32 array of shape (n_valued,)
        Money as served.
    amount : float32 array of shape (n_valued,), optional
        Money by the method's model of a gift's amount.
    value : float array of shape (n_valued,)
        Money that these clicks brought, not 0.
    """
    gift, y = value > 0, np.maximum(value, 0.0)
    v = np.maximum(prediction.astype(np.float64), FLOOR)
    logged = np.log1p(np.maximum(prediction.astype(np.float64), 0.0))
    error = logged - np.log1p(y)
    terms = {
        "gifts": gift,
        "received": value,
        "squares": value * value,
        "abs_log": np.abs(error) - logged,
        "square_log": error * error - logged * logged,
        "poisson": 2 * (y * np.log(np.where(gift, y, v) / v) - y),
        "tweedie": 4 * (y / np.sqrt(v) - 2 * np.sqrt(y)),
        "gifts_received": y,
        **_of_gifts("gifts", prediction, y, gift),
        **_of_gifts("amount", amount, y, gift),
    }
    return np.stack([np.asarray(terms[name], np.float64) for name in SPARSE])


def _of_gifts(whose: str, prediction: Floats32 | None, y: Floats, gift: Bools) -> dict[str, Floats]:
    names = [f"{whose}_{name}" for name in ("predicted", "abs_log", "square_log", "gamma")]
    if prediction is None:
        return dict.fromkeys(names, np.full(len(y), np.nan))
    p = prediction.astype(np.float64)
    error = np.log1p(np.maximum(p, 0.0)) - np.log1p(y)
    ratio = np.where(gift, y, 1.0) / np.maximum(p, FLOOR)
    columns = (p, np.abs(error), error * error, 2 * (ratio - 1 - np.log(ratio)))
    return {name: np.where(gift, column, 0.0) for name, column in zip(names, columns, strict=True)}
