from learners.corrections import Plain
from replay.policies import MatureDaily
from simulator.methods.base import Method, Timing


def mature_daily(timing: Timing) -> Method:
    """Learn at every UTC midnight the clicks that matured during the day, with their exact labels.

    Policy `MatureDaily`, no correction: the nightly batch job.  Converges to p, under growth and after outages too,
    and is an attribution window and half a day behind whatever changes.
    """
    return Method(MatureDaily(timing.attribution_window), Plain())
