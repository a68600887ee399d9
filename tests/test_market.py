"""The closed loop: its ledger balances, budgets hold, and what is believed is right."""

import numpy as np
import pytest
from markets import SMALL, market, played, stall_of

from simulator.ledger import LedgerError
from simulator.market.accounts import settle
from simulator.market.kernel import DAY, Went


def test_it_learns_from_what_it_won_alone():
    stall = stall_of(market(method=[{"name": "oracle"}]))
    bidder, _ = played(stall)
    assert bidder.trainer.tally.examples <= bidder.won.n < stall.auctions.log.n_clicks
    won = bidder.diary.went[:, Went.WON].sum()
    assert bidder.won.n == bidder.book.n == won == bidder.trainer.tally.served


@pytest.mark.parametrize("money", [False, True])
def test_the_ledger_balances_with_everything_that_can_happen(money):
    log = {"gifts": {"share": 0.7, "median": 5.0, "p99": 60.0}} if money else {}
    terms = {"value": "money", "amount": 4.0, "target": 0.2} if money else {}
    stall = stall_of(
        market(
            log=log,
            feed={"fault": [{"kind": "outage", "at": "3d", "until": "84h"}, {"kind": "loss", "share": 0.05}]},
            market={
                **terms,
                "budget": 40.0,
                "campaigns": [{"name": "campaign_2", "launch": "2d"}],
                "change": [
                    {"of": "traffic", "at": "3d", "before": 0.5},
                    {"of": "conversions", "at": "4d", "after": 0.7},
                ],
            },
        )
    )
    bidder, _ = played(stall)
    ledger = settle(bidder, stall.auctions, stall.removed, stall.clock.end, "it")
    went = ledger.counts["auctions"].went
    assert min(went.values()) > 0
    assert ledger.counts["conversions"].went["not_taken_place"] > 0
    assert ledger.money["spend"].read > 0
    assert ("gifts" in ledger.money) == money
    bidder.book.cost[0] += 1
    with pytest.raises(LedgerError, match="spend money by -1"):
        settle(bidder, stall.auctions, stall.removed, stall.clock.end, "it")


def test_a_budget_is_overspent_by_one_click_at_most():
    stall = stall_of(market(market={"budget": 30.0}))
    bidder, _ = played(stall)
    book = bidder.book
    day, group, cost = book.time[: book.n] // DAY, book.group[: book.n], book.cost[: book.n]
    spent_out = 0
    for one in np.unique(day):
        for campaign in range(book.n_groups):
            costs = cost[(day == one) & (group == campaign)]
            assert costs[:-1].sum() < 30_000_000
            spent_out += costs.sum() >= 30_000_000
    assert spent_out > 5
    assert bidder.diary.went[:, Went.BUDGET_SPENT].sum() > 100


def test_the_clairvoyant_buys_most_at_the_target():
    bidders = [{"controller": "clairvoyant"}, {"estimator": "bornhuetter_ferguson"}]
    stall = stall_of(market(market={"bidder": bidders, "prices": {"median": 0.3, "follows": 0.5}}))
    best, other = (played(stall, number)[1] for number in (0, 1))
    assert best.cost.sum() == pytest.approx(best.expected.sum(), rel=0.01)
    assert other.expected.sum() < best.expected.sum()


def test_what_is_believed_is_right_whatever_happens():
    """Without bias, through an outage, a step in conversions and a launch, where delays are learned as they come."""
    tables = market(
        log={"clicks": 120_000, "days": 12},
        clock={"evaluate_from": "4d"},
        feed={"fault": [{"kind": "outage", "at": "8d", "until": "210h"}]},
        market={
            "campaigns": [{"name": "campaign_2", "launch": "6d"}],
            "change": [{"of": "conversions", "at": "5d", "before": 0.6}],
            "bidder": [{"estimator": name} for name in ("bornhuetter_ferguson", "chain_ladder", "counted")],
        },
    )
    stall = stall_of(tables)
    off = {}
    for number, name in enumerate(("bornhuetter_ferguson", "chain_ladder", "counted")):
        series = played(stall, number)[1].since(stall.yardstick.evaluate_from)
        said = np.isfinite(series.estimate)
        off[name] = series.estimate[said].sum() / series.truth[said].sum() - 1
    assert abs(off["bornhuetter_ferguson"]) < 0.03
    assert abs(off["chain_ladder"]) < 0.03
    assert off["counted"] < -0.2


def test_small_is_a_scenario_with_a_log_that_is_partly_won():
    bidder, _ = played(stall_of(SMALL))
    share = bidder.won.n / bidder.auctions.log.n_clicks
    assert 0.2 < share < 0.9
