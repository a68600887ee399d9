from learners.corrections import DeltaGradient
from replay.policies import WaitThenLate
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window


def pu_wait(timing: Timing, *, window: Duration = HOUR) -> Method:
    """Wait a little, learn the label known by then, and take back those that turn out to be fake negatives.

    Policy `WaitThenLate`, correction `DeltaGradient`; our own lagged form of `pu`.  It is as exact, with fewer steps
    to take back, and so with less variance: converges to p in steady traffic, whatever the class of the model.  Growth
    acts only on the conversions that come late, but outages of the feed as on `pu`.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return Method(WaitThenLate(window), DeltaGradient())
