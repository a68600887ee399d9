"""Counted by the time of arrival, as dashboards do: today's conversions over today's cost."""

from simulator.market.estimators.base import Estimator, Floats, Known


def arrived() -> Estimator:
    r"""Count what has arrived in the stretch looked back on, whichever clicks it is of.

    In steady state as much value arrives from older clicks as is still on its way from these, so there is no bias.
    When spend changes, cost follows at once and value later: after a launch or a rise it is too small, after a cut too
    large, which a controller answers by swinging; see `simulator.market.stability`.
    """

    def estimate(known: Known) -> Floats:
        return known.arrived.copy()

    return estimate
