"""Clicks in the order of their predicted and of their received money, kept sparsely: most clicks bring nothing."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from simulator.metrics.sums import Floats, Floats32, Ints

STEP = 1 << 20  # sorted predictions to a step


class Order(NamedTuple):
    """How clicks rank by prediction and by value; places are counted from the highest, ties share theirs.

    Only the clicks whose value is not 0 have an entry; the others are tied in value, and known by their number.
    """

    prediction: Floats32  # of all clicks, ascending, shape (n_clicks,)
    value: Floats  # of the clicks whose value is not 0, shape (n_valued,)
    above: Ints  # clicks predicted strictly higher than each of them
    level: Ints  # clicks predicted at least as high, itself among them
    value_above: Ints  # clicks of a strictly higher value
    value_level: Ints  # clicks of at least its value
    gain: int  # clicks of a value above 0
    loss: int  # clicks of a value below 0

    @property
    def clicks(self) -> int:
        """Number of clicks."""
        return len(self.prediction)

    @property
    def zeros(self) -> int:
        """Number of clicks whose value is 0."""
        return self.clicks - self.gain - self.loss


def order_of(prediction: Floats32, valued: Floats32, value: Floats) -> Order:
    """Return the order of clicks.

    Parameters
    ----------
    prediction : float32 array of shape (n_clicks,)
        Of all clicks, ascending.
    valued : float32 array of shape (n_valued,)
        Those of the clicks whose value is not 0.
    value : float array of shape (n_valued,)
        Their values.
    """
    n, ordered = len(prediction), np.sort(value)
    gain, loss = int(np.count_nonzero(value > 0)), int(np.count_nonzero(value < 0))
    skipped = np.where(value < 0, n - gain - loss, 0)  # a loss ranks behind all zeros
    return Order(
        prediction,
        value,
        n - np.searchsorted(prediction, valued, side="right"),
        n - np.searchsorted(prediction, valued, side="left"),
        len(value) - np.searchsorted(ordered, value, side="right") + skipped,
        len(value) - np.searchsorted(ordered, value, side="left") + skipped,
        gain,
        loss,
    )


def order(value: ArrayLike, prediction: ArrayLike) -> Order:
    """Return the order of clicks whose values and predictions stand side by side, shape (n_clicks,) each.

    Raises
    ------
    ValueError
        If they are not of one length, or one is not finite.
    """
    v, p = np.asarray(value, np.float64), np.asarray(prediction, np.float32)
    if v.shape != p.shape:
        raise ValueError(f"value and prediction must be of one length, got {v.shape} and {p.shape}")
    if not (np.isfinite(v).all() and np.isfinite(p).all()):
        raise ValueError("values and predictions must be finite")
    some = v != 0
    return order_of(np.sort(p), p[some], v[some])


def membership(above: Ints, level: Ints, size: int) -> Floats:
    """Return how far clicks belong to the first `size`: 1, 0, or, where a tie straddles its end, the tie's share."""
    return np.clip((size - above) / (level - above), 0.0, 1.0)


def top_size(clicks: int, percent: int) -> int:
    """Return how many clicks the top `percent` % of some are, rounded up."""
    return -(-clicks * percent // 100)


def tie_cubes(ascending: Floats32) -> float:
    """Return the sum of t^3 - t over runs of t equal predictions."""
    total, start = 0.0, 0
    for at in range(0, len(ascending), STEP):
        part = ascending[at : at + STEP + 1]
        ends = np.flatnonzero(part[1:] != part[:-1]) + (at + 1)
        if len(ends):
            size = np.diff(ends, prepend=start).astype(np.float64)
            total += float((size**3 - size).sum())
            start = int(ends[-1])
    last = float(len(ascending) - start)
    return total + last**3 - last
