from learners.corrections import Value
from replay.policies import ValueFirstGift, ValueMature
from simulator.methods.base import Method, Timing
from simulator.methods.levelled import levelled
from simulator.methods.losses import value_loss


def gifts_only(timing: Timing, *, loss: str = "gamma", mature: bool = False, level: bool = True) -> Method:
    """Learn the money of those clicks alone that bring any: what a click is worth if it is worth something.

    Policy `ValueFirstGift`, or `ValueMature` where `mature`: each such click once, when all its money is there.
    Correction `Value`; converges to E[Y | Y > 0], which is no expected value: for an average click it is too high by
    1 / p.  It is here for the unfair comparison, a model trained and judged on gifts beside one for all clicks, and for
    the fair one among clicks with gifts.

    With `level`, the default, what is served is multiplied by a running ratio of money received to money predicted.
    """
    policy = ValueMature(timing.attribution_window, "converted") if mature else ValueFirstGift()
    method = Method(policy, Value(), loss=value_loss("loss", loss), target="value", given="gift")
    return levelled(method) if level else method
