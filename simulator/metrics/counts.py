"""Clicks counted by prediction, highest first: what ranking and calibration in bins are made of."""

from typing import NamedTuple

import numpy as np

from simulator.metrics.sums import Bools, Floats, Ints, Probabilities, columns

BINNINGS = ("count", "width")


class Counts(NamedTuple):
    """Clicks by distinct prediction (or by bin of predictions), the highest first; columns along the last axis."""

    prediction: Floats
    clicks: Floats  # how many, or their total weight
    conversions: Floats


def counts_of(label: Bools, p: Probabilities, weight: Floats | None = None) -> Counts:
    """Count clicks and conversions by distinct prediction, shape (n_distinct,)."""
    label, p, w = columns(label, p, weight)
    if not len(p):
        return Counts(p, w, w)
    order = np.argsort(-p, kind="stable")
    p, w, converted = p[order], w[order], (w * label)[order]
    start = np.flatnonzero(np.diff(p, prepend=np.inf))
    return Counts(p[start], np.add.reduceat(w, start), np.add.reduceat(converted, start))


def bin_of(counts: Counts, bins: int, binning: str) -> Ints:
    """Return the bin of each entry of `counts`, 0 to bins - 1, shape (n_entries,).

    "count": floor(bins * share of clicks with a strictly higher prediction), so bins hold about equally many clicks,
    those of one prediction are never parted, and the order of the rows does not matter.
    "width": the k-th bin from below holds predictions in (k / bins, (k + 1) / bins], and 0; as the highest come
    first, so does the highest bin.

    Raises
    ------
    ValueError
        If there is no bin, or no such binning.
    """
    check_bins(bins, binning)
    if binning == "width":
        return bins - 1 - np.searchsorted(inner_edges(bins), counts.prediction, side="left")
    above = np.cumsum(counts.clicks) - counts.clicks
    total = max(float(counts.clicks.sum()), np.finfo(float).tiny)
    return np.minimum(np.floor(bins * above / total).astype(np.int64), bins - 1)


def inner_edges(bins: int) -> Floats:
    """Return where bins of equal width meet, shape (bins - 1,)."""
    return np.linspace(0, 1, bins + 1)[1:-1]


def check_bins(bins: int, binning: str) -> None:
    """Raise ValueError unless there is a bin and such a binning."""
    if bins < 1:
        raise ValueError(f"expected at least 1 bin, got {bins}")
    if binning not in BINNINGS:
        raise ValueError(f"expected binning of {' or '.join(BINNINGS)}, got {binning!r}")
