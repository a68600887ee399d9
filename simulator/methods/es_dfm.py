from learners.corrections import ElapsedTime
from replay.policies import WaitThenLate
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import check_window, weighed


def es_dfm(timing: Timing, *, window: Duration = 15 * MINUTE, auxiliary: str = "heads") -> Method:
    """Wait a little, duplicate late conversions, weigh by the chance that a negative is real; as published.

    Policy `WaitThenLate`, correction `ElapsedTime` (ES-DFM; Yang et al., AAAI 2021), auxiliary models of the delayed
    and the real-negative probability; converges to p in steady traffic where the model can represent p.  Its weights
    hold a needless factor that favours clicks with late conversions, which a linear model pays for (`es_dfm_exact`);
    where traffic grows, late conversions lag behind the negatives they make up for and it converges below p; during
    an outage of the feed it drifts down.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return weighed(timing, window, auxiliary, WaitThenLate(window), ElapsedTime())
