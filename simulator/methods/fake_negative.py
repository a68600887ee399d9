from learners.corrections import Plain
from replay.policies import NegativeFirst
from simulator.methods.base import Method, Timing


def fake_negative(timing: Timing) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn each click at once as a negative, and its conversion as a second, positive example.

    Policy `NegativeFirst`, no correction; converges to p / (1 + p).  Where the delay does not depend on the features
    the ranking is unharmed, since that is monotone in p; calibration is not.  Also called "vanilla", a name that public
    code gives to other streams as well.
    """
    return Method(NegativeFirst(), Plain())
