"""A feed on which anything goes wrong: honest watermarks, nothing from the future, all accounted for."""

from dataclasses import replace

import numpy as np
import pytest
from faulty import HALVES, SPAN, faulty_feeds, halved, outages, spans
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import WINDOW, delivered, logs, make_log

from replay.faults import Among, ClockSkew, Duplicates, Loss, Outage, Reordering
from replay.feed import LabelFeed, arrivals
from replay.log import NEVER, OutcomeKind
from replay.passage import passage
from replay.watermark import Watermark
from simulator.cuts import ended, rewritten
from simulator.ledger import settle

AHEAD = 3 * SPAN


def queue_by_hand(due, outage, hit):
    """Play one outage as a queue, outcome by outcome, and return when each comes."""
    comes, waiting = list(due), sorted((time, i) for i, time in enumerate(due) if hit[i] and time >= outage.start)
    if outage.per_hour is None:
        return [outage.end if hit[i] and outage.start <= time < outage.end else time for i, time in enumerate(due)]
    gap, free = round(3.6e9 / outage.per_hour), outage.end
    for time, i in waiting:
        if time >= free:
            break  # nothing waits: the feed is well again
        comes[i] = free
        free += gap
    return comes


@given(log=logs(), outage=outages(), latency=st.sampled_from([0, 130]))
def test_an_outage_equals_a_queue_played_by_hand(log, outage, latency):
    log = halved(log)
    hit = [outage.among is None or row % 2 == 1 for row in log.outcomes.row]
    expected = queue_by_hand((log.outcomes.time + latency).tolist(), outage, hit)
    assert arrivals(log, LabelFeed("constant", latency, faults=(outage,))).tolist() == expected


def test_a_backlog_drains_first_come_first_served():
    log = make_log([0] * 6, [(0, 10), (1, 30), (2, 20), (3, 105), (4, 125), (5, 400)])
    feed = LabelFeed(faults=(Outage(5, 100, 3.6e9 / 10),))
    assert arrivals(log, feed).tolist() == [100, 120, 110, 130, 140, 400]
    watermark = passage(log, feed).watermark
    assert [watermark.at(now) for now in (5, 50, 100, 101, 111, 121, 131, 140, 141, 300)] == [
        5,
        5,
        5,
        20,
        30,
        105,
        125,
        125,
        141,
        300,
    ]


@given(log=logs(), feed=faulty_feeds)
@settings(max_examples=60)
def test_the_watermark_is_the_inverse_of_when_it_passes(log, feed):
    watermark = passage(halved(log), feed).watermark
    moments = np.arange(-200, AHEAD)
    passes = watermark.reaches(moments)
    assert (np.diff(passes) >= 0).all()
    assert (passes >= moments).all()
    for now in range(0, 2 * SPAN, 37):
        first = np.searchsorted(passes, now)
        if first > 0:
            assert watermark.at(now) == moments[first], now


@given(log=logs(), feed=faulty_feeds)
def test_all_that_happened_has_arrived_once_the_watermark_passes(log, feed):
    log = halved(log)
    way = passage(log, feed)
    drawn = feed.kind != "constant" or any(isinstance(one, Reordering) for one in feed.faults)
    due = log.outcomes.time + feed.lag
    if not drawn:
        late = (way.comes > way.watermark.reaches(log.outcomes.time)) & (way.comes != NEVER)
        assert not late.any()
    assert (way.watermark.reaches(log.outcomes.time) >= due).all()


@given(log=logs(), outage=outages(among=False), other=outages(among=False))
def test_the_watermark_waits_for_nothing_that_has_come(log, outage, other):
    way = passage(log, LabelFeed(faults=(outage, other)))
    ends = [one.end for one in (outage, other)]
    for moment in range(0, AHEAD, 97):
        before = way.comes[log.outcomes.time <= moment]
        passes = int(way.watermark.reaches(np.array([moment]))[0])
        assert passes in {moment, *ends, *before.tolist(), *way.comes.tolist()}
        assert passes <= max([moment, *ends, *before.tolist()])


@given(log=logs(), feed=faulty_feeds, moment=st.integers(1, SPAN), change=st.sampled_from([ended, rewritten]))
def test_arrivals_and_watermark_know_nothing_of_the_future(log, feed, moment, change):
    log = halved(log)
    now, then = (passage(one, feed) for one in (log, change(log, moment)))
    other = change(log, moment)
    for way, column in ((now, "comes"), (now, "again")):
        if getattr(way, column) is None:
            continue
        one, two = ({} for _ in range(2))
        for found, outcomes, told in ((one, log.outcomes, now), (two, other.outcomes, then)):
            times = getattr(told, column)
            for place in np.flatnonzero(times <= moment).tolist():
                key = tuple(int(each[place]) for each in outcomes)
                found.setdefault(key, []).append((int(times[place]), int(told.says[place])))
        assert one == two
    for at in range(0, moment + 1, 41):
        assert now.watermark.at(at) == then.watermark.at(at)


@given(log=logs(), feed=faulty_feeds, end=st.integers(0, 8_000))
def test_the_ledger_balances_under_faults(log, feed, end):
    deliveries = delivered(halved(log), feed)
    ledger = settle(log, deliveries, log.n_clicks, end)
    went = [account.went for account in ledger.outcomes.values()]
    known = deliveries.outcome_arrival[deliveries.outcome_arrival != NEVER]
    assert sum(account["delivered"] for account in went) == (known < end).sum()
    lost = 0 if deliveries.lost is None else deliveries.lost.sum()
    assert sum(account.get("lost", 0) for account in went) == lost
    if deliveries.again is not None:
        assert ledger.deliveries.went["duplicate"] == (deliveries.again < end).sum()
        assert ledger.deliveries.read == (arrivals(halved(log), feed) < end).sum() + (deliveries.again < end).sum()


