from learners.corrections import WaitingNegativeCalibration
from replay.policies import WaitThenLate
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window, weighed


def fnc_wait(timing: Timing, *, window: Duration = HOUR, auxiliary: str = "heads") -> Method:
    """Wait a little, learn at face value, duplicate late conversions, and undo their share: p = b / (1 - b + F b).

    Policy `WaitThenLate`, correction `WaitingNegativeCalibration`: `fnc`, generalised to a stream that waits by a
    model of the share F of conversions that come inside the window.  Converges to p in steady traffic; b / (1 - b)
    would converge to p / (1 - p + D) here.  Growth and outages of the feed hurt it as they hurt `fnc`.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return weighed(timing, window, auxiliary, WaitThenLate(window), WaitingNegativeCalibration())
