"""Which of several setups is best, and which others the days cannot tell from it."""

from typing import NamedTuple

import numpy as np

from simulator.stress.losses import Daily, Floats, Loss, block_length, block_weights, resampled, total

FEWEST_DAYS = 5  # below, resampling days says next to nothing
LEVEL = 0.95


class Best(NamedTuple):
    """The setup of lowest loss, and what can be said against the others; arrays of shape (n_setups,)."""

    best: int
    loss: Floats
    excess: Floats  # loss less that of the best
    low: Floats  # 95 % interval of the excess, each by itself
    high: Floats
    kept: list[int] | None  # setups that may be the best; None if there are too few days to say


class Step(NamedTuple):
    """What one setup more than another costs."""

    difference: float
    low: float
    high: float


def best_of(loss: Loss, daily: Daily, replicates: int, seed: int) -> Best:
    """Return the best of some setups, and the set of those that it cannot be told from.

    A setup stays in the set unless some other one is better than it beyond chance: the largest of its studentized
    differences to the others is held against what that largest would be, were none better.  So the set holds the
    setup of lowest expected loss with a chance of at least 95 %, however many there are.  Days are resampled in blocks
    and for all setups at once, so that what days do to all of them cancels.  With few blocks, intervals are widened as
    Student's distribution is over the normal one.

    Parameters
    ----------
    loss : Loss
    daily : Daily
    replicates, seed : int
        Of the bootstrap.

    References
    ----------
    .. [1] Hsu, "Constrained simultaneous confidence intervals for multiple comparisons with the best", 1984.
    .. [2] Hansen, Lunde and Nason, "The model confidence set", 2011.
    """
    value = total(loss, daily)
    best = int(np.nanargmin(value))
    excess = value - value[best]
    days = len(daily.day)
    if days < FEWEST_DAYS or not replicates:
        unknown = np.full(len(value), np.nan)
        return Best(best, value, excess, unknown, unknown, None)
    drawn = resampled(loss, daily, block_weights(days, replicates, seed))
    widened = _widening(days)
    moved = drawn - drawn[:, [best]] - excess
    low, high = excess + widened * np.nanquantile(moved, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    kept = [one for one in range(len(value)) if _may_be_best(one, value, drawn, widened)]
    return Best(best, value, excess, low, high, kept)


def step(loss: Loss, daily: Daily, pair: tuple[int, int], replicates: int, seed: int) -> Step:
    """Return the loss of the second setup less that of the first, with its 95 % interval over the same days."""
    value = total(loss, daily)
    difference = float(value[pair[1]] - value[pair[0]])
    days = len(daily.day)
    if days < FEWEST_DAYS or not replicates:
        return Step(difference, float("nan"), float("nan"))
    drawn = resampled(loss, daily, block_weights(days, replicates, seed))
    moved = drawn[:, pair[1]] - drawn[:, pair[0]] - difference
    ends = difference + _widening(days) * np.nanquantile(moved, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Step(difference, *ends.tolist())


def _may_be_best(one: int, value: Floats, drawn: Floats, widened: float) -> bool:
    others = [other for other in range(len(value)) if other != one and np.isfinite(value[other])]
    if not np.isfinite(value[one]):
        return False
    if not others:
        return True
    behind = value[one] - value[others]
    moved = drawn[:, [one]] - drawn[:, others] - behind
    error = np.nanstd(moved, axis=0)
    same = error <= 1e-12 * np.abs(value[one])
    if np.any(same & (behind > 1e-12 * np.abs(value[one]))):
        return False
    error = np.where(same, 1.0, error)
    limit = widened * np.nanquantile(np.max(moved / error, axis=1), LEVEL)
    return bool(np.max(np.where(same, 0.0, behind / error)) <= limit)


def _widening(days: int) -> float:
    """Return by how much intervals over so few blocks must be wider than the bootstrap makes them.

    Student's 97.5 % point over the normal one, with a degree of freedom less than there are blocks, and the correction
    of the standard deviation, which a bootstrap takes over n instead of n - 1.
    """
    from scipy.special import stdtrit  # noqa: PLC0415  (Student's quantile; only stresses wait for it)

    blocks = max(2.0, days / block_length(days))
    return float(stdtrit(blocks - 1, 0.975) / 1.959964 * np.sqrt(blocks / (blocks - 1)))
