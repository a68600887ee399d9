from learners.corrections import SoftConverted, SoftConvertedDelay
from learners.corrections.delay_curves import KERNELS
from replay.policies import Revisits
from simulator.methods.base import Head, Method, Timing
from simulator.methods.dfm import checked_ages


def nodef(timing: Timing, *, checks: str = "15m,1h,6h,1d,3d,7d,14d,30d", by_features: bool = False) -> Method:
    """Learn whether a click converts with delays of any shape: a hazard of kernels, by EM at a few ages of each click.

    Policy `Revisits`, correction `SoftConverted` with the family "kernel", models "kernel_0" to "kernel_7" by
    `SoftConvertedDelay`: the nonparametric delayed feedback model (NoDeF) of Yoshikawa and Imai (2018), whose EM is
    done here click by click as in `dfm_em`, and whose kernels stand along the logarithm of the age.  Converges to p as
    far as the kernels can draw the delays, in growing traffic too.  The paper serves p, which a hazard that is bounded
    and a window that ends leave confounded with delays past the window; this serves p F(W), which is told by the data.

    One shape for all clicks unless `by_features`, where each kernel has a model of its own of the features: eight of
    them, each as dear as the model that is served.

    Raises
    ------
    ValueError
        If the checks are no list of increasing durations.
    """
    ages = checked_ages(checks, timing.attribution_window)
    policy = Revisits(ages)
    heads = {name: Head(policy, SoftConvertedDelay(ages, "kernel", name), not by_features) for name in KERNELS}
    return Method(policy, SoftConverted(ages, "kernel"), heads)
