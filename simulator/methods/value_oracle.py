from learners.corrections import Value
from replay.policies import ValueOracle
from simulator.methods.base import Method, Timing
from simulator.methods.levelled import levelled
from simulator.methods.losses import value_loss


def value_oracle(timing: Timing, *, loss: str = "poisson", level: bool = True) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn at the click all the money it will bring: the bound, which no trainer can reach.

    Policy `ValueOracle`, correction `Value`; converges to E[Y].  It bounds the loss from late money only.

    With `level`, the default, what is served is multiplied by a running ratio of money received to money predicted.
    """
    method = Method(ValueOracle(), Value(), loss=value_loss("loss", loss), target="value")
    return levelled(method) if level else method
