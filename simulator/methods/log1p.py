from replay.policies import ValueMature
from simulator.methods.base import Method, Timing
from simulator.methods.retransform import retransformed


def log1p(timing: Timing, *, retransform: str = "none") -> Method:
    """Learn log(1 + Y) of mature clicks by least squares, and serve exp(s) - 1: common, and not an expected value.

    Policy `ValueMature`, correction `LogValue`; converges to exp(E[log(1 + Y)]) - 1, a kind of median, far below E[Y]
    where most clicks bring nothing or amounts have heavy tails.  `retransform` "lognormal" serves exp(s + v / 2) - 1
    with the residuals' variance v, "smearing" exp(s) times their mean exponential, less 1 (Duan 1983): right only
    where residuals are spread alike, and those of clicks that rarely bring anything are not.

    Raises
    ------
    ValueError
        If there is no such way back.
    """
    policy = ValueMature(timing.attribution_window)
    correction, heads = retransformed(retransform, policy)
    return Method(policy, correction, heads, loss="squared", target="value")
