"""The compiled loops of the linear models, one per optimizer: one step per example, in order.

Each takes a table with one row of numbers per slot, the weight first and the bias last, so that all that a step needs
lies in one cache line.  A row is stepped in three passes: gather its slots, work out the steps, take them.  The middle
one then has no gaps, and the compiler uses vector instructions for its square roots and divisions.  So a slot that
stands twice in a row (two values that collide) counts twice in their sum s and is stepped twice, by steps worked out
from what was there before the row.
"""

from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np

from learners.kernels import Floats32, Slots, prefetch
from learners.losses import gradient

EPSILON = np.float32(1e-8)  # AdaGrad's, inside the square root as in river


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _padded(n_features: int) -> int:
    """Return the length of a row's buffers: features and bias, filled up to whole vectors of 8."""
    return (n_features + 1 + 7) // 8 * 8


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sgd(
    table: Floats32, x: Slots, positive: Floats32, negative: Floats32, power: float, rate: float, l2: float
) -> None:
    """Step by w -= rate * (g + l2 * w); columns: w."""
    n_rows, n_features = x.shape
    bias = table[len(table) - 1]
    w = np.zeros(_padded(n_features), np.float32)
    w_bias = bias[0]
    for i in range(n_rows):
        prefetch(table, x, i)
        s = np.float32(0)
        for j in range(n_features):
            w[j] = table[x[i, j], 0]
            s += w[j]
        w[n_features] = w_bias
        g = gradient(s + w_bias, positive[i], negative[i], power)
        for j in range(len(w)):
            w[j] = rate * (g + l2 * w[j])
        for j in range(n_features):
            table[x[i, j], 0] -= w[j]
        w_bias -= w[n_features]
    bias[0] = w_bias


@numba.njit(cache=True, nogil=True, error_model="numpy")
def adagrad(
    table: Floats32, x: Slots, positive: Floats32, negative: Floats32, power: float, rate: float, l2: float
) -> None:
    """Step by n += g^2; w -= rate * g / sqrt(n + 1e-8), where g includes l2 * w; columns: w, n."""
    n_rows, n_features = x.shape
    bias = table[len(table) - 1]
    w = np.zeros(_padded(n_features), np.float32)
    n = np.zeros(_padded(n_features), np.float32)
    w_bias, n_bias = bias[0], bias[1]
    for i in range(n_rows):
        prefetch(table, x, i)
        s = np.float32(0)
        for j in range(n_features):
            slot = x[i, j]
            s += table[slot, 0]
            w[j] = table[slot, 0]
            n[j] = table[slot, 1]
        g = gradient(s + w_bias, positive[i], negative[i], power)
        g_bias = g + l2 * w_bias  # the bias by itself: the next row waits for it
        w_bias -= rate * g_bias / np.sqrt(n_bias + g_bias * g_bias + EPSILON)
        n_bias += g_bias * g_bias
        for j in range(len(w)):
            g_j = g + l2 * w[j]
            w[j] = rate * g_j / np.sqrt(n[j] + g_j * g_j + EPSILON)
            n[j] = g_j * g_j
        for j in range(n_features):
            slot = x[i, j]
            table[slot, 1] += n[j]
            table[slot, 0] -= w[j]
    bias[0], bias[1] = w_bias, n_bias


@numba.njit(cache=True, nogil=True, error_model="numpy")
def ftrl(
    table: Floats32,
    x: Slots,
    positive: Floats32,
    negative: Floats32,
    power: float,
    alpha: float,
    l1: float,
    l2: float,
    beta: float,
) -> None:
    """Step z and n as in McMahan et al.; columns: w, z, n and one unused, so that a slot lies in one cache line.

    As in river, w is worked out of z and n when its slot is next stepped, so predictions are one step of the slot
    behind the paper's, and while abs(z) <= l1 a w stays as it was: 0 until first set, but not set back to 0.
    """
    n_rows, n_features = x.shape
    bias = table[len(table) - 1]
    w = np.zeros(_padded(n_features), np.float32)
    z = np.zeros(_padded(n_features), np.float32)
    n = np.zeros(_padded(n_features), np.float32)
    w_bias, z_bias, n_bias = bias[0], bias[1], bias[2]
    for i in range(n_rows):
        prefetch(table, x, i)
        s = np.float32(0)
        for j in range(n_features):
            slot = x[i, j]
            s += table[slot, 0]
            w[j] = table[slot, 0]
            z[j] = table[slot, 1]
            n[j] = table[slot, 2]
        w[n_features], z[n_features], n[n_features] = w_bias, z_bias, n_bias
        g = gradient(s + w_bias, positive[i], negative[i], power)
        for j in range(len(w)):
            root = np.sqrt(n[j])
            shrunk = z[j] - np.copysign(l1, z[j])
            fresh = -shrunk / ((beta + root) / alpha + l2)
            w[j] = fresh if abs(z[j]) > l1 else w[j]
            z[j] = g - (np.sqrt(n[j] + g * g) - root) / alpha * w[j]
        for j in range(n_features):
            slot = x[i, j]
            table[slot, 0] = w[j]
            table[slot, 1] += z[j]
            table[slot, 2] += g * g
        w_bias = w[n_features]
        z_bias += z[n_features]
        n_bias += g * g
    bias[0], bias[1], bias[2] = w_bias, z_bias, n_bias


class Optimizer(NamedTuple):
    """A compiled loop and what it needs."""

    columns: int  # numbers per slot
    parameters: tuple[str, ...]  # what the loop takes after the examples and the loss, in order
    learn: Callable[..., None]


OPTIMIZERS = {
    "adagrad": Optimizer(2, ("learning_rate", "l2"), adagrad),
    "ftrl": Optimizer(4, ("learning_rate", "l1", "l2", "beta"), ftrl),
    "sgd": Optimizer(1, ("learning_rate", "l2"), sgd),
}
