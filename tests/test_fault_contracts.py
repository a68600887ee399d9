"""Policies and the engine keep their promises on a feed on which anything goes wrong."""

import itertools

import numpy as np
import pytest
from faulty import faulty_feeds, halved
from frames import changed, frame, played
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import logs
from test_engine import METHODS, built, trained
from test_no_lookahead import CHANGES, check
from test_policy_contract import HONEST, shown

from simulator.clock import Clock
from simulator.cuts import ended, rewritten
from simulator.exact import replay_exactly

FAULTS = [
    {"kind": "outage", "at": "3d", "until": "4d", "flush_per_hour": 5},
    {"kind": "outage", "at": "4.5d", "until": "6d", "column": "campaign", "value": "a"},
    {"kind": "loss", "share": 0.2},
    {"kind": "duplicates", "share": 0.3, "later": "2h"},
    {"kind": "reordering", "latency": "1h", "at": "2d", "until": "7d"},
    {"kind": "clock_skew", "behind": "30m", "at": "1d"},
]


@given(log=logs(), feed=faulty_feeds, cuts=st.lists(st.integers(0, 8_000), max_size=6), policy=st.sampled_from(HONEST))
@settings(max_examples=80)
def test_cutting_time_changes_nothing_for_any_policy(log, feed, cuts, policy):
    log = halved(log)
    whole = shown(policy, log, feed, 0, 8_000)
    parts = [shown(policy, log, feed, a, b) for a, b in itertools.pairwise([0, *sorted(cuts), 8_000])]
    for name, column in whole._asdict().items():
        if column is None:
            continue  # nothing is told of money
        np.testing.assert_array_equal(column, np.concatenate([getattr(part, name) for part in parts]))
    assert (np.diff(whole.due) >= 0).all()


@given(log=logs(), feed=faulty_feeds, moment=st.integers(1, 5_000), policy=st.sampled_from(HONEST))
@settings(max_examples=80)
def test_what_is_shown_does_not_depend_on_what_comes_after(log, feed, moment, policy):
    log = halved(log)
    for change in (ended, rewritten):
        now, then = (shown(policy, each, feed, 0, moment + 1) for each in (log, change(log, moment)))
        for a, b in zip(now, then, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["fnw", "pu_wait", "hazard", "calibrated_wait", "defer"])
@given(
    log=logs(max_clicks=20),
    feed=faulty_feeds,
    every=st.sampled_from([1, 170, 5_000]),
    lag=st.sampled_from([0, 90]),
    batch=st.integers(1, 7),
)
@settings(max_examples=8)
def test_columns_equal_events_under_faults(name, log, feed, every, lag, batch):
    assert name in METHODS
    log, clock = halved(log), Clock.of(log, every, lag, batch)
    fast, slow = (trained(log, feed, built(name), clock, *how) for how in ((), (replay_exactly,)))
    np.testing.assert_array_equal(fast.prediction, slow.prediction)
    np.testing.assert_array_equal(fast.shown_positive, slow.shown_positive)
    assert (fast.tally.examples, fast.tally.positives) == (slow.tally.examples, slow.tally.positives)


@pytest.mark.parametrize("method", ["fnw", "hazard"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_future_changes_nothing_under_faults(method, change):
    check(changed(method=[{"name": method}], feed={"latency": "20m", "fault": FAULTS}), change, method)


def test_same_bytes_under_faults_whatever_the_jobs():
    scenario = changed(method=[{"name": "fnw"}, {"name": "hazard"}], feed={"fault": FAULTS})
    one, two = played(frame(), scenario), played(frame(), scenario, jobs=2)
    assert one.record["ledger"] == two.record["ledger"]
    assert one.record["ledger"]["conversions"]["lost"] > 0
    for method in ("fnw", "hazard"):
        part = f"predictions/method={method}/part-0.parquet"
        assert (one.folder / part).read_bytes() == (two.folder / part).read_bytes()
    assert (one.folder / "metrics.parquet").read_bytes() == (two.folder / "metrics.parquet").read_bytes()
    assert set(one.metrics["segment"]) == {""}  # a column that an outage goes by is not one of the results
