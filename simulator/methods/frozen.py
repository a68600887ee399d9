from learners.corrections import Plain
from replay.policies import Wait
from scenarios.durations import format_duration
from simulator.methods.base import Duration, Method, Timing


def frozen(timing: Timing, *, window: Duration | None = None) -> Method:
    """Learn until the evaluation starts, then never again: what staleness costs.

    Policy `Wait`, by default for the whole attribution window, so that its labels are exact; stopped at
    `evaluate_from`.  Clicks younger than the window at that moment are left out, not shown as negatives, and no label
    from after the stop is used, as pre-training in much public code does.

    Raises
    ------
    ValueError
        If no click can reach the window's age before the evaluation starts.
    """
    window = timing.attribution_window if window is None else window
    if window >= timing.evaluate_after:
        raise ValueError(
            f"window: expected less than clock.evaluate_from, {format_duration(timing.evaluate_after)}, since nothing "
            f"would be learned before it; got {format_duration(window)}"
        )
    return Method(Wait(window), Plain(), stop_after=timing.evaluate_after)
