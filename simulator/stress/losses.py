"""What a window can be judged by: a loss from sums over days, so that days can be resampled together."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Loss(NamedTuple):
    """A loss that is a function of two sums over clicks."""

    title: str
    about: str
    above: str  # metric of metrics.parquet, a mean over clicks
    below: str  # "clicks" or "conversions": what it is divided by
    value: Callable[[Floats, Floats], Floats]


class Daily(NamedTuple):
    """What is needed of some setups, day by day; columns of shape (n_setups, n_days)."""

    day: Ints  # days since 1970, shape (n_days,)
    above: Floats
    below: Floats  # shape (n_days,): all setups are measured on the same clicks


def _ratio(above: Floats, below: Floats) -> Floats:
    some = below > 0
    return np.where(some, above / np.where(some, below, 1.0), np.nan)


def _distance(above: Floats, below: Floats) -> Floats:
    ratio = _ratio(above, below)
    some = ratio > 0
    return np.where(some, np.abs(np.log(np.where(some, ratio, 1.0))), np.nan)


LOSSES: Mapping[str, Loss] = {
    "nll": Loss("NLL", "mean negative log-likelihood of mature labels, nats per click", "nll", "clicks", _ratio),
    "brier": Loss("Brier score", "mean squared error of the probability", "brier", "clicks", _ratio),
    "calibration": Loss(
        "distance of calibration",
        "distance of the calibration ratio from 1, as the absolute value of its logarithm",
        "mean_prediction",
        "conversions",
        _distance,
    ),
}


def resampled(loss: Loss, daily: Daily, weights: Floats) -> Floats:
    """Return the loss of every setup on resampled days, shape (replicates, n_setups)."""
    # not a matrix product: BLAS may add up in another order on another number of threads
    above = np.einsum("rd,sd->rs", weights, daily.above)
    below = np.einsum("rd,d->r", weights, daily.below)
    return loss.value(above, below[:, None])


def total(loss: Loss, daily: Daily) -> Floats:
    """Return the loss of every setup on all days, shape (n_setups,)."""
    return loss.value(daily.above.sum(axis=1), np.asarray(daily.below.sum()))


def block_weights(n_days: int, replicates: int, seed: int) -> Floats:
    """Return how often each day is drawn in each replicate, shape (replicates, n_days), in blocks of days.

    A model carries its state from day to day, so that neighbouring days err alike: the circular block bootstrap draws
    runs of days of about the cube root of their number.

    References
    ----------
    .. [1] Politis and Romano, "A circular block-resampling procedure for stationary data", 1992.
    """
    length = block_length(n_days)
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n_days, (replicates, -(-n_days // length)))
    days = (starts[:, :, None] + np.arange(length)).reshape(replicates, -1)[:, :n_days] % n_days
    return np.stack([np.bincount(row, minlength=n_days) for row in days]).astype(np.float64)


def block_length(n_days: int) -> int:
    """Return how many days are drawn together."""
    return max(1, round(float(np.cbrt(n_days))))
