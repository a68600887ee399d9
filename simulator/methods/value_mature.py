from learners.corrections import Value
from replay.policies import ValueMature
from simulator.methods.base import Method, Timing
from simulator.methods.levelled import levelled
from simulator.methods.losses import value_loss


def value_mature(timing: Timing, *, loss: str = "poisson", level: bool = True) -> Method:
    """Learn each click's money once it is mature: exact, and an attribution window old.

    Policy `ValueMature`, correction `Value`; converges to E[Y], under growth and after outages too.

    With `level`, the default, what is served is multiplied by a running ratio of money received to money predicted.
    """
    method = Method(ValueMature(timing.attribution_window), Value(), loss=value_loss("loss", loss), target="value")
    return levelled(method) if level else method
