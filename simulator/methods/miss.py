from learners.corrections import FollowProphet, Plain, Synthesis
from learners.corrections.follow_prophet import PREFERRED, WAITED
from replay.policies import NegativeFirst, Positives, RealNegatives, Wait, WaitThenLate
from simulator.methods.ages import ages
from simulator.methods.base import Head, Method, Timing

MOST = 16  # each window has two models


def miss(timing: Timing, *, windows: str = "1d,7d,14d,21d,30d") -> Method:
    """Learn several windows at once, late conversions shown again, and serve a mixture learned from what is sure.

    Policy `WaitThenLate` for each window, the last of which is the attribution window; the mixture as in
    `FollowProphet`, learned by `Synthesis` from conversions as they arrive and negatives once they are sure: the
    multi-interval screening and synthesizing model (MISS; AAAI 2024).  The model of window w converges to
    p / (1 + D), with D what converts later; the mixture's cross-entropy is least where the longest window has all
    trust, and so it converges to p, slowly where a shorter one says nearly the same.  Where traffic grows conversions
    come before the negatives of their day, which draws trust to whatever says most, the longest window again.

    The paper could not be had; this is what others tell of it.  There the mixture sees what the models say, here, as
    in `ftp`, the features; and conversions count more by 1 + alpha P(later | converts), which is left out, alpha
    being unknown.  The paper's networks share their lower layers; here the models share nothing.

    Raises
    ------
    ValueError
        If the windows are not durations, or more than 16.
    """
    lengths = ages("windows", windows, timing.attribution_window, MOST)
    n = len(lengths)
    shorter = {WAITED.format(k): Head(WaitThenLate(length), Plain()) for k, length in enumerate(lengths[:-1])}
    sure = RealNegatives(Positives(NegativeFirst()), timing.attribution_window)
    trust = {PREFERRED.format(k): Head(sure, Synthesis(k, n)) for k in range(n)}
    return Method(Wait(timing.attribution_window), FollowProphet(n), {**shorter, **trust})
