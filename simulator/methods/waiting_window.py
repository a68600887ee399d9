from learners.corrections import Plain
from replay.policies import Wait
from scenarios.durations import HOUR, format_duration
from simulator.methods.base import Duration, Method, Timing


def waiting_window(timing: Timing, *, window: Duration = HOUR) -> Method:
    """Hold each click for a window, then learn the label known by then; later conversions are lost.

    Policy `Wait`, no correction; converges to p F(window), below p by all that comes later.  With the attribution
    window the label is exact and stale.  It keeps its bias under ramps of traffic, since every click is judged at
    one age.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window: nothing could be learned from waiting on.
    """
    if window > timing.attribution_window:
        longest = format_duration(timing.attribution_window)
        raise ValueError(f"window: expected at most the attribution window, {longest}, got {format_duration(window)}")
    return Method(Wait(window), Plain())
