"""The ledger balances, and says so when it does not."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import delivered, feeds, logs, make_log

from replay.log import NEVER, Intake, OutcomeKind
from simulator.ledger import LedgerError, decimal, settle


@given(logs(), feeds, st.integers(0, 8_000))
def test_it_balances_wherever_the_clock_stops(log, feed, end):
    deliveries = delivered(log, feed)
    ledger = settle(log, deliveries, log.n_clicks, end)
    went = [account.went for account in ledger.outcomes.values()]
    known = deliveries.outcome_arrival[deliveries.outcome_arrival != NEVER]
    assert sum(account["delivered"] for account in went) == (known < end).sum()
    assert sum(account["pending"] for account in went) == (known >= end).sum()


def test_what_is_not_accounted_for_fails_the_run():
    log = make_log([0, 10], [(0, 5)])
    with pytest.raises(LedgerError, match="clicks by 1"):
        settle(log, delivered(log), served=1, end=100)
    short = dataclasses.replace(log, intake=Intake(clicks_read=2, outcomes_read={"conversion": 2}))
    with pytest.raises(LedgerError, match="conversions by 1"):
        settle(short, delivered(log), served=2, end=100)
    gift = make_log([0], [(0, 5, OutcomeKind.GIFT, 700)])
    short = dataclasses.replace(gift, intake=dataclasses.replace(gift.intake, money_read={"gift": 701}))
    with pytest.raises(LedgerError, match="gift money by 1"):
        settle(short, delivered(gift), served=1, end=100)


def test_money_is_exact_beyond_64_bits():
    most = 9_000_000_000_000_000_000
    log = make_log([0], [(0, 5, OutcomeKind.GIFT, most), (0, 6, OutcomeKind.GIFT, most)])
    log = dataclasses.replace(
        log, intake=Intake(clicks_read=1, outcomes_read={"gift": 2}, money_read={"gift": 2 * most})
    )
    ledger = settle(log, delivered(log), 1, 100)
    assert ledger.as_dict()["money"]["gift"]["delivered"] == "18000000000000.00"


def test_refunds_take_back():
    log = make_log([0], [(0, 5, OutcomeKind.GIFT, 5_000_000), (0, 6, OutcomeKind.REFUND, -2_500_000)])
    money = settle(log, delivered(log), 1, 100).as_dict()["money"]
    assert (money["gift"]["delivered"], money["refund"]["delivered"]) == ("5.00", "-2.50")


@given(st.integers(-(10**20), 10**20))
def test_decimal_reads_back(millionths):
    whole, places = decimal(millionths).split(".")
    assert int(whole + places.ljust(6, "0")) == millionths
    assert len(places) >= 2
