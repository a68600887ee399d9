from learners.corrections import RealNegativeWeight
from replay.policies import NegativeFirst, RealNegatives
from simulator.methods.base import Method, Timing


def fnw_rn(timing: Timing) -> Method:
    """Learn every click at once as a negative and again with its final label, weighted by the current prediction.

    Policy `RealNegatives` around `NegativeFirst`, correction `RealNegativeWeight` (Gu et al., KDD 2021); converges to p
    in steady traffic.  It shares the weakness of `fnc_rn`: confirmed negatives come an attribution window after the
    click, conversions sooner.
    """
    return Method(RealNegatives(NegativeFirst(), timing.attribution_window), RealNegativeWeight())
