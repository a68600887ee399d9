"""What must hold between the market section and the others."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scenarios.durations import format_duration
from scenarios.logs import SyntheticLog
from scenarios.market import BidderSpec, Market
from scenarios.problems import Problem, mismatch, unknown_name
from scenarios.sections import NO_GRID, Clock, Pipeline

NO_GRIDS = "expected no [grid] beside [market]: list the bidders to compare in [[market.bidder]]"


def broken_market_rules(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what does not hold; a rule is left out if a section that it is about is broken itself."""
    market = sections.get("market")
    if not isinstance(market, Market):
        return
    log, clock, methods = (sections.get(key) for key in ("log", "clock", "methods"))
    yield from _campaigns(market, log)
    yield from _prices(market, log)
    yield from _bidders(market, [method.label for method in methods or ()])
    yield from _changes(market)
    if isinstance(clock, Clock):
        yield from _times(market, clock)
    if isinstance(clock, Clock) and clock.net:
        yield mismatch("clock.label", '"conversion" beside [market], whose bidders count conversions', clock.label)
    if (sections.get("pipeline") or Pipeline()) != Pipeline():
        yield Problem("pipeline", "expected no [pipeline] beside [market], whose trainer never fails")
    if sections.get("grid", NO_GRID) != NO_GRID:
        yield Problem("grid", NO_GRIDS)
    for number, method in enumerate(methods or ()):
        if method.learner:
            told = "expected none beside [market], whose bidders all have the same"
            yield Problem(f"method[{number}].learner", told)
    if sections.get("tune"):
        yield Problem("tune", "expected no [tune] beside [market]: what is learned from hangs on the bids")


def _campaigns(market: Market, log: Any) -> Iterator[Problem]:
    if isinstance(log, SyntheticLog):
        fields = [feature.name for feature in log.categorical]
        if market.campaign not in fields:
            yield unknown_name("market.campaign", "categorical feature", market.campaign, fields)
    for number, campaign in enumerate(market.campaigns):
        if campaign.name in (earlier.name for earlier in market.campaigns[:number]):
            yield mismatch(f"market.campaigns[{number}].name", "each campaign once", campaign.name)


def _prices(market: Market, log: Any) -> Iterator[Problem]:
    prices, default = market.prices, type(market.prices)()
    if prices.kind != "lognormal" and prices.sigma != default.sigma:
        yield mismatch("market.prices.sigma", 'no sigma, which only kind = "lognormal" has', prices.sigma)
    if prices.kind != "power" and prices.elasticity != default.elasticity:
        yield mismatch("market.prices.elasticity", 'no elasticity, which only kind = "power" has', prices.elasticity)
    if prices.follows and log is not None and not _knows_truth(log):
        told = "0, since the log does not know its true probabilities"
        yield mismatch("market.prices.follows", told, prices.follows)
    if log is not None and not _knows_truth(log):
        for number, bidder in enumerate(market.bidder):
            if bidder.controller == "clairvoyant":
                told = "a controller that needs no true probabilities, which the log does not know"
                yield mismatch(f"market.bidder[{number}].controller", told, bidder.controller)


def _knows_truth(log: Any) -> bool:
    return isinstance(log, SyntheticLog) or getattr(log, "true_probability", None) is not None


def _bidders(market: Market, methods: Sequence[str]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, bidder in enumerate(market.bidder):
        first = seen.setdefault(bidder.label.casefold(), number)
        if first != number:
            told = "a label that no other bidder has"
            yield Problem(f"market.bidder[{number}].label", f"expected {told}, got {bidder.label!r}, as in [{first}]")
        if methods and bidder.method is not None and bidder.method not in methods:
            yield unknown_name(f"market.bidder[{number}].method", "method of the scenario", bidder.method, methods)
        yield from _delays(number, bidder, market)


def _delays(number: int, bidder: BidderSpec, market: Market) -> Iterator[Problem]:
    if bidder.delays == "given" and not market.delay:
        yield mismatch(
            f"market.bidder[{number}].delays", '"learned", as no [[market.delay]] says what is given', "given"
        )


def _changes(market: Market) -> Iterator[Problem]:
    for number, change in enumerate(market.change):
        if change.before == change.after:
            yield mismatch(f"market.change[{number}].after", "another share than before", change.after)


def _times(market: Market, clock: Clock) -> Iterator[Problem]:
    if not clock.publish_every:
        yield mismatch(
            "clock.publish_every", 'more than "0s" beside [market], which is not played event by event', "0s"
        )
    if market.lookback < market.update_every:
        every = format_duration(market.update_every)
        yield mismatch("market.lookback", f"at least market.update_every, {every}", format_duration(market.lookback))
