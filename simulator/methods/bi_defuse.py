from learners.corrections import OUT_WINDOW, FakeNegativeSplit, TwoWindows
from replay.policies import NegativeThenLate, Wait
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Head, Method, Timing
from simulator.methods.heads import check_window


def bi_defuse(timing: Timing, *, window: Duration = 15 * MINUTE) -> Method:
    """Learn what converts inside a window and what converts after it by two models, and serve their sum.

    The in-window model has the policy `Wait` and no correction and converges to p F(window); the out-window model has
    `NegativeThenLate` and `FakeNegativeSplit` and converges to D (Chen et al., WWW 2022).  Two logistic models do not
    add up to one: where the true logit is linear, neither part is.  Where traffic grows the out-window model lags; the
    in-window model does not.  The paper's networks share their lower layers; here the models share nothing.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    out_window = Head(NegativeThenLate(window), FakeNegativeSplit(OUT_WINDOW), start=0.0)
    return Method(Wait(window), TwoWindows(), {OUT_WINDOW: out_window})
