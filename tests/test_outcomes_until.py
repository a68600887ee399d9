"""Clicks whose outcomes are over before the attribution window: when labels are sure, and who learns them then."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from faulty import faulty_feeds, halved
from frames import changed, frame, played
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import WINDOW, delivered, ended_logs, feeds, logs, make_log
from test_engine import built, trained
from test_no_lookahead import HONEST as METHODS_WITHOUT_FUTURE
from test_no_lookahead import MOMENT, check, deleted, rewritten
from test_policy_contract import EVERY, HONEST, columns, shown

from replay.errors import LogError
from replay.feed import LabelFeed
from replay.log import NEVER
from replay.policies import Mature, MatureDaily, RealNegatives, Wait, WaitThenLate
from replay.policies.negative_first import NegativeFirst
from replay.readers import TableReader
from replay.view import View
from scenarios import ScenarioError
from simulator import cuts, load
from simulator.clock import Clock
from simulator.exact import replay_exactly
from simulator.methods import METHODS


@settings(max_examples=80)
@given(
    log=ended_logs(),
    feed=faulty_feeds,
    cuts=st.lists(st.integers(0, 8_000), max_size=6),
    policy=st.sampled_from(EVERY),
)
def test_policies_keep_their_promises(log, feed, cuts, policy):
    """Cutting time changes nothing, and examples are in order and in their interval."""
    log = halved(log)
    whole = shown(policy, log, feed, 0, 8_000)
    keys = list(zip(whole.due, whole.kind, whole.row, strict=True))
    assert keys == sorted(keys)
    assert np.all((whole.due >= log.click_time[whole.row]) & (whole.due < 8_000))
    parts = [shown(policy, log, feed, a, b) for a, b in itertools.pairwise([0, *sorted(cuts), 8_000])]
    for column, pieces in zip(columns(whole), zip(*map(columns, parts), strict=True), strict=True):
        np.testing.assert_array_equal(column, np.concatenate(pieces))


@settings(max_examples=80)
@given(log=ended_logs(), feed=faulty_feeds, moment=st.integers(1, 5_000), policy=st.sampled_from(HONEST))
def test_an_end_is_not_known_before_it_comes(log, feed, moment, policy):
    """A log that ends, or goes on otherwise, shows the same before."""
    log = halved(log)
    now = shown(policy, log, feed, 0, moment + 1)
    for other in (cuts.ended(log, moment), cuts.rewritten(log, moment)):
        for a, b in zip(columns(now), columns(shown(policy, other, feed, 0, moment + 1)), strict=True):
            np.testing.assert_array_equal(a, b)


@settings(max_examples=50)
@given(log=logs(), feed=faulty_feeds, policy=st.sampled_from(EVERY))
def test_ends_that_never_come_change_nothing(log, feed, policy):
    log = halved(log)
    open_ended = replace(log, outcomes_until=np.full(log.n_clicks, NEVER))
    for a, b in zip(*(columns(shown(policy, each, feed, 0, 8_000)) for each in (log, open_ended)), strict=True):
        np.testing.assert_array_equal(a, b)


@settings(max_examples=20)
@given(
    name=st.sampled_from(sorted(METHODS)),
    log=ended_logs(max_clicks=15),
    feed=feeds,
    every=st.sampled_from([50, 400]),
    lag=st.sampled_from([0, 90]),
    net=st.booleans(),
)
def test_columns_equal_events(name, log, feed, every, lag, net):
    clock = Clock.of(log, every, lag, 3)
    fast, slow = (trained(log, feed, built(name), clock, *how, net=net) for how in ([], [replay_exactly]))
    np.testing.assert_array_equal(fast.prediction, slow.prediction)
    for count in ("served", "examples", "positives", "head_examples"):
        assert getattr(fast.tally, count) == getattr(slow.tally, count)


@given(log=ended_logs(), feed=feeds, age=st.sampled_from([0, 100, 350, WINDOW]))
def test_a_click_is_settled_when_the_feed_has_told_all_there_is(log, feed, age):
    """Against the definition, click by click."""
    deliveries = delivered(log, feed)
    view = View(log, deliveries, now=20_000)
    moment = [min(t + age, end) for t, end in zip(log.click_time.tolist(), log.outcomes_until.tolist(), strict=True)]
    waited = sorted((when, row) for row, when in enumerate(moment) if 300 <= when < 2_500)
    settled = [(int(deliveries.watermark.reaches(np.array([when]))[0]), row) for row, when in enumerate(moment)]
    for found, expected in (
        (view.waited(age, 300, 2_500), waited),
        (view.settled(age, 300, 2_500), sorted(pair for pair in settled if 300 <= pair[0] < 2_500)),
    ):
        assert list(zip(found[1].tolist(), found[0].tolist(), strict=True)) == expected


@given(log=ended_logs(), window=st.sampled_from([0, 100, 350]), latency=st.sampled_from([0, 130]))
def test_every_conversion_is_shown_as_one_whatever_ends_before_it(log, window, latency):
    feed = LabelFeed("constant", latency)
    arrival = delivered(log, feed).arrival
    examples = shown(WaitThenLate(window), log, feed, 0, 50_000)
    assert sorted(examples.row[examples.label].tolist()) == np.flatnonzero(arrival != NEVER).tolist()
    assert np.count_nonzero(examples.kind == 0) == log.n_clicks


def test_negatives_are_confirmed_when_their_session_ends():
    log = replace(make_log([0, 10, 20], [(1, 30)]), outcomes_until=np.array([300, 40, NEVER]))
    examples = shown(RealNegatives(NegativeFirst(), WINDOW), log, None, 0, 5_000)
    assert [
        (due, row) for due, row, kind in zip(examples.due, examples.row, examples.kind, strict=True) if kind == 2
    ] == [
        (300, 0),
        (1_020, 2),
    ]
    assert shown(Wait(100), log, None, 0, 5_000).due.tolist() == [40, 100, 120]
    early = shown(Mature(100, WINDOW, "all", "early"), log, None, 0, 5_000)
    assert list(zip(early.due, early.row, early.label, strict=True)) == [
        (40, 1, True),
        (300, 0, False),
        (1_020, 2, False),
    ]


def test_the_nightly_job_learns_the_sessions_of_its_day():
    day = 86_400_000_000
    log = replace(make_log([5, 10, 20]), outcomes_until=np.array([day + 7, 30, 15 * day]))
    examples = MatureDaily(3 * day).due(View(log, delivered(log), now=10 * day), 0, 9 * day)
    assert list(zip(examples.due // day, examples.row, strict=True)) == [(1, 1), (2, 0), (4, 2)]


def sessions(log):
    """Return the log with an end for two clicks in three, after which nothing of theirs comes."""
    seen = log["conversion_time"].fillna(log["click_time"])
    log = log.assign(over=seen.dt.ceil("3h"))
    log.loc[log.index % 3 == 0, "over"] = pd.NaT
    return log


ENDS = {"outcomes_until": "over"}


@pytest.mark.parametrize("method", ["waiting_window", "mature_daily", "value_mature", "defer", "value_wait"])
@pytest.mark.parametrize("change", [deleted, rewritten])
def test_the_future_changes_nothing(method, change, monkeypatch):
    """As in test_no_lookahead, where every end after the moment is moved as well."""

    def other(log):
        log = change(log)
        later = log["over"] > MOMENT
        log.loc[later, "over"] = (log.loc[later, "over"] + pd.Timedelta(hours=5)).where(log.index[later] % 2 == 0)
        return log

    assert method in METHODS_WITHOUT_FUTURE
    monkeypatch.setattr("test_no_lookahead.frame", lambda: sessions(frame()))
    check(changed(log=ENDS, method=[{"name": method}], feed={"kind": "exponential", "latency": "30m"}), other, method)


def test_a_column_of_a_table_makes_labels_sure_sooner():
    log, methods = sessions(frame()), [{"name": "mature_daily"}, {"name": "value_mature"}]
    with_ends, without = (played(log, changed(log=own, method=methods)) for own in (ENDS, {}))
    for label in ("mature_daily", "value_mature"):
        more = with_ends.record["methods"][label]["examples"], without.record["methods"][label]["examples"]
        assert more[0] > more[1] + 100
    assert "over" not in with_ends.record["log"]["features"]["categorical"]


def test_ends_that_contradict_the_log_are_told():
    log = sessions(frame())
    log.loc[1, "over"] = log.loc[1, "click_time"] - pd.Timedelta(seconds=1)
    came = log.index[log["conversion_time"].notna() & log["over"].notna()][0]
    log.loc[came, "over"] = log.loc[came, "conversion_time"] - pd.Timedelta(microseconds=1)
    notes = played(log, changed(log=ENDS)).record["log"]["notes"]
    assert "clicks after the end of their outcomes: 1; they wait for the attribution window" in notes
    assert any(note.startswith("outcomes after the end that their click's outcomes_until says: 1; ") for note in notes)


def test_it_is_no_feature_and_must_be_there():
    with pytest.raises(ScenarioError, match=r"a column that is known at the click, which log\.outcomes_until is not"):
        load(changed(log={**ENDS, "numeric": ["over"]}))
    reader = TableReader(frame(), outcomes_until="ovre")
    with pytest.raises(LogError, match=r"expected a column 'ovre' \(outcomes_until\), found none"):
        reader.categorical  # noqa: B018  (it reads)
