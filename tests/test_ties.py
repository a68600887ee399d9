"""Ties in another order: they move what hangs on them, nothing else, and nothing that an ordinary run leaves."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from frames import START, changed, frame
from hypothesis import given
from hypothesis import strategies as st
from logs import delivered, feeds, logs, make_log
from test_policy_contract import HONEST

from replay.faults import Outage
from replay.feed import LabelFeed, arrivals
from replay.ties import ShuffledTies, shuffled_outcomes, tied
from replay.view import View
from simulator import load, run
from simulator.cli import DONE, WRONG, main
from simulator.ties import shake

MANY = [{"name": "waiting_window"}, {"name": "fnw"}, {"name": "es_dfm"}, {"name": "two_stage"}, {"name": "dfm"}]


def coarse(n=1_500, unit="10min"):
    """Return the tests' log with its times cut to a coarse unit, so that most of it is tied."""
    log = frame(n)
    for column in ("click_time", "conversion_time"):
        log[column] = log[column].dt.floor(unit)
    return log


def apart(n=600):
    """Return a log in which no two things happen at one moment, nor at a round distance from another."""
    log = frame(n)
    times = np.sort(np.random.default_rng(1).choice(8 * 86_400_000_000, n, replace=False))
    log["click_time"] = START + pd.to_timedelta(times, unit="us")
    wait = pd.to_timedelta(7_919 * np.arange(1, n + 1) + 13, unit="us")
    log["conversion_time"] = (log["click_time"] + wait).where(log["conversion_time"].notna())
    return log.astype({"click_time": "datetime64[us, UTC]", "conversion_time": "datetime64[us, UTC]"})


def shown(policy, log, cuts):
    """Return all that a policy shows, asked for in several intervals."""
    deliveries = delivered(log)
    parts = [policy.due(View(log, deliveries, now=end), start, end) for start, end in pairwise(cuts)]
    return list(zip(*(np.concatenate(column).tolist() for column in list(zip(*parts, strict=True))[:4]), strict=True))


def test_tied_are_those_with_an_equal_neighbour():
    assert tied(np.array([1, 1, 2, 3, 3, 3])).tolist() == [True, True, False, True, True, True]
    assert tied(np.array([1, 1]), np.array([0, 1])).tolist() == [False, False]
    assert tied(np.empty(0, np.int64)).tolist() == []


@given(logs(), st.sampled_from(HONEST), st.integers(0, 9), st.integers(0, 9_000))
def test_examples_of_an_instant_change_places_whatever_the_intervals(log, policy, seed, cut):
    other = ShuffledTies(policy, seed)
    before, after = shown(policy, log, [0, 9_000]), shown(other, log, [0, 9_000])
    assert [due for _, due, _, _ in before] == [due for _, due, _, _ in after]
    assert sorted(before) == sorted(after)
    assert shown(other, log, [0, cut, 9_000]) == after
    assert (other.kinds, other.looks_ahead) == (policy.kinds, policy.looks_ahead)


@given(logs(), feeds, st.integers(0, 9))
def test_outcomes_change_places_only_where_nothing_but_the_amount_differs(log, feed, seed):
    other = shuffled_outcomes(log, seed)
    assert sorted(zip(*log.outcomes, strict=True)) == sorted(zip(*other.outcomes, strict=True))
    for name in ("row", "kind", "time"):
        assert np.array_equal(getattr(log.outcomes, name), getattr(other.outcomes, name))
    assert np.array_equal(delivered(log, feed).label, delivered(other, feed).label)


def test_of_two_conversions_at_once_either_may_be_the_first():
    log = make_log([0], [(0, 50, 0, 1_000_000), (0, 50, 0, 2_000_000)])
    counted = {int(shuffled_outcomes(log, seed).outcomes.amount[0]) for seed in range(20)}
    assert counted == {1_000_000, 2_000_000}


def test_a_backlog_keeps_its_times_and_changes_who_comes_when():
    log = make_log(range(8), [(row, 100) for row in range(8)])
    feed = LabelFeed(faults=(Outage(50, 200, per_hour=3_600),))
    orders = {tuple(arrivals(log, replace(feed, ties=seed)).tolist()) for seed in range(5)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {tuple(arrivals(log, feed).tolist())}


def test_without_ties_nothing_moves():
    found = shake(load(changed(method=MANY)), log=apart(), plays=2)
    assert found.tied_clicks == found.tied_outcomes == 0
    for shaken in found.methods:
        assert (shaken.tied, shaken.same) == (0, True)
        assert shaken.examples > 500
        assert shaken.movements
        assert all(one.least == one.value == one.most for one in shaken.movements)


@pytest.mark.parametrize("publish_every", ["2h", "0s"])
def test_with_ties_predictions_move(publish_every):
    log = coarse(1_500 if publish_every == "2h" else 200, "30min" if publish_every == "2h" else "6h")
    found = shake(load(changed(method=MANY[:2], clock={"publish_every": publish_every})), log=log, plays=2)
    assert found.tied_clicks == log["click_time"].duplicated(keep=False).sum() > 0.9 * len(log)
    for shaken in found.methods:
        assert shaken.tied > 0.5 * shaken.examples
        assert not shaken.same
        assert any(one.moved > 0 for one in shaken.movements)
        assert all(one.least <= one.value <= one.most for one in shaken.movements)


def test_it_is_the_same_each_time_and_stands_beside_the_ordinary_run(tmp_path, monkeypatch):
    monkeypatch.setenv("LATELABEL_CACHE", str(tmp_path))
    aggregate = {"name": "spent", "of": "outcomes", "what": "sum", "by": ["user"]}
    outage = {"kind": "outage", "at": "1d", "until": "30h", "flush_per_hour": 50}
    plain = changed(method=MANY[:2], log={"aggregate": [aggregate]}, metrics={"bootstrap": 50})
    for fault in ([], [outage]):
        asked = load({**plain, "feed": {"latency": "10m", "fault": fault}})
        result = run(asked, log=coarse())
        kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
        found = shake(asked, log=coarse(), plays=2)
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == kept
        overall = result.overall
        for shaken in found.methods:
            for one in shaken.movements:
                assert one.value == overall.loc[shaken.method, one.metric]
        assert repr(shake(asked, log=coarse(), plays=2)) == repr(found)


def test_the_command_says_how_far(tmp_path, capsys):
    log = coarse()
    log.to_parquet(tmp_path / "clicks.parquet")
    body = 'name = "mine"\n[log]\nkind = "table"\npath = "clicks.parquet"\n[clock]\nattribution_window = "1d"\n'
    (tmp_path / "mine.toml").write_text(body + '[[method]]\nname = "fnw"\n[metrics]\nbootstrap = 50\n')
    asked = ["check", str(tmp_path / "mine.toml"), "--ties"]
    assert main([*asked, "2"]) == DONE
    printed = capsys.readouterr().out
    tied_share = 100 * log["click_time"].duplicated(keep=False).mean()
    assert f"1,500 clicks: ties hold {tied_share:.1f} %" in printed
    assert "played once as ever, and 2 times with ties in another order, by seed 0" in printed
    assert "of the width of its 95 % interval (fnw, " in printed
    assert main([*asked, "2", "--clicks", "100"]) == WRONG
    assert "--clicks: expected none with --ties" in capsys.readouterr().err
    apart().to_parquet(tmp_path / "clicks.parquet")
    assert main([*asked]) == DONE
    printed = capsys.readouterr().out
    assert "fnw: 0.0 % of" in printed
    assert "the same to the last bit\nno metric moves: nothing hangs on the order of ties" in printed
