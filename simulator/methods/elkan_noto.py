from learners.corrections import Echo, Rescale
from learners.corrections.positive_unlabelled import LABELLED
from replay.policies import Positives, Wait
from scenarios.durations import HOUR
from simulator.methods.base import Duration, Head, Method, Timing
from simulator.methods.heads import check_window


def elkan_noto(timing: Timing, *, window: Duration = HOUR) -> Method:
    """Wait a little, learn the label known by then, and divide by the mean prediction over observed conversions.

    Policy `Wait`, corrections `Rescale` and, for the constant, `Echo` (Elkan and Noto, KDD 2008).  Their constant
    stands for P(observed | converts), and is that only where a click that converts was sure to: the mean of p F over
    conversions is F where p is 1 for them.  Clicks are nothing like that, so it serves p / E[p | converts], close to 1
    where clicks are much alike: far too high, though the order is right.  `calibrated_wait` is the same with the
    constant measured on mature conversions, and converges to p.

    Raises
    ------
    ValueError
        If the window is longer than the attribution window.
    """
    check_window(timing, window)
    return Method(Wait(window), Rescale(), {LABELLED: Head(Positives(Wait(window)), Echo(), constant=True, start=1.0)})
