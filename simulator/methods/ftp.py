from learners.corrections import FollowProphet, Plain, Preference
from learners.corrections.follow_prophet import PREFERRED, SERVED, WAITED
from replay.policies import Behind, Since, Wait
from simulator.methods.ages import ages
from simulator.methods.base import Head, Method, Timing

_MOST = 8  # each window has three models


def ftp(timing: Timing, *, windows: str = "1d,7d,14d,21d,30d") -> Method:
    """Wait several windows at once, each with a model of its own, and serve a learned mixture of these.

    Policy `Wait` for each window, the last of which is the attribution window; correction `FollowProphet` (FTP; Li et
    al., SIGIR 2021).  The model of window w converges to p F(w).  Once a click is mature, the longest waiting model has
    learned the true labels of all clicks before it: it is the prophet, and the choice learns which of the models was
    nearest to it when the click was served.  What they said then comes from copies that learn everything an attribution
    window later.  The choice is of clicks served once the longest waiting model had learned something, so for two
    attribution windows all models are trusted alike.  Converges to p, under growth too, with all trust in the longest
    window, and slowly: what is left of the trust in a shorter one pulls it below p.  It is never fresher than what it
    trusts: where the rate changes a shorter window may be nearer, and is too low.  The paper's networks share their
    lower layers; here the models share nothing.

    Raises
    ------
    ValueError
        If the windows are not durations, or more than 8.
    """
    lengths = ages("windows", windows, timing.attribution_window, _MOST)
    n = len(lengths)
    shorter = {WAITED.format(k): Head(Wait(length), Plain()) for k, length in enumerate(lengths[:-1])}
    longest = Wait(timing.attribution_window)
    # the choice learns before the copies, so that it sees these as the models were when they served the clicks
    trained = Since(longest, timing.attribution_window)  # before that the longest waiting model knew nothing
    choice = {PREFERRED.format(k): Head(trained, Preference(k, n)) for k in range(n)}
    copies = {
        SERVED.format(k): Head(Behind(Wait(length), timing.attribution_window), Plain())
        for k, length in enumerate(lengths)
    }
    return Method(longest, FollowProphet(n), {**shorter, **choice, **copies})
