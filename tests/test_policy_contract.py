"""Every policy is held to the same promises; a new one is tested unasked."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, feeds, logs, make_log

from replay.feed import LabelFeed
from replay.log import NEVER
from replay.policies import POLICIES, Examples, Until
from replay.view import LookAheadError, View

CASES = {
    "oracle": [POLICIES["oracle"]()],
    "wait": [POLICIES["wait"](window) for window in (0, 100, WINDOW)],
    "wait_then_late": [POLICIES["wait_then_late"](window) for window in (0, 100, WINDOW)],
    "negative_first": [POLICIES["negative_first"]()],
    "net_first": [POLICIES["net_first"]()],
    "refund_looks": [POLICIES["refund_looks"](window) for window in (0, 100, WINDOW)],
    "mature_refunds": [POLICIES["mature_refunds"](window, WINDOW) for window in (0, 100)],
    "mature": [
        POLICIES["mature"](100, WINDOW, among, asks)
        for among, asks in (("all", "late"), ("converted", "early"), ("unconverted", "never"))
    ],
    "ripening": [
        POLICIES["ripening"](POLICIES["mature"](100, WINDOW, "all", "late")),
        POLICIES["ripening"](POLICIES["mature"](0, WINDOW, "unconverted", "never")),
        POLICIES["ripening"](POLICIES["mature_refunds"](30, WINDOW)),
    ],
    "mature_daily": [POLICIES["mature_daily"](WINDOW)],
    "real_negatives": [
        POLICIES["real_negatives"](POLICIES["negative_first"](), WINDOW),
        POLICIES["real_negatives"](POLICIES["wait_then_late"](100), 350),
    ],
    "sampled_negatives": [POLICIES["sampled_negatives"](POLICIES["wait_then_late"](100), rate) for rate in (0.3, 1.0)],
    "positives": [POLICIES["positives"](POLICIES["wait_then_late"](100))],
    "negative_then_late": [POLICIES["negative_then_late"](window) for window in (0, 100, WINDOW)],
    "both": [POLICIES["both"](POLICIES["wait"](100), POLICIES["mature"](100, WINDOW, "unconverted", "late"))],
    "behind": [POLICIES["behind"](POLICIES["wait_then_late"](100), by) for by in (0, 350)],
    "since": [POLICIES["since"](POLICIES["wait_then_late"](100), after) for after in (0, 350)],
    "reveals": [POLICIES["reveals"](reveals) for reveals in ((0,), (0, 100, 350, WINDOW))],
    "twice": [POLICIES["twice"](window, confirm) for window, confirm in ((0, WINDOW), (100, 350), (100, 100))],
    "checks": [POLICIES["checks"]((WINDOW,)), POLICIES["checks"]((50, 100, 350, WINDOW))],
    "revisits": [POLICIES["revisits"]((50, 100, 350, WINDOW))],
    "value_oracle": [POLICIES["value_oracle"]()],
    "value_delta": [POLICIES["value_delta"]()],
    "value_first_gift": [POLICIES["value_first_gift"]()],
    "value_mature": [POLICIES["value_mature"](WINDOW, among) for among in ("all", "converted")],
    "value_wait": [POLICIES["value_wait"](window) for window in (0, 100, WINDOW)],
    "value_ages": [POLICIES["value_ages"](window, WINDOW) for window in (0, 100)],
}
EVERY = [policy for cases in CASES.values() for policy in cases] + [Until(POLICIES["negative_first"](), 700)]
HONEST = [policy for policy in EVERY if not policy.looks_ahead]
OF_AMOUNTS = POLICIES["value_ages"]  # its label says whether an amount came early, a refund's too


def asked_of(policy):
    """Return the policy that a ripening one holds, or the policy."""
    return policy.policy if isinstance(policy, POLICIES["ripening"]) else policy


ASKING_FOR_CONVERSIONS = [
    policy
    for policy in HONEST
    if getattr(asked_of(policy), "asks", "") != "never" and not isinstance(policy, OF_AMOUNTS)
]


def shown(policy, log, feed, start, end, now=None):
    deliveries = delivered(log, feed, net=True)  # labels that know refunds: without any they are as others
    view = View(log, deliveries, now=end if now is None else now, future=policy.looks_ahead)
    return policy.due(view, start, end)


def columns(examples):
    """Return what is shown, money too: none where labels alone are told."""
    amount = np.zeros(len(examples.row), np.int64) if examples.amount is None else examples.amount
    return [*examples[:4], amount]


def test_every_registered_policy_has_a_case():
    assert set(CASES) == set(POLICIES)


@pytest.mark.parametrize("policy", EVERY, ids=str)
@given(log=logs(), feed=feeds, cuts=st.lists(st.integers(0, 8_000), max_size=6))
def test_cutting_time_changes_nothing(policy, log, feed, cuts):
    whole = shown(policy, log, feed, 0, 8_000)
    edges = [0, *sorted(cuts), 8_000]
    parts = [shown(policy, log, feed, a, b) for a, b in itertools.pairwise(edges)]
    for column, pieces in zip(columns(whole), zip(*map(columns, parts), strict=True), strict=True):
        np.testing.assert_array_equal(column, np.concatenate(pieces))


@pytest.mark.parametrize("policy", EVERY, ids=str)
@given(log=logs(), feed=feeds)
def test_examples_are_in_order_and_inside_the_interval(policy, log, feed):
    examples = shown(policy, log, feed, 500, 3_000)
    assert np.all((examples.due >= 500) & (examples.due < 3_000))
    keys = list(zip(examples.due, examples.kind, examples.row, strict=True))
    assert keys == sorted(keys)
    assert np.all(examples.due >= log.click_time[examples.row])
    assert np.all((examples.kind >= 0) & (examples.kind < len(policy.kinds)))
    assert [c.dtype for c in columns(examples)] == [np.int64, np.int64, np.bool_, np.int8, np.int64]


@pytest.mark.parametrize("policy", HONEST, ids=str)
@given(log=logs(), feed=feeds, moment=st.integers(1, 5_000))
def test_what_is_shown_before_a_moment_does_not_depend_on_what_comes_after(policy, log, feed, moment):
    past = log.click_time < moment
    kept = [o for o in zip(*log.outcomes, strict=True) if o[2] < moment and past[o[0]]]
    other = make_log(log.click_time[past], [(row, time, kind, amount) for row, kind, time, amount in kept])
    now, then = (shown(policy, each, feed, 0, moment) for each in (log, other))
    for a, b in zip(columns(now), columns(then), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("policy", ASKING_FOR_CONVERSIONS, ids=str)
@given(log=logs(), feed=feeds)
def test_a_positive_label_is_a_conversion_that_had_arrived(policy, log, feed):
    examples = shown(policy, log, feed, 0, 8_000)
    arrival = delivered(log, feed).arrival[examples.row]
    assert np.all(arrival[examples.label] <= examples.due[examples.label])


def test_oracle_needs_leave_to_see_the_future():
    log = make_log([0, 10], [(0, 500)])
    with pytest.raises(LookAheadError, match="looks_ahead"):
        POLICIES["oracle"]().due(View(log, delivered(log), now=100), 0, 100)


def test_the_view_refuses_questions_about_the_future():
    log = make_log([0, 10], [(0, 500)])
    view = View(log, delivered(log), now=100)
    for question in (
        lambda: view.clicks(0, 101),
        lambda: view.conversions(0, 101),
        lambda: view.known(np.array([0]), by=100),
        lambda: view.known(np.array([0]), by=NEVER),
    ):
        with pytest.raises(LookAheadError, match="it is only 100 us"):
            question()


def test_waiting_shows_one_look_with_what_was_known():
    log = make_log([0, 10, 20], [(0, 100), (1, 111), (2, 120)])
    examples = shown(POLICIES["wait"](100), log, None, 0, 200)
    expected = Examples(
        np.array([0, 1, 2]), np.array([100, 110, 120]), np.array([True, False, True]), np.zeros(3, np.int8)
    )
    for a, b in zip(columns(examples), columns(expected), strict=True):
        np.testing.assert_array_equal(a, b)


def test_negative_first_shows_a_conversion_after_the_look_of_the_same_instant():
    log = make_log([0, 10], [(0, 10), (1, 10)])
    examples = shown(POLICIES["negative_first"](), log, None, 0, 100)
    assert list(zip(examples.due, examples.row, examples.label, strict=True)) == [
        (0, 0, False),
        (10, 1, False),
        (10, 0, True),
        (10, 1, True),
    ]


def test_ages_are_reached_at_the_watermark_and_not_during_an_outage():
    log = make_log([0, 10, 20, 30, 40], [(1, 65)])
    feed = LabelFeed("constant", 5, outages=((60, 100),))
    view = View(log, delivered(log, feed), now=1_000)
    rows, due = view.reached(40, 0, 1_000)
    assert list(zip(rows, due, strict=True)) == [(0, 45), (1, 55), (2, 100), (3, 100), (4, 100)]
    for cut in (45, 46, 60, 99, 100, 101):
        pieces = [view.reached(40, a, b) for a, b in ((0, cut), (cut, 1_000))]
        np.testing.assert_array_equal(np.concatenate([p[0] for p in pieces]), rows)
    assert delivered(log, feed).arrival[1] == 100
