from dataclasses import replace

from learners.corrections import EARLY, CountShare, Levelled, ScaledValue, Value, ValueShare
from replay.policies import ValueAges, ValueWait
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Head, Method, Timing
from simulator.methods.heads import check_window
from simulator.methods.levelled import levelled
from simulator.methods.losses import value_loss

_SHARES = {"value": ValueShare(), "count": CountShare()}


def value_wait(
    timing: Timing,
    *,
    window: Duration = HOUR,
    scaling: str = "value",
    loss: str = "poisson",
    by_features: bool = False,
    level: bool = True,
) -> Method:
    """Wait a little, learn the money that has come by then, and divide by the share of it that comes so early.

    Policy `ValueWait`, correction `ScaledValue`; converges to E[Y], under growth too, with `scaling` "value": the share
    G(window) of the money.  With "count", the share F(window) of the gifts, it is off by G / F, which is what a delay
    curve of conversions does to amounts; with "none" it converges to E[Y] G.  The share is learned from mature clicks,
    one constant for all, or by features.  With `level`, the default, the
    money by then is multiplied by a running ratio of money received to money predicted.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window, or there is no such scaling.
    """
    check_window(timing, window)
    if scaling not in ("none", *_SHARES):
        raise ValueError(f"scaling: expected 'value', 'count' or 'none', got {scaling!r}")
    method = Method(ValueWait(window), Value(), loss=value_loss("loss", loss), target="value")
    method = levelled(method) if level else method
    if scaling == "none":
        return method
    ages = ValueAges(window, timing.attribution_window)
    heads = {**method.heads, EARLY: Head(ages, _SHARES[scaling], constant=not by_features)}
    return replace(method, correction=Levelled(ScaledValue()) if level else ScaledValue(), heads=heads)
