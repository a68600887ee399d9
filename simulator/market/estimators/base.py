"""What an estimator of the value so far may know, and what it answers."""

from typing import Any, NamedTuple, Protocol

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Groups = NDArray[np.int64]


class Known(NamedTuple):
    """What is known, at one moment, of the clicks whose value is asked for; columns of length n_clicks.

    Value is whatever is steered to: conversions, or the money that they bring.  Ages are taken at the feed's watermark,
    up to which everything that happened has arrived, so that an outage lets nothing grow older.
    """

    group: Groups  # campaign of each click, in [0, n_groups)
    n_groups: int
    cost: Floats  # what each click cost
    probability: Floats  # predicted P(converts inside the attribution window), made at the click
    predicted: Floats  # predicted value; the same as `probability` where conversions are counted
    counted: Floats  # value that has arrived
    settled: Floats  # value that has arrived and happened before the watermark
    converted: Bools  # whether a conversion has arrived that happened before the watermark
    converted_share: Floats  # F(age): share of conversions that come by the click's age
    share: Floats  # G(age): share of value that comes by then; F where conversions are counted
    mature_cost: Floats  # shape (n_groups,): cost of as long a stretch of clicks, the last that is mature
    mature_value: Floats  # shape (n_groups,): value of those
    arrived: Floats  # shape (n_groups,): value that arrived in the stretch looked back on, of whichever clicks

    def total(self, values: Floats) -> Floats:
        """Return the sums of a column by campaign, shape (n_groups,)."""
        return sums_by(self.group, values, self.n_groups)


class Estimator(Protocol):
    """An estimate of the value that clicks will have brought once all of it has arrived."""

    def __call__(self, known: Known) -> Floats:
        """Return the value of each campaign's clicks, shape (n_groups,); nan where nothing can be said."""


def sums_by(group: NDArray[Any], values: NDArray[Any], n_groups: int) -> Floats:
    """Return the sums of a column by group, shape (n_groups,)."""
    sums = np.zeros(n_groups)
    _add_up(group, values, sums)
    return sums


@numba.njit(cache=True, nogil=True)
def _add_up(group: NDArray[Any], values: NDArray[Any], sums: Floats) -> None:
    for i in range(len(values)):
        sums[group[i]] += values[i]


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Return numerator / denominator, nan where the denominator is not above 0."""
    out = np.full(len(denominator), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out
