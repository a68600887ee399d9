from learners.corrections import Value
from replay.policies import ValueOracle
from simulator.methods.base import Method, Timing
from simulator.methods.losses import value_loss


def value_oracle(timing: Timing, *, loss: str = "poisson") -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn at the click all the money it will bring: the bound, which no trainer can reach.

    Policy `ValueOracle`, correction `Value`; converges to E[Y].  It bounds the loss from late money only.
    """
    return Method(ValueOracle(), Value(), loss=value_loss("loss", loss), target="value")
