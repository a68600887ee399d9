from learners.corrections import DeltaGradient
from replay.policies import NegativeFirst
from simulator.methods.base import Method, Timing


def pu(timing: Timing) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn fake negatives at once and take them back at the conversion, by a step of exactly what they were worth.

    Policy `NegativeFirst`, correction `DeltaGradient` (Twitter's PU loss, Ktena et al., RecSys 2019); converges to p in
    steady traffic, and fits what the oracle fits whatever the class of the model.  Growing traffic multiplies it by
    E[e^(-gamma d)], as `fnw`; during an outage of the feed it drifts down.  Its steps at conversions do not shrink as
    the prediction rises, so its variance is high, and it needs a smaller learning rate: it diverged in Twitter's
    online test.  No learner that takes only weights above zero can do it.
    """
    return Method(NegativeFirst(), DeltaGradient())
