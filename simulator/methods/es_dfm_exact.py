from learners.corrections import ElapsedTimeExact
from replay.policies import WaitThenLate
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window, weighed


def es_dfm_exact(timing: Timing, *, window: Duration = 15 * MINUTE, auxiliary: str = "heads") -> Method:
    """Wait a little, duplicate late conversions, weigh by the chance that a negative is real; the oracle's risk.

    Policy `WaitThenLate`, correction `ElapsedTimeExact`: `es_dfm` without its factor 1 + D, and so without the model
    of D.  With a true real-negative probability it fits what the oracle fits, whatever the class of the model, in
    steady traffic.  Like `es_dfm` it converges below p where traffic grows, and drifts down during an outage of the
    feed.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return weighed(timing, window, auxiliary, WaitThenLate(window), ElapsedTimeExact())
