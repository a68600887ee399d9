"""What adds up over clicks: the sums from which every metric that is a mean, or a ratio of means, is made."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Bools = NDArray[np.bool_]
Probabilities = NDArray[np.floating[Any]]  # float32 as served, or float64

LOWEST = 2.0**-149  # the smallest float32 above 0
HIGHEST = 1 - 2.0**-24  # the largest float32 below 1
CHUNK = 1 << 14  # clicks to a step: as float64 they stay in the processor's cache, and out of freshly mapped memory


class Sums(NamedTuple):
    """Sums over clicks; scalars, or columns with an entry for each window, day or replicate."""

    clicks: Floats  # how many, or their total weight
    conversions: Floats
    prediction: Floats  # of p
    squared_error: Floats  # of (p - label)^2
    loss: Floats  # of the negative log-likelihood, nats
    bias: Floats  # of p - q, where q is the true probability; nan where it is unknown
    logit_bias: Floats  # of logit(p) - logit(q); nan likewise


def log_of(p: Floats) -> Floats:
    """Return log(p); 0 counts as the smallest float32 above it, 2^-149, so that the answer is finite."""
    inside = np.maximum(p, LOWEST)
    return np.log(inside, out=inside)


def log_of_rest(p: Floats) -> Floats:
    """Return log(1 - p); 1 counts as the largest float32 below it, 1 - 2^-24, so that the answer is finite.

    Within 2^-53 of log1p(-p) for every float32, and faster.
    """
    inside = 1 - p
    np.maximum(inside, 1 - HIGHEST, out=inside)
    return np.log(inside, out=inside)


def ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    """Return part / whole, nan where whole is not above 0."""
    some = np.asarray(whole) > 0
    return np.where(some, np.asarray(part) / np.where(some, whole, 1.0), np.nan)


def columns(label: Bools, p: Probabilities, weight: Floats | None) -> tuple[Bools, Floats, Floats]:
    """Return label, predictions as float64, and weights, 1 where there are none.

    Raises
    ------
    ValueError
        If they are not of one length, or a prediction lies outside [0, 1] or is nan.
    """
    predictions = np.asarray(p, np.float64)
    weights = np.ones(len(predictions)) if weight is None else np.asarray(weight, np.float64)
    if not np.shape(label) == predictions.shape == weights.shape:
        raise ValueError(
            f"label, p and weight must be of one length, got {np.shape(label)}, {predictions.shape} and {weights.shape}"
        )
    if not ((predictions >= 0) & (predictions <= 1)).all():
        raise ValueError(f"predictions must lie in [0, 1], got {predictions.min()} to {predictions.max()}")
    return np.asarray(label, np.bool_), predictions, weights


def sums_of(label: Bools, p: Probabilities, weight: Floats | None = None) -> Sums:
    """Return the sums over some clicks, each times its weight; the truth is unknown."""
    label, p, w = columns(label, p, weight)
    loss = -np.where(label, log_of(p), log_of_rest(p))
    terms = (np.ones_like(p), label, p, np.square(p - label), loss)
    return Sums(*np.array([*(np.sum(w * term) for term in terms), np.nan, np.nan]))


def sums_of_chunk(p: Floats32, labels: Sequence[Bools], q: Floats32 | None) -> Floats:
    """Return the sums over a chunk of clicks for several sets of labels, shape (n_labels, n_sums).

    The same as `sums_of`, in the order of `Sums`, but what depends on the predictions alone is computed once.
    """
    served = p.astype(np.float64)
    rest = log_of_rest(served)
    logit = log_of(served) - rest
    n, total, squares, losses = len(p), served.sum(), np.einsum("i,i", served, served), -rest.sum()
    truth = _truth_sums(served, logit, q)
    table = np.empty((len(labels), len(Sums._fields)))
    for row, label in zip(table, labels, strict=True):
        found, y = np.count_nonzero(label), label.astype(np.float64)
        # not a dot product of BLAS, which may add up in another order on another number of threads
        hit, gain = np.einsum("i,i", y, served), np.einsum("i,i", y, logit)
        row[:] = (n, found, total, squares - 2 * hit + found, losses - gain, *truth)
    return table


def _truth_sums(p: Floats, logit: Floats, q: Floats32 | None) -> tuple[float, float]:
    if q is None:
        return np.nan, np.nan
    true = q.astype(np.float64)
    return float((p - true).sum()), float((logit - log_of(true) + log_of_rest(true)).sum())
