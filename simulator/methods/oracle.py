from learners.corrections import Plain
from replay.policies import Oracle
from simulator.methods.base import Method, Timing


def oracle(timing: Timing) -> Method:  # noqa: ARG001  (every recipe is given the timing)
    """Learn the true label at the click: the bound, which no trainer can reach.

    Policy `Oracle`, no correction; converges to p.  It bounds the loss from late labels only: a corrected method with
    a better learner may pass it.
    """
    return Method(Oracle(), Plain())
