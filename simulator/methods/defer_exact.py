from learners.corrections import DeferExact
from replay.policies import Twice
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import confirmed_after, weighed


def defer_exact(
    timing: Timing, *, window: Duration = 15 * MINUTE, confirm: Duration | None = None, auxiliary: str = "heads"
) -> Method:
    """Show every click twice, early and once its label is sure, weighed by auxiliary models alone; the oracle's risk.

    Policy `Twice`, correction `DeferExact`: `defer` with the same weights made from the probabilities that a
    conversion is late and that a negative is real, instead of from the prediction.  With these true and `confirm` the
    attribution window, it fits what the oracle fits, whatever the class of the model, in steady traffic.  A shorter
    `confirm` and growing traffic hurt it as they hurt `defer`.

    Raises
    ------
    ValueError
        If `window` <= `confirm` <= attribution window does not hold.
    """
    confirm = confirmed_after(timing, window, confirm)
    return weighed(timing, window, auxiliary, Twice(window, confirm), DeferExact())