@given(log=logs(), feed=faulty_feeds)
def test_labels_are_what_happened_whatever_the_feed_does(log, feed):
    log = halved(log)
    plain, hurt = delivered(log), delivered(log, feed)
    np.testing.assert_array_equal(plain.label, hurt.label)
    skewed = any(isinstance(one, ClockSkew) for one in feed.faults)
    if not skewed:
        assert not (hurt.arrival[~hurt.label] != NEVER).any()
        assert (hurt.arrival >= plain.arrival).all()
        known = hurt.arrival != NEVER
        assert (hurt.happened[known] != NEVER).all()
        assert (hurt.happened[~known] == NEVER).all()


@given(log=logs(), feed=faulty_feeds, more=spans())
def test_a_second_delivery_is_counted_and_changes_nothing(log, feed, more):
    log = halved(log)
    twice = replace(feed, faults=(*feed.faults, Duplicates(1.0, 50, *more)))
    one, other = delivered(log, feed), delivered(log, twice)
    for name in ("arrival", "outcome_arrival", "happened", "outside", "repeat"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    hit = (log.outcomes.time >= more[0]) & (log.outcomes.time < more[1]) & (arrivals(log, feed) != NEVER)
    assert (other.again[hit] != NEVER).all()
    assert (other.again[other.again != NEVER] >= arrivals(log, feed)[other.again != NEVER]).all()


def many(n=40_000):
    return halved(make_log(np.arange(n), [(row, row + 10) for row in range(n)]))


def test_a_share_is_lost_while_it_lasts():
    log = many()
    lost = delivered(log, LabelFeed(faults=(Loss(0.3, 10_010, 30_010),))).arrival == NEVER
    assert not lost[:10_000].any()
    assert not lost[30_000:].any()
    assert lost[10_000:30_000].mean() == pytest.approx(0.3, abs=0.015)
    again = delivered(log, LabelFeed(seed=1, faults=(Loss(0.3, 10_010, 30_010),))).arrival == NEVER
    assert (lost & again).mean() == pytest.approx(0.09 / 2, abs=0.01)


def test_the_conversion_after_a_lost_one_counts():
    log = make_log([0, 0], [(0, 5), (0, 7), (1, 6), (1, 60)])
    hurt = delivered(log, LabelFeed(faults=(Loss(1.0, 0, 7),)))
    assert hurt.arrival.tolist() == [7, 60]
    assert hurt.repeat.tolist() == [False] * 4
    assert hurt.lost.tolist() == [True, False, True, False]


def test_an_outage_of_a_segment_spares_the_others():
    log = many(1_000)
    outage = Outage(100, 600, among=Among(HALVES, "odd"))
    deliveries = delivered(log, LabelFeed(faults=(outage,)))
    odd = np.arange(1_000) % 2 == 1
    held = odd & (np.arange(1_000) + 10 >= 100) & (np.arange(1_000) + 10 < 600)
    np.testing.assert_array_equal(deliveries.arrival, np.where(held, 600, np.arange(1_000) + 10))
    assert [deliveries.watermark.at(now) for now in (50, 300, 600, 601)] == [50, 100, 100, 601]


def test_extra_latency_overtakes_and_the_watermark_allows_for_it():
    log = many()
    feed = LabelFeed(faults=(Reordering(1_000, 10_000, 20_000),))
    way = passage(log, feed)
    late = way.comes - log.outcomes.time
    inside = (log.outcomes.time >= 10_000) & (log.outcomes.time < 20_000)
    assert not late[~inside].any()
    assert late[inside].mean() == pytest.approx(1_000, rel=0.05)
    assert (np.diff(way.comes[inside]) < 0).mean() > 0.3
    beyond = way.comes > way.watermark.reaches(log.outcomes.time)
    assert beyond[inside].mean() == pytest.approx(0.01, abs=0.005)
    assert Watermark(7, (Reordering(1, 5, 6),)).at(1) == -6


def test_a_wrong_clock_moves_what_counts_not_when_it_is_known():
    late, early, soon = WINDOW - 10, WINDOW + 10, 5
    log = make_log([0, 0, 0], [(0, late), (1, early), (2, soon)])
    ahead, behind = (delivered(log, LabelFeed(faults=(ClockSkew(shift),))) for shift in (20, -20))
    for one in (ahead, behind):
        assert one.label.tolist() == [True, False, True]
    assert ahead.arrival.tolist() == [NEVER, NEVER, soon]
    assert ahead.outside.tolist() == [True, True, False]
    assert behind.arrival.tolist() == [late, early, soon]
    assert behind.happened.tolist() == [late - 20, early - 20, 0]  # not before its click
    assert not behind.outside.any()


def test_money_is_lost_with_its_gift():
    log = make_log([0, 9], [(0, 5, OutcomeKind.GIFT, 3_000_000), (1, 12, OutcomeKind.GIFT, 4_000_000)])
    ledger = settle(log, delivered(log, LabelFeed(faults=(Loss(1.0, 0, 6),))), 2, 100).as_dict()
    assert ledger["money"]["gift"]["lost"] == "3.00"
    assert ledger["gifts"] == {
        "read": 2,
        "delivered": 1,
        "pending": 0,
        "outside_window": 0,
        "repeat": 0,
        "lost": 1,
        "quarantined": {},
    }
