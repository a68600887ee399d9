from learners.corrections import RealNegativeCalibration
from replay.policies import NegativeFirst, RealNegatives
from simulator.methods.base import Method, Timing


def fnc_rn(timing: Timing) -> Method:
    """Learn every click at once as a negative and again with its final label, at face value; serve twice the result.

    Policy `RealNegatives` around `NegativeFirst`, correction `RealNegativeCalibration` (Gu et al., KDD 2021); converges
    to p in steady traffic.  The confirmed negatives come an attribution window after the click, conversions sooner, so
    that growth raises it by far more than it lowers `fnc`, and decline pulls it down.
    """
    return Method(RealNegatives(NegativeFirst(), timing.attribution_window), RealNegativeCalibration())
