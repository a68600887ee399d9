from learners.corrections import FakeNegativeWeight
from replay.policies import NegativeFirst
from simulator.methods.base import Method, Timing


def fnw(timing: Timing) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn fake negatives at once and weigh them away: importance weights from the current prediction.

    Policy `NegativeFirst`, correction `FakeNegativeWeight` (Ktena et al., RecSys 2019); converges to p in steady
    traffic.  Where traffic grows as e^(gamma t), conversions lag behind the negatives they undo and it converges to
    p E[e^(-gamma d)] instead; during an outage of the feed it drifts down.
    """
    return Method(NegativeFirst(), FakeNegativeWeight())
