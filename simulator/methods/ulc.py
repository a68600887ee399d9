from learners.corrections import LabelCorrection
from replay.policies import Both, LabelPolicy, Mature, Wait
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import looking_until, weighed


def ulc(
    timing: Timing,
    *,
    window: Duration = 15 * MINUTE,
    deadline: Duration | None = None,
    update: bool = False,
    auxiliary: str = "heads",
) -> Method:
    """Wait a little, and learn what has not converted by the chance that it still will, as a soft label.

    Policy `Wait`, correction `LabelCorrection`, the streaming form of ULC (Wang et al., KDD 2023); an auxiliary model
    of that chance learns from labels known `deadline` after the window, by default when they are mature.  Converges to
    p, under growth too, and fits what the oracle fits where that model is true; with a shorter deadline it is fresher
    and converges to p F(window + deadline).  It never sees a late conversion: what the auxiliary model does not know,
    as a rate that changed inside the deadline, it cannot learn.  During an outage of the feed it drifts down.

    With `update` the true label comes a second time at maturity and makes up for what the soft label got wrong.  Then
    it converges to p whatever the auxiliary model says, in steady traffic, by steps as restless as those of `pu`, which
    no learner can take that takes only weights above zero.  The paper retrains in batches, where both models share
    their embeddings in turn.

    Raises
    ------
    ValueError
        If the window and the deadline together are longer than the attribution window.
    """
    policy: LabelPolicy = Wait(window)
    if update:
        policy = Both(policy, Mature(window, timing.attribution_window, "unconverted", "late"))
    return weighed(looking_until(timing, window, deadline), window, auxiliary, policy, LabelCorrection())
