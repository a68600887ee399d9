"""The auctions of a log: every click an opportunity, with the price to beat and what it brings if it is won."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.feed import Deliveries
from replay.log import MICROS, Bools, ClickLog, Ints, Outcomes
from replay.uniform import uniform
from scenarios.market import Change, Market, Prices
from simulator.market.estimators.base import Floats, sums_by
from simulator.market.knowledge import News

_PRICE, _CONVERSIONS, _TRAFFIC = 7_001, 7_011, 7_021  # what a stream of uniforms is for; each has its neighbour


@dataclass(frozen=True)
class Campaigns:
    """Who buys, on which terms; money in millionths, columns of shape (n_campaigns,)."""

    names: tuple[str, ...]
    target: Floats  # currency per value
    budget: Ints  # a UTC day's, millionths; the largest int64 for none
    launch: Ints  # us UTC


@dataclass(frozen=True)
class Auctions:
    """A log taken for auctions; nothing in it depends on who bids.

    What an auction brings if it is won, and when that arrives, is fixed beforehand: `log` and `deliveries` tell it of
    every auction, won or not.
    """

    log: ClickLog
    deliveries: Deliveries
    market: Market
    seed: int
    code: NDArray[np.int32]  # shape (n_auctions,): campaign
    campaigns: Campaigns
    news: News
    worth: Floats  # shape (n_auctions,): value that it brings if it is won
    expected: Floats | None  # shape (n_auctions,): expectation of that, in worlds that know it

    @property
    def second(self) -> bool:
        """Whether a winner pays the highest competing price, and not its bid."""
        return self.market.auction == "second"

    def prices(self, first: int, last: int) -> Ints:
        """Return the highest competing prices of auctions first to last, millionths, at least 1."""
        rows, prices = np.arange(first, last, dtype=np.int64), self.market.prices
        raised = self._raised(slice(first, last))
        drawn: Ints = np.maximum(np.rint(drawn_prices(prices, self.seed, rows) * raised * MICROS), 1).astype(np.int64)
        return drawn

    def held(self, first: int, last: int) -> Bools:
        """Return which of the auctions first to last are held, by what the market says of its traffic."""
        level = levels(self.market.change, "traffic", self.log.click_time[first:last], self._start)
        return kept(level, self.seed, _TRAFFIC, np.arange(first, last, dtype=np.int64))

    @property
    def _start(self) -> int:
        return int(self.log.click_time[0])

    def _raised(self, rows: slice) -> Any:
        """Return by which factor competitors pay more, because they know what a click is worth."""
        if not self.market.prices.follows or self.log.true_probability is None:
            return 1.0
        likely = self.log.true_probability[rows].astype(np.float64)
        return (likely / self.market.prices.typical) ** self.market.prices.follows


def drawn_prices(prices: Prices, seed: int, rows: Ints) -> Floats:
    """Return one price per row, in the log's currency, that depends on the seed and the row alone."""
    first = uniform(_PRICE + 100_003 * seed, rows, np.zeros_like(rows))
    if prices.kind == "power":
        return prices.median * (2.0 * first) ** (1.0 / prices.elasticity)
    angle = uniform(_PRICE + 1 + 100_003 * seed, rows, np.zeros_like(rows))
    normal = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * angle)
    return prices.median * np.exp(prices.sigma * normal)


def levels(changes: Sequence[Change], of: str, time: Ints, start: int) -> Floats:
    """Return the share that is left of something at each time, shape (len(time),)."""
    level = np.ones(len(time))
    for change in changes:
        if change.of == of:
            level *= np.where(time < start + change.at, change.before, change.after)
    return level


def kept(level: Floats, seed: int, purpose: int, rows: Ints) -> Bools:
    """Return which rows are left, each with its own probability, by draws that hang on seed and row alone."""
    if (level == 1.0).all():
        return np.ones(len(rows), np.bool_)
    return uniform(purpose + 100_003 * seed, rows, np.zeros_like(rows)) <= level


def changed(log: ClickLog, changes: Sequence[Change], seed: int) -> tuple[ClickLog, Outcomes]:
    """Return the log with the conversions left that take place, and the outcomes that do not.

    A click's outcomes stay or go together, and its true probability is multiplied by the share that stays.
    """
    if not log.n_clicks or all(change.of != "conversions" for change in changes):
        return log, _some(log.outcomes, np.zeros(len(log.outcomes.row), np.bool_))
    level = levels(changes, "conversions", log.click_time, int(log.click_time[0]))
    stays = kept(level, seed, _CONVERSIONS, np.arange(log.n_clicks, dtype=np.int64))[log.outcomes.row]
    outcomes, removed = _some(log.outcomes, stays), _some(log.outcomes, ~stays)
    truth, value = (
        None if column is None else (column * level).astype(np.float32)
        for column in (log.true_probability, log.true_value)
    )
    return replace(log, outcomes=outcomes, true_probability=truth, true_value=value), removed


def _some(outcomes: Outcomes, which: Bools) -> Outcomes:
    row, kind, time, amount = outcomes
    return Outcomes(row[which], kind[which], time[which], amount[which])


def terms_of(market: Market, names: Sequence[str], start: int) -> Campaigns:
    """Return every campaign's terms, in the order of the names."""
    own: Mapping[str, Any] = {campaign.name: campaign for campaign in market.campaigns}
    target, budget, launch = [], [], []
    for name in names:
        one = own.get(name)
        target.append((one and one.target) or market.target)
        most = (one and one.budget) or market.budget
        budget.append(np.iinfo(np.int64).max if most is None else round(most * MICROS))
        launch.append(start + (one.launch if one else 0))
    return Campaigns(tuple(names), np.array(target), np.array(budget, np.int64), np.array(launch, np.int64))


def expected_worth(log: ClickLog, market: Market, code: NDArray[np.int32], worth: Floats, n: int) -> Floats | None:
    """Return the expected value of every auction: true probability, times what a campaign's conversions bring."""
    if market.value == "money" and log.true_value is not None:
        return log.true_value.astype(np.float64)
    if log.true_probability is None:
        return None
    likely = log.true_probability.astype(np.float64)
    if market.value == "conversions":
        return likely
    mean = sums_by(code, worth, n) / np.maximum(sums_by(code, likely, n), np.finfo(np.float64).tiny)
    found: Floats = likely * mean[code]
    return found
