from typing import cast

from learners.corrections import SoftConverted, SoftConvertedDelay
from learners.corrections.delay_curves import HEADS, KERNELS, Family
from replay.policies import Revisits
from simulator.methods.base import Head, Method, Timing
from simulator.methods.dfm import checked_ages


def dfm_em(timing: Timing, *, checks: str = "15m,1h,6h,1d,3d,7d,14d,30d", family: str = "exponential") -> Method:
    """Take up every click again at each of a few ages, and learn what it now seems to be: converted, or how likely so.

    Policy `Revisits`, correction `SoftConverted`, models "rate" (and "shape", where family is "weibull") by
    `SoftConvertedDelay`: the delayed feedback model of Chapelle (KDD 2014) by incremental EM, which stands in for the
    paper's daily refit of a batch by L-BFGS; nothing is kept but the models.  Checks past the attribution window are
    left out, and there is always one at it.

    Where delays are of the family it converges to p, in growing traffic too.  Otherwise not even in steady traffic,
    since p F has to fit the share converted at each age and not only at the last, as with `dfm`:
    `simulator.limits_dfm` says where it ends.  A click is shown at every check, so young conversions count many times,
    and it costs more than `dfm`; in return no part of the served model's examples is negative.  EM is slow where most
    conversions are still to come.

    Raises
    ------
    ValueError
        If the checks are no list of increasing durations, or the family is not known.
    """
    if family not in HEADS:
        raise ValueError(f"family: expected one of {', '.join(map(repr, HEADS))}, got {family!r}")
    ages, kind = checked_ages(checks, timing.attribution_window), cast("Family", family)
    policy = Revisits(ages)
    heads = {name: Head(policy, SoftConvertedDelay(ages, kind, name), constant=name in KERNELS) for name in HEADS[kind]}
    return Method(policy, SoftConverted(ages, kind), heads)
