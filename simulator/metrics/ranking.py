"""How well predictions rank: whether clicks that convert are predicted higher than those that do not."""

import numpy as np

from simulator.metrics.counts import Counts, counts_of
from simulator.metrics.sums import Bools, Floats, Probabilities, ratio


def auc_from(counts: Counts) -> Floats:
    """Return the area under the ROC curve of clicks counted by prediction; the last axis goes."""
    others = counts.clicks - counts.conversions
    above = np.cumsum(counts.conversions, axis=-1) - counts.conversions
    won = (others * (above + counts.conversions / 2)).sum(axis=-1)
    return ratio(won, counts.conversions.sum(axis=-1) * others.sum(axis=-1))


def pr_auc_from(counts: Counts) -> Floats:
    """Return the average precision of clicks counted by prediction; the last axis goes."""
    precision = np.cumsum(counts.conversions, axis=-1) / np.maximum(np.cumsum(counts.clicks, axis=-1), _TINY)
    return ratio((counts.conversions * precision).sum(axis=-1), counts.conversions.sum(axis=-1))


def auc(label: Bools, p: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the area under the ROC curve, in [0, 1]; higher is better, 0.5 does not rank at all.

    Parameters
    ----------
    label : bool array of shape (n_clicks,)
        Mature labels: whether the click converted inside the attribution window.
    p : float array of shape (n_clicks,)
        Predictions made at click time, in (0, 1).
    weight : float array of shape (n_clicks,), optional
        How much each click counts; all the same if left out.

    Returns
    -------
    float
        The probability that a click that converts is predicted higher than one that does not, ties counting half:
        :math:`\sum_{i,j} w_i w_j y_i (1 - y_j) (1[p_i > p_j] + 1[p_i = p_j] / 2) / \sum_{i,j} w_i w_j y_i (1 - y_j)`,
        dimensionless, exact; nan if all convert or none.

    References
    ----------
    .. [1] Hanley and McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
       Radiology 1982.

    Examples
    --------
    >>> import numpy as np
    >>> auc(np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1]))
    0.875
    """
    return float(auc_from(counts_of(label, p, weight)))


def pr_auc(label: Bools, p: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the average precision, in (0, 1]; higher is better, the observed rate does not rank at all.

    A step function under the precision-recall curve, the same as scikit-learn's ``average_precision_score``; the
    trapezoid that some papers report is higher.

    Parameters
    ----------
    label, p, weight
        As for `auc`.

    Returns
    -------
    float
        :math:`\sum_k (R_k - R_{k-1}) P_k` over the distinct predictions from the highest down, with recall R and
        precision P of the clicks predicted at least that high; nan if none converts.

    References
    ----------
    .. [1] Davis and Goadrich, "The relationship between precision-recall and ROC curves", ICML 2006.

    Examples
    --------
    >>> import numpy as np
    >>> pr_auc(np.array([True, False, True, False]), np.array([0.9, 0.5, 0.4, 0.1]))  # (1 + 2/3) / 2
    0.8333333333333333
    """
    return float(pr_auc_from(counts_of(label, p, weight)))


_TINY = np.finfo(float).tiny
