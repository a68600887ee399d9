"""How unevenly money is spread over clicks."""

from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from simulator.metrics.sums import Floats, Floats32
from simulator.metrics.value.order import STEP


def gini(amount: ArrayLike) -> float:
    r"""Return Gini's coefficient of amounts: 0 if all are the same, near 1 if one click has it all.

    Parameters
    ----------
    amount : float array of shape (n_clicks,)
        Not below 0.

    Returns
    -------
    float
        :math:`\sum_i (2i - n - 1) x_{(i)} / (n \sum_i x_i)`; nan if an amount is below 0 or all are 0.

    References
    ----------
    .. [1] Gini, "Measurement of inequality of incomes", The Economic Journal 1921.

    Examples
    --------
    >>> gini([0, 0, 0, 8])
    0.75
    """
    ascending = np.sort(np.asarray(amount, np.float64))
    return gini_of(ascending, len(ascending))


def gini_of(ascending: Floats | Floats32, clicks: int) -> float:
    """Return what `gini` does, from ascending amounts; those of the `clicks` that are missing among them are 0."""
    if not len(ascending) or ascending[0] < 0:
        return float("nan")
    weighted = total = 0.0
    for at in range(0, len(ascending), STEP):
        part = ascending[at : at + STEP].astype(np.float64)
        place = np.arange(at + 1, at + 1 + len(part)) + (clicks - len(ascending))
        weighted += float(((2.0 * place - clicks - 1) * part).sum())
        total += float(part.sum())
    return weighted / (clicks * total) if total > 0 else float("nan")


def lorenz(amount: ArrayLike, at: ArrayLike) -> Floats:
    """Return Lorenz's curve: the share of all money that the least `at` of the clicks have, shape (len(at),).

    Parameters
    ----------
    amount : float array of shape (n_clicks,)
        Not below 0.
    at : float array
        Shares of the clicks, in [0, 1]; between clicks the curve is a straight line.

    Returns
    -------
    float array
        nan if an amount is below 0 or all are 0.

    References
    ----------
    .. [1] Lorenz, "Methods of measuring the concentration of wealth", Publications of the ASA 1905.

    Examples
    --------
    >>> lorenz([1, 1, 2, 4], [0.5, 0.75, 1.0]).tolist()
    [0.25, 0.5, 1.0]
    """
    ascending = np.sort(np.asarray(amount, np.float64))
    return lorenz_of(ascending, len(ascending), np.asarray(at, np.float64))


def lorenz_of(ascending: Floats | Floats32, clicks: int, at: Floats) -> Floats:
    """Return what `lorenz` does, from ascending amounts; those of the `clicks` that are missing among them are 0."""
    if not len(ascending) or ascending[0] < 0 or ascending[-1] <= 0:
        return np.full(len(at), np.nan)
    place = at * clicks - (clicks - len(ascending))
    whole = np.clip(np.floor(place), 0, len(ascending)).astype(np.int64)
    part = np.clip(place - whole, 0.0, 1.0)
    edges = np.unique(np.concatenate(([0], whole, [len(ascending)])))
    between = [ascending[first:last].sum(dtype=np.float64) for first, last in pairwise(edges)]
    sums = np.concatenate(([0.0], np.cumsum(between)))
    following = ascending[np.minimum(whole, len(ascending) - 1)]
    reached = sums[np.searchsorted(edges, whole)] + np.where(whole < len(ascending), part * following, 0.0)
    return np.asarray(reached / sums[-1])


def effective_number(total: Floats | float, squares: Floats | float) -> Floats:
    """Return how many gifts of one size would tell as much: their sum squared over the sum of their squares.

    References
    ----------
    .. [1] Kish, "Survey sampling", 1965.
    """
    some = np.asarray(squares) > 0
    return np.where(some, np.square(total) / np.where(some, squares, 1.0), np.nan)
