from typing import cast

from learners.corrections import Telescoped, TelescopedDelay
from learners.corrections.delay_curves import HEADS, KERNELS, Family
from replay.policies import Checks
from scenarios.durations import parse_duration
from simulator.methods.base import Head, Method, Timing

_MOST = 64  # checks: each is an example of every click that has not converted


def dfm(timing: Timing, *, checks: str = "15m,1h,6h,1d,3d,7d,14d,30d", family: str = "exponential") -> Method:
    """Learn whether and when a click converts from one likelihood, told at a few ages of each click, and serve p F(W).

    Policy `Checks`, correction `Telescoped`, models "rate" (and "shape", where family is "weibull") by
    `TelescopedDelay`: the delayed feedback model of Chapelle (KDD 2014), whose batch likelihood is told here interval
    by interval of a click's age, so that nothing is refitted or told twice.  Checks past the attribution window are
    left out, and there is always one at it.  The paper has the exponential family alone, knows delays to the second
    where this knows the interval, and serves p where this serves the probability of a conversion inside the window.

    In steady traffic what is served converges to p even where the family is wrong: every click is followed to the end
    of the window, and p F(W) is then free to be the share that converted, whatever the delays in between are taken
    for.  In growing traffic young clicks are too many, and only the right family converges to p: for half of the
    conversions after half an hour, half after three days, and clicks that double every week, it ends 4 % low, 3 % high
    with "weibull" (`fnw`: 12 % low); "kernel", whose delays have any shape but the same one for all clicks, is nearer
    still, see `nodef`.  p by itself is confounded with slow delays.  Two models are learned at once, so
    it is slower to settle than those that learn p alone, and rare features cost it more.  Public code that sets a
    conversion's delay to the time elapsed when it was seen collapses to p = 1; it is no measure of this method.

    Raises
    ------
    ValueError
        If the checks are no list of increasing durations, or the family is not known.
    """
    if family not in HEADS:
        raise ValueError(f"family: expected one of {', '.join(map(repr, HEADS))}, got {family!r}")
    ages, kind = checked_ages(checks, timing.attribution_window), cast("Family", family)
    policy = Checks(ages)
    heads = {name: Head(policy, TelescopedDelay(ages, kind, name), constant=name in KERNELS) for name in HEADS[kind]}
    return Method(policy, Telescoped(ages, kind), heads)


def checked_ages(checks: str, attribution_window: int) -> tuple[int, ...]:
    """Return the ages of a list such as "15m,1h,1d" that lie before the attribution window, and the window, us.

    Raises
    ------
    ValueError
        If it is no list of increasing durations above 0, or longer than 64.
    """
    try:
        ages = [parse_duration(text) for text in checks.split(",")]
    except ValueError as error:
        raise ValueError(f"checks: {error}") from None
    if len(ages) > _MOST or any(later <= earlier for earlier, later in zip([0, *ages], ages, strict=False)):
        raise ValueError(f"checks: expected at most {_MOST} increasing durations above 0, got {checks!r}")
    return (*(age for age in ages if age < attribution_window), attribution_window)
