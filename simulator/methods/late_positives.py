from learners.corrections import Plain
from replay.policies import WaitThenLate
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window


def late_positives(timing: Timing, *, window: Duration = HOUR) -> Method:
    """Wait a little, learn the label known by then, and learn late conversions as second, positive examples.

    Policy `WaitThenLate`, no correction; converges to p / (1 + D), with D = p (1 - F(window)): nothing is lost, but
    late conversions are a fake negative first.  Public code of ES-DFM and its successors calls this "vanilla".

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return Method(WaitThenLate(window), Plain())
