from learners.corrections import FakeNegativeCalibration
from replay.policies import NegativeFirst
from simulator.methods.base import Method, Timing


def fnc(timing: Timing) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn fake negatives at face value and undo their share when serving: p = b / (1 - b).

    Policy `NegativeFirst`, correction `FakeNegativeCalibration` (Ktena et al., RecSys 2019); converges to p in steady
    traffic and shares the weakness of `fnw` under growth and outages.  Its ranking is exactly that of `fake_negative`.
    """
    return Method(NegativeFirst(), FakeNegativeCalibration())
