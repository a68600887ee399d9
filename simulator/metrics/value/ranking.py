"""How well predictions of money order the clicks: correlation of ranks, what the top holds, discounted gain."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.metrics.sums import Floats
from simulator.metrics.value.order import Order, membership, order, tie_cubes, top_size

NDCG_AT = 100


def spearman(value: ArrayLike, prediction: ArrayLike) -> float:
    """Return Spearman's correlation of the ranks of value and prediction, ties averaged; 1 is the same order.

    Parameters
    ----------
    value : float array of shape (n_clicks,)
        Money that clicks brought.
    prediction : float array of shape (n_clicks,)
        Money that was predicted; compared as float32.

    Returns
    -------
    float
        In [-1, 1]; nan if all values, or all predictions, are the same.

    Notes
    -----
    Where few clicks bring money nearly all values are tied at 0, and even the perfect order of those that do bring
    some is far from 1.

    References
    ----------
    .. [1] Spearman, "The proof and measurement of association between two things", American J. Psychology 1904.

    Examples
    --------
    >>> spearman([0, 0, 5, 100], [1, 2, 3, 4])
    0.9486832980505138
    """
    return spearman_of(order(value, prediction))


def spearman_of(ranks: Order) -> float:
    """Return what `spearman` does, from clicks in order."""
    n = ranks.clicks
    p = (ranks.above + ranks.level - n) / 2  # places less their mean, which is the same for both
    v = (ranks.value_above + ranks.value_level - n) / 2
    zero = (ranks.gain - ranks.loss) / 2
    together = float((p * v).sum() - zero * p.sum())
    of_values = float((v**2).sum()) + ranks.zeros * zero**2
    of_predictions = (float(n) ** 3 - n - tie_cubes(ranks.prediction)) / 12
    spread = of_values * of_predictions
    return float(np.clip(together / np.sqrt(spread), -1.0, 1.0)) if spread > 0 else float("nan")


def top_overlap(value: ArrayLike, prediction: ArrayLike, percent: int) -> float:
    """Return the share that the top K % by prediction and the top K % by value have in common; higher is better.

    Parameters
    ----------
    value, prediction
        As for `spearman`.
    percent : int
        K; both tops hold K % of the clicks, rounded up.

    Returns
    -------
    float
        In [0, 1]; nan if all values are the same.

    Notes
    -----
    A tie that straddles the end of a top counts by the share of it that is inside: the expectation if ties were broken
    by lot.  Where fewer than K % of the clicks bring money, the top by value is filled up with clicks that bring none,
    picked by lot, which nobody can predict: then the share falls as K grows, and 1 is out of reach.
    `top_value_share` does not suffer from it.

    Examples
    --------
    >>> top_overlap([0, 0, 5, 100], [1, 2, 4, 3], 50), top_overlap([0, 0, 5, 100], [1, 2, 4, 3], 25)
    (1.0, 0.0)
    """
    return top_overlap_of(order(value, prediction), percent)


def top_overlap_of(ranks: Order, percent: int) -> float:
    """Return what `top_overlap` does, from clicks in order."""
    size = top_size(ranks.clicks, percent)
    if not ranks.gain + ranks.loss or not _differ(ranks):
        return float("nan")
    by_prediction = membership(ranks.above, ranks.level, size)
    by_value = membership(ranks.value_above, ranks.value_level, size)
    zero = float(np.clip((size - ranks.gain) / ranks.zeros, 0, 1)) if ranks.zeros else 0.0
    rest = max(size - float(by_prediction.sum()), 0.0)  # of the top by prediction: clicks without value
    return float((by_prediction * by_value).sum() + zero * rest) / size


def _differ(ranks: Order) -> bool:
    return ranks.zeros > 0 or bool((ranks.value != ranks.value[0]).any())


def top_value_share(value: ArrayLike, prediction: ArrayLike, percent: int) -> float:
    """Return the share of all money that the top K % of clicks by prediction bring; higher is better.

    Parameters
    ----------
    value, prediction
        As for `spearman`.
    percent : int
        K; the top holds K % of the clicks, rounded up.  A tie that straddles its end counts by the share inside.

    Returns
    -------
    float
        Dimensionless, K / 100 for a constant prediction; nan unless money was received in all.

    Examples
    --------
    >>> top_value_share([0, 0, 20, 80], [1, 2, 4, 3], 25)
    0.2
    """
    return top_value_share_of(order(value, prediction), percent)


def top_value_share_of(ranks: Order, percent: int) -> float:
    """Return what `top_value_share` does, from clicks in order."""
    return float(captured_of(ranks, np.array([top_size(ranks.clicks, percent)]))[0])


def captured_of(ranks: Order, sizes: NDArray[np.integer[Any]]) -> Floats:
    """Return the share of all money that the first so many clicks by prediction bring, shape (len(sizes),)."""
    total = float(ranks.value.sum())
    if total <= 0:
        return np.full(len(sizes), np.nan)
    found = [float((membership(ranks.above, ranks.level, int(size)) * ranks.value).sum()) for size in sizes]
    return np.array(found) / total


def best_capture_of(ranks: Order, sizes: NDArray[np.integer[Any]]) -> Floats:
    """Return the share of all money that the first so many clicks by value bring: what no prediction can pass."""
    total = float(ranks.value.sum())
    if total <= 0:
        return np.full(len(sizes), np.nan)
    sums = np.concatenate(([0.0], np.cumsum(np.sort(np.maximum(ranks.value, 0.0))[::-1])))
    best: Floats = sums[np.minimum(sizes, len(sums) - 1)] / total
    return best


def ndcg(value: ArrayLike, prediction: ArrayLike, k: int = NDCG_AT) -> float:
    r"""Return the normalized discounted cumulative gain of the first k clicks by prediction; 1 is the best order.

    The gain is the money itself, a loss counting as none, and the discount :math:`1 / \log_2(1 + \mathrm{place})`.
    Ties share their places' mean discount.  This is scikit-learn's `ndcg_score` on one list.

    Parameters
    ----------
    value, prediction
        As for `spearman`.
    k : int

    Returns
    -------
    float
        In [0, 1]; nan if no click brought money.

    References
    ----------
    .. [1] Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 2002.
    .. [2] McSherry and Najork, "Computing information retrieval performance measures efficiently in the presence of
       tied scores", ECIR 2008.

    Examples
    --------
    >>> ndcg([0, 0, 20, 80], [1, 2, 3, 4])
    1.0
    """
    return ndcg_of(order(value, prediction), k)


def ndcg_of(ranks: Order, k: int = NDCG_AT) -> float:
    """Return what `ndcg` does, from clicks in order."""
    gain = np.maximum(ranks.value, 0.0)
    best = np.sort(gain)[::-1][:k]
    ideal = float((best * np.diff(discounts(k))[: len(best)]).sum())
    if ideal <= 0:
        return float("nan")
    sums = discounts(k)
    mean = (sums[np.minimum(ranks.level, k)] - sums[np.minimum(ranks.above, k)]) / (ranks.level - ranks.above)
    return float((gain * mean).sum()) / ideal


def discounts(k: int) -> Floats:
    """Return the summed discounts of the first 0, 1, ... k places, shape (k + 1,)."""
    return np.concatenate(([0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))))
