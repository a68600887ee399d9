"""The compiled loops of the many-armed logistic regression.

A row of the table is a slot: the weight that all arms share, each arm's deviation from it, and, for AdaGrad, what the
optimizer keeps with each of these, in the same order.  The last row holds each arm's intercept in the deviation's place
and nothing in the shared one's.  As in `learners.optimizers` a row of features is stepped in passes, by steps worked
out from what was there before it.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from learners.kernels import Floats32, Slots, prefetch, probability

Arms = NDArray[np.int8]
EPSILON = np.float32(1e-8)  # AdaGrad's, as in `learners.optimizers`


@numba.njit(cache=True, nogil=True, error_model="numpy")
def predict_arms(table: Floats32, x: Slots, out: Floats32) -> None:
    """Write the probability of every row and arm into `out`, shape (n_rows, arms)."""
    n_rows, n_features = x.shape
    arms = out.shape[1]
    intercepts = table[len(table) - 1]
    logit = np.zeros(arms, np.float32)
    for i in range(n_rows):
        prefetch(table, x, i)
        logit[:] = 0
        for j in range(n_features):
            weights = table[x[i, j]]
            for k in range(arms):
                logit[k] += weights[0] + weights[1 + k]
        for k in range(arms):
            out[i, k] = probability(logit[k] + intercepts[1 + k])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sgd_arms(
    table: Floats32, x: Slots, positive: Floats32, negative: Floats32, arm: Arms, rate: float, l2: float
) -> None:
    """Step shared weight, deviation and intercept by w -= rate * (g + l2 * w)."""
    n_rows, n_features = x.shape
    intercepts = table[len(table) - 1]
    shared = np.zeros(n_features, np.float32)
    own = np.zeros(n_features, np.float32)
    for i in range(n_rows):
        prefetch(table, x, i)
        k = 1 + arm[i]
        logit = np.float32(0)
        for j in range(n_features):
            shared[j], own[j] = table[x[i, j], 0], table[x[i, j], k]
            logit += shared[j] + own[j]
        f = probability(logit + intercepts[k])
        g = np.float32(negative[i] * f - positive[i] * (1 - f))
        for j in range(n_features):
            table[x[i, j], 0] -= rate * (g + l2 * shared[j])
            table[x[i, j], k] -= rate * (g + l2 * own[j])
        intercepts[k] -= rate * (g + l2 * intercepts[k])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def adagrad_arms(
    table: Floats32,
    x: Slots,
    positive: Floats32,
    negative: Floats32,
    arm: Arms,
    rate: float,
    l2: float,
    arms: int,
    intercept_rate: float,
) -> None:
    """Step each of them by n += g^2; w -= rate * g / sqrt(n + 1e-8), where g includes l2 * w."""
    n_rows, n_features = x.shape
    intercepts = table[len(table) - 1]
    kept = 1 + arms  # columns from a weight to what is kept with it
    size = (2 * n_features + 7) // 8 * 8  # whole vectors of 8: shared weights, then deviations
    w = np.zeros(size, np.float32)
    n = np.ones(size, np.float32)
    for i in range(n_rows):
        prefetch(table, x, i)
        k = 1 + arm[i]
        logit = np.float32(0)
        for j in range(n_features):
            slot = table[x[i, j]]
            w[j], w[n_features + j] = slot[0], slot[k]
            n[j], n[n_features + j] = slot[kept], slot[kept + k]
            logit += slot[0] + slot[k]
        f = probability(logit + intercepts[k])
        g = np.float32(negative[i] * f - positive[i] * (1 - f))
        for j in range(size):
            g_j = g + l2 * w[j]
            w[j] = rate * g_j / np.sqrt(n[j] + g_j * g_j + EPSILON)
            n[j] = g_j * g_j
        for j in range(n_features):
            slot = table[x[i, j]]
            slot[0] -= w[j]
            slot[k] -= w[n_features + j]
            slot[kept] += n[j]
            slot[kept + k] += n[n_features + j]
        g_own = g + l2 * intercepts[k]
        intercepts[kept + k] += g_own * g_own
        intercepts[k] -= intercept_rate * g_own / np.sqrt(intercepts[kept + k] + EPSILON)
