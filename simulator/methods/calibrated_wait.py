from dataclasses import replace

from learners.corrections import CalibratedWait
from learners.corrections.auxiliary import LATE
from replay.policies import Wait
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window, heads


def calibrated_wait(timing: Timing, *, window: Duration = HOUR, by_features: bool = False) -> Method:
    """Wait a little, learn the label known by then, and divide by the share of conversions that come so early.

    Policy `Wait`, correction `CalibratedWait`; converges to p, under growth too, since every click is judged at one
    age.  The share F(window) is learned from mature conversions, so it is an attribution window old: one constant for
    all clicks, which is wrong for those that convert slower or faster than the rest, or a model of the features.  A
    short window makes it noisy: f is a small number over a small number.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    late = heads(timing, window, LATE)
    if not by_features:
        late = {name: replace(head, constant=True) for name, head in late.items()}
    return Method(Wait(window), CalibratedWait(), late)
