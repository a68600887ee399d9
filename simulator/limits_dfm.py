"""Where the delayed feedback model settles in the toy world: the maximum of its expected likelihood, found numerically.

No closed form: which p and which delays explain a mixture of exponentials best depends on the ages that are checked.
"""

from collections.abc import Callable

import numpy as np

from learners.corrections.delay_curves import HEADS
from replay.log import Floats
from scenarios.durations import DAY
from simulator.methods.dfm import checked_ages
from simulator.toy import Toy

Ages = tuple[int, ...]  # us

_SETTLED = 1e-10  # of the linear predictors


def telescoped(toy: Toy, checks: str, family: str) -> float:
    """Return the limit of `dfm`, p F(W) at that maximum, its bound on the longest steps left aside.

    Growth weighs every interval by its age.  In steady traffic p F(W) is true whatever the family, else only where
    delays are exponential and checked at two ages or more; with kernels, which can draw any delays, to a thousandth.
    """
    if family == "kernel":
        return toy.rate * toy.converted_by(toy.attribution_window)
    ages, weight, by_age = _world(toy, checks)

    def loss(f: Floats) -> float:
        left = 1 - f
        converts, survives = weight * np.diff(by_age), weight * (1 - by_age[1:])
        return -float(converts @ np.log(np.diff(f) / left[:-1]) + survives @ np.log(left[1:] / left[:-1]))

    return _lowest(loss, ages, len(HEADS[family]))


def revisited(toy: Toy, checks: str, family: str) -> float:
    """Return the limit of `dfm_em`, p F(W) where the likelihoods at all ages together are highest.

    Growth weighs every age.  True where delays are exponential and checked at two ages or more, and with kernels.
    """
    if family == "kernel":
        return toy.rate * toy.converted_by(toy.attribution_window)
    ages, weight, by_age = _world(toy, checks)
    later = np.cumsum(weight[::-1])[::-1]  # a conversion in an interval is told at its end and at every later age

    def loss(f: Floats) -> float:
        told = later * np.diff(by_age)
        return -float(told @ np.log(np.diff(f)) + (weight * (1 - by_age[1:])) @ np.log1p(-f[1:]))

    return _lowest(loss, ages, len(HEADS[family]))


def _world(toy: Toy, checks: str) -> tuple[Ages, Floats, Floats]:
    """Return the ages checked, what growth leaves of the clicks at each, and the share converted at 0 and at each."""
    ages = checked_ages(checks, toy.attribution_window)
    by_age = toy.rate * np.array([0.0, *(toy.converted_by(age) for age in ages)])
    return ages, np.exp(-toy.growth * np.array(ages) / DAY), by_age


def _lowest(loss: Callable[[Floats], float], ages: Ages, heads: int) -> float:
    """Return p F(W) where a loss of p F at 0 and at each age is lowest among the delays of a family."""
    from scipy.optimize import fmin  # noqa: PLC0415 - half a second that only this needs

    time = np.array([0.0, *ages]) / np.sqrt(float(ages[0]) * float(ages[-1]))
    start = np.vstack([np.zeros(1 + heads), np.eye(1 + heads)])

    def at_parameters(at: Floats) -> float:
        return loss(_by_age(at, time))

    with np.errstate(divide="ignore"):  # delays that rule out what happened have a loss of infinity
        best = fmin(
            at_parameters,
            start[0],
            initial_simplex=start,
            xtol=_SETTLED,
            ftol=0.0,
            maxiter=10_000,
            maxfun=10_000,
            disp=False,
        )
    return float(_by_age(best, time)[-1])


def _by_age(at: Floats, time: Floats) -> Floats:
    """Return p F at each time, from the linear predictors of p, rate and, if there is one, shape."""
    shape = np.exp(at[2]) if len(at) > 2 else 1.0
    reached: Floats = -np.expm1(-((np.exp(at[1]) * time) ** shape)) / (1 + np.exp(-at[0]))
    return reached
