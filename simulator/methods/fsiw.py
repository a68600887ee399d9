from learners.corrections import FeedbackShift
from replay.policies import Wait
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import looking_until, weighed


def fsiw(
    timing: Timing,
    *,
    window: Duration = 15 * MINUTE,
    deadline: Duration | None = None,
    clip: float = 20.0,
    auxiliary: str = "heads",
) -> Method:
    """Wait a little, learn the label known by then once, and weigh positives up and negatives down for the rest.

    Policy `Wait`, correction `FeedbackShift` (FSIW; Yasui et al., WWW 2020), auxiliary models of the share of late
    conversions and of the real-negative probability, from labels known `deadline` after the window, by default when
    they are mature.  Converges to p, under growth too, and fits what the oracle fits where those models are true; with
    a shorter deadline it is fresher and converges to p F(window + deadline).  Late conversions are never seen, so a
    short window leaves few positives with large weights: it is noisy, and `clip`, where it binds, pulls it below p.
    During an outage of the feed it drifts down.  The paper retrains in batches on clicks of all ages.

    Raises
    ------
    ValueError
        If the window and the deadline together are longer than the attribution window, or the clip is below 1.
    """
    if not clip >= 1:
        raise ValueError(f"clip: expected a largest weight of at least 1, got {clip}")
    return weighed(looking_until(timing, window, deadline), window, auxiliary, Wait(window), FeedbackShift(clip))
