from dataclasses import replace

from learners.corrections import PriorCorrection
from learners.corrections.auxiliary import LATE
from replay.policies import LabelPolicy, NegativeFirst, SampledNegatives, WaitThenLate
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window, heads


def prior_correction(timing: Timing, *, keep: float = 1.0, window: Duration = 0) -> Method:
    """Learn a share of the negatives, and conversions twice, through a logit shifted by what that does to the odds.

    Policy `NegativeFirst`, or `WaitThenLate` with a window, thinned by `SampledNegatives` where `keep` is below 1;
    correction `PriorCorrection`.  Converges to p in steady traffic, with any share of negatives, and always serves a
    probability: with nothing sampled and nothing waiting it is `fnc` without clipping.  With a window it leans on one
    constant for all clicks, the share of conversions that come late, learned from mature labels.  Growth and outages
    of the feed hurt it as they hurt `fnw`.

    Raises
    ------
    ValueError
        If the share is not in (0, 1], or the window is longer than the attribution window.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"keep: expected a share of negatives above 0 and up to 1, got {keep}")
    check_window(timing, window)
    policy: LabelPolicy = WaitThenLate(window) if window else NegativeFirst()
    if keep < 1:
        policy = SampledNegatives(policy, keep)
    late = {name: replace(head, constant=True) for name, head in heads(timing, window, LATE).items()}
    return Method(policy, PriorCorrection(keep, waits=window > 0), late if window else {})
