r"""How much gain a controller may have before delay makes it swing: the loop, linearised around its target.

Let u be the logarithm of the multiplier.  Where a bid that is 1 % higher wins :math:`\beta` % more clicks, each 1 %
dearer, the clicks of the stretch j updates ago make up the share 1/L of the cost looked back on, and the share g_j of
the value believed, so the error e = ln(target * value / cost) moves by

.. math:: e_n = -\sum_j h_j u_{n-j}, \qquad h_j = (1 + \beta) / L - \beta g_j .

With all value known g_j = 1/L, and h_j = 1/L.  As counted, g_j is in proportion to F at that age: old clicks count for
more, and the young ones, whose bids were just changed, show their cost before their value.  Counted by the time of
arrival, g_j is what arrives in the stretch looked back on from clicks of that age: cost and value are of other clicks.
Mature clicks answer for bids an attribution window ago: h_j = 1/L from there on.

A controller that adds :math:`K_p e_n + K_i \Delta t \sum e` closes the loop, with the characteristic equation

.. math:: z + (K_p + K_i \Delta t \, z / (z - 1)) \sum_j h_j z^{-j} = 0 ,

stable while all its roots lie inside the unit circle (Astrom and Murray, "Feedback systems", 2008, chapter 10).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.market.estimators.base import Floats

_FREQUENCIES = 40_001  # on (0, pi]
_NOTHING = 1e-9  # what rounding leaves where the loop passes no signal at all


class Limit(NamedTuple):
    """Where a loop begins to swing by itself."""

    gain: float  # the factor by which both gains may grow until then; inf if there is none
    period: float  # of the swing, in updates


def sensitivity(estimator: str, elasticity: float, come: Floats, lookback: int) -> Floats:
    """Return h_j, the answer of the error to the multiplier j updates ago, shape (n_lags,).

    Parameters
    ----------
    estimator : str
        "counted", "arrived" and "mature" differ; all others know the value of the clicks, up to noise.
    elasticity : float
        beta: by how many percent the clicks grow where bids grow by one.
    come : float64 array of shape (n_ages,)
        Share of value that has come from the clicks of each stretch between updates, youngest first; the oldest are
        mature.
    lookback : int
        L, in updates.
    """
    n, age = lookback, np.arange(len(come) + lookback)
    even = (age < n) / n
    if estimator == "mature":
        return np.asarray(np.where(age < len(come), 0.0, 1.0 / n))
    by_age = np.concatenate([come, np.ones(n)])
    counts = even
    if estimator == "counted":
        counts = np.where(age < n, by_age, 0.0)
    elif estimator == "arrived":
        counts = by_age - np.concatenate([np.zeros(n), by_age[:-n]])
    return np.asarray((1.0 + elasticity) * even - elasticity * counts / counts.sum())


def limit(answer: Floats, proportional: float, integral: float) -> Limit:
    """Return by which factor both gains may grow until the loop is no longer stable.

    Parameters
    ----------
    answer : float64 array
        h_j, see `sensitivity`.
    proportional : float
    integral : float
        Per update, that is, times the hours between two.
    """
    omega = np.pi * np.arange(1, _FREQUENCIES) / (_FREQUENCIES - 1)
    loop = _open_loop(omega, answer, proportional, integral)
    crossing = np.flatnonzero(loop.imag[1:] * loop.imag[:-1] <= 0)
    real = [
        *(_at_zero(loop, k) for k in crossing.tolist()),
        float(loop[-1].real),
    ]  # half a turn per update is real by itself
    at = [*omega[crossing], np.pi]
    found = [(-1.0 / here, float(2 * np.pi / there)) for here, there in zip(real, at, strict=True) if here < -_NOTHING]
    return Limit(*min(found)) if found else Limit(float("inf"), float("inf"))


def roots_inside(answer: Floats, proportional: float, integral: float) -> bool:
    """Return whether the loop is stable, by the roots of its characteristic polynomial."""
    # z (z - 1) + (Kp (z - 1) + Ki z) H(1/z), times z^(n - 1) for the lags
    controller = np.array([proportional + integral, -proportional])
    polynomial = np.zeros(len(answer) + 2)
    polynomial[0], polynomial[1] = 1.0, -1.0
    polynomial[1:] += np.convolve(controller, answer)
    return bool(np.abs(np.roots(polynomial)).max() < 1.0)


def _open_loop(omega: Floats, answer: Floats, proportional: float, integral: float) -> NDArray[np.complex128]:
    z = np.exp(1j * omega)
    heard = np.polynomial.polynomial.polyval(1.0 / z, answer)
    loop: NDArray[np.complex128] = (proportional + integral * z / (z - 1.0)) * heard / z
    return loop


def _at_zero(loop: NDArray[np.complex128], k: int) -> float:
    """Return the real part where the imaginary part crosses zero between k and k + 1."""
    a, b = loop[k], loop[k + 1]
    part = a.imag / (a.imag - b.imag) if a.imag != b.imag else 0.0
    return float(a.real + part * (b.real - a.real))
