"""Auxiliary models that several methods share, and the windows they are about."""

from dataclasses import replace

from learners.base import Correction
from learners.corrections import HAZARD, ByHazard, Plain
from learners.corrections.auxiliary import DELAYED, LATE, REAL_NEGATIVE
from replay.policies import Checks, LabelPolicy, Mature
from scenarios.durations import format_duration
from simulator.methods.base import Head, Method, Timing
from simulator.methods.hazard import interval_ends


def weighed(timing: Timing, window: int, auxiliary: str, policy: LabelPolicy, correction: Correction) -> Method:
    """Return the method of a policy and a correction that weighs examples by what comes after a waiting window.

    Parameters
    ----------
    timing : Timing
    window : int
        The waiting window, us.
    auxiliary : str
        Where the auxiliary predictions come from: "heads", a model for each that the correction needs, or "hazard", one
        model of the whole delay.
    policy : LabelPolicy
    correction : Correction

    Raises
    ------
    ValueError
        If there is no such source.
    """
    if auxiliary == "heads":
        wanted = {*correction.needs, *correction.serves_from}
        names = (name for name in (DELAYED, LATE, REAL_NEGATIVE) if name in wanted)
        return Method(policy, correction, heads(timing, window, *names))
    if auxiliary != "hazard":
        raise ValueError(f"auxiliary: expected 'heads' or 'hazard', got {auxiliary!r}")
    ends = tuple(sorted({*interval_ends(timing.attribution_window, "auto"), window} - {0}))
    waited = sum(end <= window for end in ends)
    return Method(policy, ByHazard(correction, waited), {HAZARD: Head(Checks(ends), Plain(), arms=len(ends))})


def heads(timing: Timing, window: int, *names: str) -> dict[str, Head]:
    """Return auxiliary models of what comes after a waiting window, by name.

    Each learns from mature labels, on the same clock as the model that is served; in the log's first attribution
    window, when there are none, it says that nothing comes late, as a method without a correction would.  The papers
    train theirs once, on the first days of the log, and freeze them.

    Parameters
    ----------
    timing : Timing
    window : int
        The waiting window, us.
    names : str
        Of `learners.corrections.auxiliary`.
    """
    asked = {
        DELAYED: Mature(window, timing.attribution_window, "all", "late"),
        REAL_NEGATIVE: Mature(window, timing.attribution_window, "unconverted", "never"),
        LATE: Mature(window, timing.attribution_window, "converted", "late"),
    }
    start = {DELAYED: 0.0, REAL_NEGATIVE: 1.0, LATE: 0.0}
    return {name: Head(asked[name], Plain(), start=start[name]) for name in names}


def looking_until(timing: Timing, window: int, deadline: int | None) -> Timing:
    """Return the timing of auxiliary models whose labels are known `deadline` after a waiting window.

    With no deadline that is when they are mature.

    Raises
    ------
    ValueError
        If window and deadline together are longer than the attribution window.
    """
    check_window(timing, window)
    deadline = timing.attribution_window - window if deadline is None else deadline
    if window + deadline > timing.attribution_window:
        longest = format_duration(timing.attribution_window - window)
        raise ValueError(
            f"deadline: expected at most {longest}, since with the window that is the attribution window; "
            f"got {format_duration(deadline)}"
        )
    return replace(timing, attribution_window=window + deadline)


def check_window(timing: Timing, window: int) -> None:
    """Raise ValueError if a waiting window is longer than the attribution window."""
    if window > timing.attribution_window:
        longest = format_duration(timing.attribution_window)
        raise ValueError(f"window: expected at most the attribution window, {longest}, got {format_duration(window)}")


def confirmed_after(timing: Timing, window: int, confirm: int | None) -> int:
    """Return the age at which negatives are confirmed: the attribution window, unless said otherwise.

    Raises
    ------
    ValueError
        If it does not lie between the waiting window and the attribution window.
    """
    check_window(timing, window)
    confirm = timing.attribution_window if confirm is None else confirm
    if not window <= confirm <= timing.attribution_window:
        bounds = " to ".join(format_duration(bound) for bound in (window, timing.attribution_window))
        raise ValueError(
            f"confirm: expected a duration from the window to the attribution window, {bounds}; "
            f"got {format_duration(confirm)}"
        )
    return confirm
