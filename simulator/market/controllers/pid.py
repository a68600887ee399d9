"""A PID controller of the logarithm of the multiplier."""

import math
from typing import Any

from simple_pid import PID

from simulator.market.controllers.base import LEAST, MOST, Controller, check_limits


class Pid:
    """Wraps simple-pid's controller, whose time is ours."""

    def __init__(self, proportional: float, integral: float, derivative: float, limits: tuple[float, float]) -> None:
        self._pid = PID(
            proportional,
            integral,
            derivative,
            setpoint=0.0,
            sample_time=None,
            output_limits=limits,
            time_fn=lambda: 0.0,
        )

    def update(self, error: float, hours: float) -> float:
        """Return the multiplier after one more step."""
        log_multiplier: Any = self._pid(-error, dt=hours)
        return math.exp(log_multiplier)


def pid(
    *,
    proportional: float = 0.1,
    integral: float = 0.02,
    derivative: float = 0.0,
    least: float = LEAST,
    most: float = MOST,
) -> Controller:
    r"""Steer the logarithm of the multiplier by the error, its sum and its change.

    :math:`\ln m = K_p e + K_i \int e\,dt + K_d \dot e` with e = ln(target * value / cost) and hours as time.  The sum
    stops where the multiplier meets its limits (anti-windup by clamping), so that it turns round at once when the error
    does.  The integral does the work in the long run, and is what delay limits: see `simulator.market.stability`.

    Parameters
    ----------
    proportional, integral, derivative : float
        Gains: none, per hour, and hours.
    least, most : float
        Limits of the multiplier.

    Raises
    ------
    ValueError
        If a gain is below 0, or the limits do not hold 1 between them.

    References
    ----------
    .. [1] Astrom, Murray, "Feedback systems", 2008, chapter 10.
    """
    for name, gain in (("proportional", proportional), ("integral", integral), ("derivative", derivative)):
        if gain < 0:
            raise ValueError(f"{name}: expected a number of at least 0, got {gain}")
    check_limits(least, most)
    return Pid(proportional, integral, derivative, (math.log(least), math.log(most)))
