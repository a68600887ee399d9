"""Money is conserved to the cent: in the ledger, in what policies show, in the values that are written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, feeds, logs, make_log

from replay.log import NEVER, OutcomeKind
from replay.money import money
from replay.policies import POLICIES
from replay.view import LookAheadError, View
from simulator.ledger import settle

END = 1 << 40


def shown(policy, log, feed, end=END, start=0):
    return policy.due(View(log, delivered(log, feed), now=end, future=policy.looks_ahead), start, end)


def by_click(examples, n):
    total = np.zeros(n, np.int64)
    np.add.at(total, examples.row, examples.amount)
    return total


def by_hand(log):
    """Return the money of each click by the words of the concepts page, outcome by outcome."""
    total, converted = [0] * log.n_clicks, set()
    for row, kind, time, amount in zip(*(column.tolist() for column in log.outcomes), strict=True):
        if time - int(log.click_time[row]) > WINDOW:
            continue
        if kind == OutcomeKind.CONVERSION:
            if row in converted:
                continue
            converted.add(row)
        total[row] += amount
    return total


@given(logs())
def test_a_clicks_value_is_its_money_inside_the_window(log):
    assert money(log, delivered(log), 0, log.n_clicks).tolist() == by_hand(log)


@given(logs(), st.integers(0, 40), st.integers(0, 40))
def test_any_part_of_a_log_has_its_own_money(log, first, stop):
    first, stop = sorted(min(at, log.n_clicks) for at in (first, stop))
    assert money(log, delivered(log), first, stop).tolist() == by_hand(log)[first:stop]


@given(logs(), feeds)
def test_every_policy_shows_a_clicks_whole_value_in_the_end(log, feed):
    value = by_hand(log)
    assert by_click(shown(POLICIES["value_delta"](), log, feed), log.n_clicks).tolist() == value
    assert by_click(shown(POLICIES["value_oracle"](), log, feed), log.n_clicks).tolist() == value
    first = by_click(shown(POLICIES["value_first_gift"](), log, feed), log.n_clicks)
    converted = delivered(log, feed).label
    known = shown(POLICIES["value_first_gift"](), log, feed)
    if feed.kind == "constant":  # where latency is drawn a refund may come before its gift, and one in 100 after W
        assert first[converted].tolist() == np.array(value)[converted].tolist()
        mature = shown(POLICIES["value_mature"](WINDOW), log, feed)
        assert by_click(mature, log.n_clicks).tolist() == value
        ages = shown(POLICIES["value_ages"](100, WINDOW), log, feed)
        assert by_click(ages, log.n_clicks).tolist() == value
    assert np.count_nonzero(known.kind == 0) == np.count_nonzero(converted)


@given(logs(), feeds, st.integers(0, 8_000))
def test_the_money_shown_by_a_moment_is_the_money_delivered_by_then(log, feed, end):
    """The ledger's and the learner's books agree to the millionth, wherever the clock stops."""
    ledger = settle(log, delivered(log, feed), log.n_clicks, end)
    delivered_money = sum(account.went["delivered"] for account in ledger.money.values())
    examples = shown(POLICIES["value_delta"](), log, feed, end)
    assert int(examples.amount.sum()) == delivered_money
    for account in ledger.money.values():
        assert account.read == sum(account.went.values())


def test_refunds_late_gifts_and_gifts_outside_the_window_to_the_cent():
    gift, refund, sale = OutcomeKind.GIFT, OutcomeKind.REFUND, OutcomeKind.CONVERSION
    log = make_log(
        [0, 10, 20],
        [
            (0, 5, sale, 19_990_000),
            (0, 900, refund, -4_990_000),
            (0, 950, sale, 7_000_000),  # a second conversion: a repeat
            (1, 1_000, gift, 10_000),  # late, a cent
            (1, 1_011, gift, 99_000_000),  # a microsecond outside
            (2, 30, gift, 1_000_000),
            (2, 1_500, refund, -1_000_000),  # outside: the gift stays
        ],
    )
    ledger = settle(log, delivered(log), 3, end=960).as_dict()["money"]
    assert ledger["conversion"] == {
        "read": "26.99",
        "delivered": "19.99",
        "pending": "0.00",
        "outside_window": "0.00",
        "repeat": "7.00",
        "quarantined": {},
    }
    assert (ledger["gift"]["delivered"], ledger["gift"]["pending"], ledger["gift"]["outside_window"]) == (
        "1.00",
        "0.01",
        "99.00",
    )
    assert (ledger["refund"]["delivered"], ledger["refund"]["outside_window"]) == ("-4.99", "-1.00")
    assert money(log, delivered(log), 0, 3).tolist() == [15_000_000, 10_000, 1_000_000]


def test_the_view_refuses_money_of_the_future():
    log = make_log([0, 10], [(0, 500, OutcomeKind.GIFT, 1_000_000)])
    view = View(log, delivered(log), now=100)
    rows = np.array([0])
    for question in (
        lambda: view.amounts(0, 101),
        lambda: view.amounts_of(rows, by=100),
        lambda: view.value(rows, by=np.array([NEVER])),
    ):
        with pytest.raises(LookAheadError, match="it is only 100 us"):
            question()
    with pytest.raises(LookAheadError, match="looks_ahead"):
        view.true_value(rows)
    assert view.value(rows, by=99).tolist() == [0]
    assert View(log, delivered(log), now=501).value(rows, by=500).tolist() == [1_000_000]


def test_a_first_gift_brings_what_came_with_it_and_later_amounts_follow():
    gift, refund = OutcomeKind.GIFT, OutcomeKind.REFUND
    log = make_log(
        [0, 10], [(0, 50, gift, 3), (0, 50, gift, 4), (0, 90, gift, 5), (0, 95, refund, -2), (1, 90, gift, 6)]
    )
    examples = shown(POLICIES["value_first_gift"](), log, None)
    found = list(zip(*(examples[at].tolist() for at in (1, 0, 3, 4)), strict=True))
    assert found == [(50, 0, 0, 7), (90, 1, 0, 6), (90, 0, 1, 5), (95, 0, 1, -2)]
