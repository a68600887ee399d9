from learners.corrections import Plain, Revealed
from learners.corrections.revealed import BY, RATE
from replay.policies import Mature, Reveals, Ripening
from simulator.methods.ages import ages
from simulator.methods.base import Head, Method, Timing

_MOST = 14  # looks whose histories fit eight bits
_STEEPEST = 20  # e^-20 of the weight of another look is nothing


def gdfm(timing: Timing, *, reveals: str = "6m,15m,1h,1d,7d,30d", alpha: float = 2.0, beta: float = 1.0) -> Method:
    """Look at each click at several ages, and learn the likelihood of what all looks so far have found.

    Policy `Reveals`, correction `Revealed` (GDFM; Yang and Zhan, NeurIPS 2022), with the share of conversions that each
    look finds as a constant model, from mature labels.  Looks from beyond the attribution window fall on it.  Converges
    to p, under growth too, since each look judges all clicks at one age; where the shares are wrong by a factor, the
    prediction is wrong by its inverse, as for clicks that convert slower or faster than the rest.  In the log's
    first attribution window the shares are those of the oldest clicks there are, and too high.  Ages are counted to
    now, so during an outage of the feed it drifts down, and conversions that are still on their way at the attribution
    window are lost.  Left out of the paper: other signals, such as a visit to the cart, a look at the click itself,
    shares by the features, and a pull towards the model before the stream.

    Raises
    ------
    ValueError
        If the reveal times are not durations, or more than 14, or an exponent is out of its range.
    """
    window = timing.attribution_window
    times = ages("reveals", reveals, window, _MOST)
    for name, value in (("alpha", alpha), ("beta", beta)):
        if not 0 <= value <= _STEEPEST:
            raise ValueError(f"{name}: expected a number from 0 to {_STEEPEST}, got {value}")
    shares = {
        BY.format(look): Head(Ripening(Mature(time, window, "converted", "early")), Plain(), constant=True, start=1.0)
        for look, time in enumerate(times[:-1])
    }
    rate = Head(Ripening(Mature(0, window, "all", "converted")), Plain(), constant=True)
    return Method(Reveals(times), Revealed(times, alpha, beta), {RATE: rate, **shares})
