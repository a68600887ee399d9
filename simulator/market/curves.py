"""How soon value comes: the delay's cdf, learned from what has arrived by reverse hazards."""

import numba
import numpy as np
from numpy.typing import NDArray

from scenarios.durations import MINUTE
from simulator.market.estimators.base import Floats

Ints = NDArray[np.int64]

LIKE_OTHERS = 30.0  # conversions that the pooled curve is worth in each group's own
UNKNOWN = 5.0  # conversions that a curve rising evenly over the ages is worth, where none is given
_PER_OCTAVE = 3


def ages(attribution_window: int) -> Ints:
    """Return the ages at which a cdf is kept, us: 0, a minute, then three an octave, last the attribution window."""
    octaves = max(0.0, np.log2(attribution_window / MINUTE))
    between = MINUTE * 2.0 ** (np.arange(int(np.ceil(octaves * _PER_OCTAVE))) / _PER_OCTAVE)
    return np.unique(np.concatenate([[0], np.rint(between), [attribution_window]]).astype(np.int64))


class DelayCurves:
    """The cdf of the delay in every group, from what is known up to the feed's watermark.

    Conversions of young clicks are seen only where their delay is short, so the share seen at an age says nothing by
    itself.  What says it is the share, among all that came by age k of clicks at least k old, of what came since age
    k - 1: the reverse hazard, whose estimate needs no model of how many convert and holds whatever traffic does.  A
    group's is shrunk to that of all groups together, which is shrunk to `given`.

    Parameters
    ----------
    n_groups : int
    edges : int64 array
        Ages, us, increasing from 0; all delays are at most the last.
    start : int
        us UTC; no click is earlier.
    cohort : int
        Clicks of a stretch of this length grow old together, us.
    n_cohorts : int
    given : float64 array of shape (len(edges),), optional
        A cdf at the edges to begin with.
    weight : float
        How many conversions that is worth.

    References
    ----------
    .. [1] Lagakos, Barraj, De Gruttola, "Nonparametric analysis of truncated survival data, with application to AIDS",
       1988.
    """

    def __init__(
        self, n_groups: int, edges: Ints, start: int, cohort: int, n_cohorts: int, given: Floats | None, weight: float
    ) -> None:
        self.edges, self._start, self._cohort = edges, start, cohort
        self._come = np.zeros((n_groups, n_cohorts, len(edges)))
        self._in_bin, self._up_to = np.zeros((2, n_groups, len(edges)))
        self._closed = np.zeros(len(edges), np.int64)  # cohorts whose clicks are all older than the edge
        even = np.arange(1, len(edges) + 1) / len(edges)
        self._given = _reverse_hazard(even if given is None else given)
        self._weight = UNKNOWN if given is None else weight
        self._value, self._conversions = 0.0, 0

    def add(self, group: Ints, click_time: Ints, delay: Ints, value: Floats) -> None:
        """Take in outcomes that have become known; all columns of shape (n_outcomes,)."""
        cohort = (click_time - self._start) // self._cohort
        which = np.searchsorted(self.edges, delay)  # edges[which - 1] < delay <= edges[which]
        np.add.at(self._come, (group, cohort, which), value)
        self._value += float(value.sum())
        self._conversions += len(value)

    def grow(self, watermark: int) -> None:
        """Let clicks grow older: nothing that happened before the watermark is still unknown."""
        whole = np.clip((watermark - self.edges - self._start) // self._cohort, 0, self._come.shape[1])
        for k in np.flatnonzero(whole > self._closed):
            new = self._come[:, self._closed[k] : whole[k], : k + 1].sum(axis=1)
            self._in_bin[:, k] += new[:, k]
            self._up_to[:, k] += new.sum(axis=1)
            self._closed[k] = whole[k]

    def table(self) -> Floats:
        """Return the cdf of every group at every edge, shape (n_groups, n_edges), 1 at the last."""
        unit = self._value / self._conversions if self._conversions else 1.0  # value of a conversion
        pooled = _shrunk(self._in_bin.sum(axis=0), self._up_to.sum(axis=0), self._given, self._weight * unit)
        own = _shrunk(self._in_bin, self._up_to, pooled, LIKE_OTHERS * unit)
        after = np.cumprod(1.0 - own[:, :0:-1], axis=1)[:, ::-1]
        return np.concatenate([after, np.ones((len(own), 1))], axis=1)


def _shrunk(in_bin: Floats, up_to: Floats, towards: Floats, weight: float) -> Floats:
    return (np.maximum(in_bin, 0.0) + weight * towards) / (np.maximum(up_to, np.maximum(in_bin, 0.0)) + weight)


def _reverse_hazard(cdf: Floats) -> Floats:
    """Return, for each edge, the share of what has come by it that came since the edge before."""
    before = np.concatenate([[0.0], cdf[:-1]])
    return 1.0 - before / np.maximum(cdf, np.finfo(np.float64).tiny)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def share_at(age: Ints, group: Ints, edges: Ints, table: Floats, out: Floats) -> None:
    """Fill `out` with the share of value that has come by each click's age, linear between edges.

    Parameters
    ----------
    age : int64 array of shape (n_clicks,)
        us, not increasing: clicks are sorted by time.
    group : integer array of shape (n_clicks,)
    edges : int64 array of shape (n_edges,)
    table : float64 array of shape (n_groups, n_edges)
    out : float64 array of shape (n_clicks,)
    """
    k = len(edges) - 1
    for i in range(len(age)):
        while k > 0 and edges[k] > age[i]:
            k -= 1
        share = table[group[i], k]
        if k < len(edges) - 1:
            part = (age[i] - edges[k]) / (edges[k + 1] - edges[k])
            share += part * (table[group[i], k + 1] - share)
        out[i] = share
