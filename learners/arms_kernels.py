"""The compiled loops of the many-armed logistic regression.

A row of the table is a slot: the weight that all arms share and each arm's deviation from it, filled up to whole
vectors of 8, and then, for AdaGrad, what the optimizer keeps with each of these, in the same order.  The last row holds
each arm's intercept in the deviation's place and 0 in the shared one's.  As in `learners.optimizers` a row of features
is stepped in passes, by steps worked out from what was there before it.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from learners.kernels import Floats32, Slots, prefetch, probability

Arms = NDArray[np.int8]
EPSILON = np.float32(1e-8)  # AdaGrad's, as in `learners.optimizers`
LANES = 8  # float32 numbers in a vector


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _summed(table: Floats32, x: Slots, i: int, at: int) -> Any:
    """Return the sums over a row's slots, intercepts first, of the 8 columns from `at`; one vector to the compiler."""
    last = len(table) - 1
    s0, s1, s2, s3 = table[last, at], table[last, at + 1], table[last, at + 2], table[last, at + 3]
    s4, s5, s6, s7 = table[last, at + 4], table[last, at + 5], table[last, at + 6], table[last, at + 7]
    for j in range(x.shape[1]):
        slot = x[i, j]
        s0 += table[slot, at]
        s1 += table[slot, at + 1]
        s2 += table[slot, at + 2]
        s3 += table[slot, at + 3]
        s4 += table[slot, at + 4]
        s5 += table[slot, at + 5]
        s6 += table[slot, at + 6]
        s7 += table[slot, at + 7]
    return s0, s1, s2, s3, s4, s5, s6, s7


@numba.njit(cache=True, nogil=True, error_model="numpy")
def predict_arms(table: Floats32, x: Slots, out: Floats32) -> None:
    """Write the probability of every row and arm into `out`, shape (n_rows, arms)."""
    n_rows, arms = out.shape
    for i in range(n_rows):
        prefetch(table, x, i)
        shared = np.float32(0)
        for at in range(0, 1 + arms, LANES):
            sums = _summed(table, x, i, at)
            if at == 0:
                shared = sums[0]
            for lane in range(LANES):
                k = at + lane - 1
                if 0 <= k < arms:
                    out[i, k] = shared + sums[lane]
    for i in range(n_rows):
        for k in range(arms):
            out[i, k] = probability(out[i, k])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sgd_arms(
    table: Floats32,
    x: Slots,
    positive: Floats32,
    negative: Floats32,
    arm: Arms,
    rate: float,
    l2: float,
    intercept_rate: float,  # noqa: ARG001 - both loops are called alike, and one rate is enough here
) -> None:
    """Step shared weight, deviation and intercept by w -= rate * (g + l2 * w)."""
    n_rows, n_features = x.shape
    last = len(table) - 1
    w = np.zeros(_buffer(n_features), np.float32)
    for i in range(n_rows):
        prefetch(table, x, i)
        k = 1 + arm[i]
        shared, own = np.float32(0), table[last, k]
        for j in range(n_features):
            slot = x[i, j]
            w[j], w[n_features + j] = table[slot, 0], table[slot, k]
            shared += table[slot, 0]
            own += table[slot, k]
        g = _gradient(shared + own, positive[i], negative[i])
        for j in range(len(w)):
            w[j] = rate * (g + l2 * w[j])
        for j in range(n_features):
            slot = x[i, j]
            table[slot, 0] -= w[j]
            table[slot, k] -= w[n_features + j]
        table[last, k] -= rate * (g + l2 * table[last, k])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def adagrad_arms(
    table: Floats32,
    x: Slots,
    positive: Floats32,
    negative: Floats32,
    arm: Arms,
    rate: float,
    l2: float,
    intercept_rate: float,
) -> None:
    """Step each of them by n += g^2; w -= rate * g / sqrt(n + 1e-8), where g includes l2 * w."""
    n_rows, n_features = x.shape
    last, kept = len(table) - 1, table.shape[1] // 2
    w = np.zeros(_buffer(n_features), np.float32)
    n = np.ones(_buffer(n_features), np.float32)
    for i in range(n_rows):
        prefetch(table, x, i)
        k = 1 + arm[i]
        shared, own = np.float32(0), table[last, k]
        for j in range(n_features):
            slot, other = x[i, j], n_features + j
            w[j], n[j] = table[slot, 0], table[slot, kept]
            w[other], n[other] = table[slot, k], table[slot, kept + k]
            shared += w[j]
            own += w[other]
        g = _gradient(shared + own, positive[i], negative[i])
        for j in range(len(w)):
            g_j = g + l2 * w[j]
            w[j] = rate * g_j / np.sqrt(n[j] + g_j * g_j + EPSILON)
            n[j] = g_j * g_j
        for j in range(n_features):
            slot, other = x[i, j], n_features + j
            table[slot, 0] -= w[j]
            table[slot, k] -= w[other]
            table[slot, kept] += n[j]
            table[slot, kept + k] += n[other]
        g_own = g + l2 * table[last, k]
        table[last, kept + k] += g_own * g_own
        table[last, k] -= intercept_rate * g_own / np.sqrt(table[last, kept + k] + EPSILON)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _buffer(n_features: int) -> int:
    """Return the length of a row's buffers, shared weights and then deviations, filled up to whole vectors."""
    return (2 * n_features + LANES - 1) // LANES * LANES


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gradient(logit: float, positive: float, negative: float) -> np.float32:
    f = probability(logit)
    return np.float32(negative * f - positive * (1 - f))
