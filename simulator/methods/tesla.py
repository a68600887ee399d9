from learners.corrections import Cascade, NotRefunded, Plain
from learners.corrections.auxiliary import LATE, LATE_REFUND
from learners.corrections.cascade import REFUND, refunds
from replay.policies import MatureRefunds, RefundLooks, WaitThenLate
from scenarios.durations import MINUTE, format_duration
from simulator.methods.base import Duration, Head, Method, Timing
from simulator.methods.heads import check_window, heads


def tesla(
    timing: Timing,
    *,
    window: Duration = 15 * MINUTE,
    refund_window: Duration = 15 * MINUTE,
    weights: str = "published",
) -> Method:
    """Learn the chance of a conversion and the chance of its refund, each with late ones duplicated; serve p (1 - r).

    Policies `WaitThenLate` for clicks and `RefundLooks` for those that converted, correction `Cascade` for both
    (TESLA; Luo et al., WWW 2026), for `clock.label = "net_conversion"`; converges to the net rate in steady traffic.
    The plug-in of its weights is the prediction itself; `weights = "exact"` leaves out their factor 1 + f S, which
    favours what comes late.  Shares of late conversions and refunds are learned from mature clicks; the paper trains
    them beforehand.  Its pairwise ranking loss is left out.  It does not fit what the oracle fits where the class of
    the model is wrong, growth and outages of the feed hurt it as they do `es_dfm`, and few refunds teach its second
    stage slowly.

    Raises
    ------
    ValueError
        If a window is longer than the attribution window, or the weights are neither.
    """
    check_window(timing, window)
    if refund_window > timing.attribution_window:
        longest, found = (format_duration(time) for time in (timing.attribution_window, refund_window))
        raise ValueError(f"refund_window: expected at most the attribution window, {longest}, got {found}")
    if weights not in ("published", "exact"):
        raise ValueError(f"weights: expected 'published' or 'exact', got {weights!r}")
    factor = weights == "published"
    conversion, refund = Cascade(factor=factor), refunds(factor=factor)
    models = {
        **heads(timing, window, LATE),
        LATE_REFUND: Head(MatureRefunds(refund_window, timing.attribution_window), Plain(), start=0.0),
        REFUND: Head(RefundLooks(refund_window), refund, start=0.0),
    }
    return Method(WaitThenLate(window), NotRefunded(conversion, refund), models)
