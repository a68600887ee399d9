from learners.corrections import Dual
from replay.policies import RealNegatives, WaitThenLate
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import confirmed_after, weighed


def ddfm(
    timing: Timing, *, window: Duration = 15 * MINUTE, confirm: Duration | None = None, auxiliary: str = "heads"
) -> Method:
    """Wait a little, duplicate late conversions and confirm negatives, and learn both looks from soft labels.

    Policy `RealNegatives` around `WaitThenLate`, correction `Dual` (DDFM; Dai et al., CIKM 2023), auxiliary models of
    the delayed and the real-negative probability; converges to p in steady traffic where the model can represent p.
    Negatives are confirmed `confirm` after the click, by default the attribution window (in public code after one day,
    with labels of thirty), and with a shorter one conversions from after it pull it below p.  Where traffic grows,
    negatives confirmed so late are too few, as in `defer`.

    Raises
    ------
    ValueError
        If `window` <= `confirm` <= attribution window does not hold.
    """
    policy = RealNegatives(WaitThenLate(window), confirmed_after(timing, window, confirm))
    return weighed(timing, window, auxiliary, policy, Dual())
