from learners.corrections import WaitingNegativeWeight
from replay.policies import WaitThenLate
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window, weighed


def fnw_wait(timing: Timing, *, window: Duration = HOUR, auxiliary: str = "heads") -> Method:
    """Wait a little, duplicate late conversions, and weigh negatives by the prediction's own chance that they are real.

    Policy `WaitThenLate`, correction `WaitingNegativeWeight`: `fnw`, generalised to a stream that waits by a model of
    the share of conversions that come late.  Converges to p in steady traffic; `fnw` itself would converge to
    p / (1 - p + D) here.  Its plug-in is the prediction, so it does not fit what the oracle fits where the class of the
    model is wrong, and growth and outages of the feed hurt it.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return weighed(timing, window, auxiliary, WaitThenLate(window), WaitingNegativeWeight())
