from learners.corrections import Defer
from replay.policies import Twice
from scenarios.durations import MINUTE
from simulator.methods.base import Duration, Method, Timing
from simulator.methods.heads import confirmed_after, weighed


def defer(
    timing: Timing, *, window: Duration = 15 * MINUTE, confirm: Duration | None = None, auxiliary: str = "heads"
) -> Method:
    """Show every click twice, early and once its label is sure, and weigh the early mistakes away; as published.

    Policy `Twice`, correction `Defer` (Gu et al., KDD 2021), an auxiliary model of the delayed probability; converges
    to p in steady traffic where the model can represent p.  Negatives are confirmed `confirm` after the click, by
    default the attribution window; the paper shortens that, and then conversions from after it pull it below p.  Where
    traffic grows, negatives that are confirmed so late are far too few: doubling every week with a window of 30 days
    brings .274 where p = .2, and halving .041.

    Raises
    ------
    ValueError
        If `window` <= `confirm` <= attribution window does not hold.
    """
    confirm = confirmed_after(timing, window, confirm)
    return weighed(timing, window, auxiliary, Twice(window, confirm), Defer())
