from learners.corrections import EARLY, CountShare, ScaledValue, Value, ValueShare
from replay.policies import ValueAges, ValueWait
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Head, Method, Timing
from simulator.methods.heads import check_window
from simulator.methods.losses import value_loss

_SHARES = {"value": ValueShare(), "count": CountShare()}


def value_wait(
    timing: Timing,
    *,
    window: Duration = HOUR,
    scaling: str = "value",
    loss: str = "poisson",
    by_features: bool = False,
) -> Method:
    """Wait a little, learn the money that has come by then, and divide by the share of it that comes so early.

    Policy `ValueWait`, correction `ScaledValue`; converges to E[Y], under growth too, with `scaling` "value": the share
    G(window) of the money.  With "count", the share F(window) of the gifts, it is off by G / F, which is what a delay
    curve of conversions does to amounts; with "none" it converges to E[Y] G.  The share is learned from mature clicks,
    one constant for all, or by features.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window, or there is no such scaling.
    """
    check_window(timing, window)
    if scaling == "none":
        return Method(ValueWait(window), Value(), loss=value_loss("loss", loss), target="value")
    if scaling not in _SHARES:
        raise ValueError(f"scaling: expected 'value', 'count' or 'none', got {scaling!r}")
    ages = ValueAges(window, timing.attribution_window)
    heads = {EARLY: Head(ages, _SHARES[scaling], constant=not by_features)}
    return Method(ValueWait(window), ScaledValue(), heads, loss=value_loss("loss", loss), target="value")
