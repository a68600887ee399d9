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

_SETTLED = 1e-10  # of the linear predictors


def telescoped(toy: Toy, checks: str, family: str) -> float:
    """Return the limit of `dfm`, p F(W) at that maximum, its bound on the longest steps left aside.

    Growth weighs every interval by its age.  Exponential delays, checked at two ages or more, give the true p F(W).
    """
    ages = checked_ages(checks, toy.attribution_window)
    by_age = toy.rate * np.array([0.0, *(toy.converted_by(age) for age in ages)])
    weight = np.exp(-toy.growth * np.array(ages) / DAY)
    converts, survives = weight * np.diff(by_age), weight * (1 - by_age[1:])
    time = np.array([0.0, *ages]) / np.sqrt(float(ages[0]) * float(ages[-1]))

    def loss(at: Floats) -> float:
        f = _by_age(at, time)
        left = 1 - f
        with np.errstate(divide="ignore"):  # delays that rule out what happened have a loss of infinity
            return -float(converts @ np.log(np.diff(f) / left[:-1]) + survives @ np.log(left[1:] / left[:-1]))

    return float(_by_age(_lowest(loss, 1 + len(HEADS[family])), time)[-1])


def _lowest(loss: Callable[[Floats], float], size: int) -> Floats:
    from scipy.optimize import minimize  # noqa: PLC0415 - half a second that only this needs

    start = np.vstack([np.zeros(size), np.eye(size)])
    options = {"initial_simplex": start, "xatol": _SETTLED, "fatol": 0.0, "maxiter": 10_000, "maxfev": 10_000}
    found: Floats = minimize(loss, start[0], method="Nelder-Mead", options=options).x
    return found


def _by_age(at: Floats, time: Floats) -> Floats:
    """Return p F at each time, from the linear predictors of p, rate and, if there is one, shape."""
    shape = np.exp(at[2]) if len(at) > 2 else 1.0
    reached: Floats = -np.expm1(-((np.exp(at[1]) * time) ** shape)) / (1 + np.exp(-at[0]))
    return reached
