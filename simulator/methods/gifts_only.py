from learners.corrections import Value
from replay.policies import ValueFirstGift
from simulator.methods.base import Method, Timing
from simulator.methods.losses import value_loss


def gifts_only(timing: Timing, *, loss: str = "gamma") -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn the money of those clicks alone that bring any: what a click is worth if it is worth something.

    Policy `ValueFirstGift`, correction `Value`; converges to E[Y | Y > 0], which is no expected value: for an average
    click it is too high by 1 / p.  It is here for the unfair comparison, a model trained and judged on gifts beside one
    for all clicks, and for the fair one among clicks with gifts.
    """
    return Method(ValueFirstGift(), Value(), loss=value_loss("loss", loss), target="value", given="gift")
