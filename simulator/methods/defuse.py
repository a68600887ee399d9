from learners.corrections import Defuse
from replay.policies import WaitThenLate
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window, weighed


def defuse(timing: Timing, *, window: Duration = 15 * MINUTE, auxiliary: str = "heads") -> Method:
    """Wait a little, duplicate late conversions, and weigh immediate, delayed, fake and real labels apart.

    Policy `WaitThenLate`, correction `Defuse` (Chen et al., WWW 2022, with the paper's weights, not its code's),
    auxiliary models of the delayed and the real-negative probability; converges to p in steady traffic where the model
    can represent p.  It shares the factor 1 + D of `es_dfm` and its weakness under growth and outages.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return weighed(timing, window, auxiliary, WaitThenLate(window), Defuse())
