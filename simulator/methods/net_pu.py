from learners.corrections import NetDeltaGradient
from replay.policies import NetFirst
from simulator.methods.base import Method, Timing


def net_pu(timing: Timing) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn fake negatives at once, take them back at the conversion, and take the conversion back at its refund.

    Policy `NetFirst`, correction `NetDeltaGradient`: `pu` for net conversions (`clock.label = "net_conversion"`),
    without any auxiliary model.  Converges to the net rate in steady traffic, and fits what the oracle fits whatever
    the class of the model.  In growing traffic conversions lag behind the clicks and refunds behind both: too low by
    the one, too high by the other.  Its variance is higher than that of `pu`, and no learner that takes only weights
    above zero can do it.  Where labels do not know refunds it is `pu`, to the last bit.
    """
    return Method(NetFirst(), NetDeltaGradient())
