"""How honest predictions are: whether a share p of the clicks predicted p converts."""

from typing import NamedTuple

import numpy as np

from simulator.metrics.counts import Counts, bin_of, counts_of
from simulator.metrics.sums import Bools, Floats, Floats32, Ints, Probabilities, Sums, ratio, sums_of

_Z = 1.959963984540054  # the normal's 97.5 % point


class Reliability(NamedTuple):
    """A reliability diagram: columns with an entry for each bin that has clicks, the lowest predictions first."""

    mean_prediction: Floats
    observed_rate: Floats
    clicks: Ints
    low: Floats  # 95 % Wilson interval of the observed rate
    high: Floats


def mean_prediction_from(sums: Sums) -> Floats:
    """Return the mean prediction of some clicks."""
    return ratio(sums.prediction, sums.clicks)


def calibration_ratio_from(sums: Sums) -> Floats:
    """Return predicted conversions over observed conversions."""
    return ratio(sums.prediction, sums.conversions)


def ece_from(expected: Floats, clicks: Floats, conversions: Floats) -> Floats:
    """Return the expected calibration error from sums of p, clicks and conversions by bin; the last axis goes."""
    return ratio(np.abs(expected - conversions).sum(axis=-1), clicks.sum(axis=-1))


def mean_prediction(label: Bools, p: Probabilities, weight: Floats | None = None) -> float:
    r"""Return the mean prediction; compare it with the observed rate, to which it has no direction of its own.

    Parameters
    ----------
    label : bool array of shape (n_clicks,)
        Not used; all metrics of labels take the same arguments.
    p : float array of shape (n_clicks,)
        Predictions made at click time, in (0, 1).
    weight : float array of shape (n_clicks,), optional
        How much each click counts; all the same if left out.

    Returns
    -------
    float
        :math:`\sum_i w_i p_i / \sum_i w_i`, a probability; nan without clicks.

    References
    ----------
    .. [1] He et al., "Practical lessons from predicting clicks on ads at Facebook", ADKDD 2014.

    Examples
    --------
    >>> import numpy as np
    >>> mean_prediction(np.array([True, False]), np.array([0.25, 0.75]))
    0.5
    """
    return float(mean_prediction_from(sums_of(label, p, weight)))


def calibration_ratio(label: Bools, p: Probabilities, weight: Floats | None = None) -> float:
    r"""Return predicted conversions over observed conversions (PCOC).

    1 is calibrated on average, above 1 predicts too many.  The inverse, observed over predicted, is also in use; this
    project has only this one.

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
        :math:`\sum_i w_i p_i / \sum_i w_i y_i`, dimensionless; nan if nothing converted.

    References
    ----------
    .. [1] He et al., "Practical lessons from predicting clicks on ads at Facebook", ADKDD 2014.

    Examples
    --------
    >>> import numpy as np
    >>> calibration_ratio(np.array([True, False, False]), np.array([0.5, 0.5, 0.5]))
    1.5
    """
    return float(calibration_ratio_from(sums_of(label, p, weight)))


def ece(
    label: Bools, p: Probabilities, weight: Floats | None = None, *, bins: int = 10, binning: str = "count"
) -> float:
    r"""Return the expected calibration error, in [0, 1]; lower is better.

    Biased up when clicks are few: a calibrated model scores above 0 by chance.

    Parameters
    ----------
    label, p, weight
        As for `calibration_ratio`.
    bins : int
        How many bins, some of which may have no clicks.
    binning : {"count", "width"}
        "count": a click's bin is floor(bins * share of clicks with a strictly higher prediction): about equally many
        clicks in each, never parting those of one prediction, whatever the order of the rows.  "width": bins
        (k / bins, (k + 1) / bins].  Predictions crowd near 0, so equal width leaves most clicks in one bin.

    Returns
    -------
    float
        :math:`\sum_b |\sum_{i \in b} w_i p_i - \sum_{i \in b} w_i y_i| / \sum_i w_i`, a probability; nan without
        clicks.

    Raises
    ------
    ValueError
        If there is no bin, or no such binning.

    References
    ----------
    .. [1] Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
    .. [2] Nixon et al., "Measuring calibration in deep learning", CVPR workshops 2019, on bins of equal count.

    Examples
    --------
    >>> import numpy as np
    >>> ece(np.array([True, True, False, False]), np.array([0.75, 0.75, 0.25, 0.25]), bins=2)
    0.25
    """
    counts = counts_of(label, p, weight)
    where = bin_of(counts, bins, binning)
    columns = (counts.clicks * counts.prediction, counts.clicks, counts.conversions)
    return float(ece_from(*(np.bincount(where, column, minlength=bins).astype(np.float64) for column in columns)))


def reliability(label: Bools, p: Floats32, bins: int = 20, binning: str = "count") -> Reliability:
    """Return mean prediction and observed rate of clicks in bins of prediction.

    Parameters
    ----------
    label : bool array of shape (n_clicks,)
        Mature labels.
    p : float32 array of shape (n_clicks,)
        Predictions made at click time, in [0, 1].
    bins, binning
        As for `ece`.

    Returns
    -------
    Reliability
        Columns of at most `bins` entries, with 95 % Wilson score intervals of the observed rate.

    Raises
    ------
    ValueError
        If a prediction lies outside [0, 1], there is no bin, or no such binning.

    References
    ----------
    .. [1] Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.

    Examples
    --------
    >>> import numpy as np
    >>> table = reliability(np.array([True, False, False, False]), np.array([0.5, 0.5, 0.125, 0.125]), bins=2)
    >>> table.observed_rate.tolist(), table.clicks.tolist()
    ([0.0, 0.5], [2, 2])
    """
    return reliability_of(counts_of(label, p), bins, binning)


def reliability_of(counts: Counts, bins: int = 20, binning: str = "count") -> Reliability:
    """Return what `reliability` does, from clicks counted by prediction already."""
    where = bin_of(counts, bins, binning)
    columns = (counts.clicks, counts.conversions, counts.clicks * counts.prediction)
    sums = np.stack([np.bincount(where, column, minlength=bins) for column in columns])
    clicks, conversions, expected = sums[:, sums[0] > 0][:, ::-1]
    rate = conversions / clicks
    centre = (rate + _Z**2 / (2 * clicks)) / (1 + _Z**2 / clicks)
    half = _Z * np.sqrt(rate * (1 - rate) / clicks + _Z**2 / (4 * clicks**2)) / (1 + _Z**2 / clicks)
    return Reliability(expected / clicks, rate, clicks.astype(np.int64), centre - half, centre + half)
