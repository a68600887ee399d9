from learners.corrections import Value
from replay.policies import ValueDelta
from simulator.methods.base import Method, Timing
from simulator.methods.levelled import levelled
from simulator.methods.losses import value_loss


def value_delta(timing: Timing, *, loss: str = "poisson", level: bool = True) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn each click at once as worth nothing, and add every amount when it arrives, by delta-gradient.

    Policy `ValueDelta`, correction `Value`: the gradient of the loss is affine in the value, so what comes later only
    adds its part (Poisson, Gamma, Tweedie or squared `loss`; refunds subtract).  Converges to E[Y] in steady traffic
    for any delay, without a window or a helper model.  Where traffic grows at rate g the money lags behind the clicks:
    E[Y] times the mean of exp(-g d) over the delays d of the money.  Steps at amounts are long, and need a learner that
    takes parts below zero only where there are refunds.

    With `level`, the default, what is served is multiplied by a running ratio of money received to money predicted.
    """
    method = Method(ValueDelta(), Value(), loss=value_loss("loss", loss), target="value")
    return levelled(method) if level else method
