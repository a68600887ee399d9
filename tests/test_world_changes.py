"""A world that changes: the truth knows of every change, and nothing else moves."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from test_worlds import HOUR, PARTS, assert_rate, labels, whole

from replay.errors import LogError
from replay.log import OutcomeKind
from replay.worlds import (
    Category,
    Drift,
    Gifts,
    Growth,
    NewLevels,
    OtherEffects,
    OtherFrequencies,
    Ramp,
    Refunds,
    Step,
    SyntheticWorld,
    Walk,
    Wave,
    Where,
)
from replay.worlds.changed import Traffic
from replay.worlds.delays import Mixture
from replay.worlds.synthetic import DAY, START

HALF = 15 * DAY
SOME = Where("campaign", ("campaign_1", "campaign_3"))
CHANGES = {
    "step": Drift(Step(HALF), rate=math.log(1.8)),
    "spell": Drift(Step(HALF, HALF + 4 * DAY), rate=math.log(3), traffic=math.log(4)),
    "more than all": Drift(Step(HALF), rate=math.log(500)),
    "ramp": Drift(Ramp(5 * DAY, 20 * DAY), odds=-1.5),
    "season": Drift(Wave(7 * DAY, 2 * DAY), rate=math.log(1.6)),
    "walk": Drift(Walk(3, 0), odds=0.5),
    "slower": Drift(Step(HALF), delay=math.log(5)),
    "ever faster": Drift(Ramp(0, 30 * DAY), delay=math.log(0.1)),
    "slow segment": Drift(Step(HALF), delay=math.log(8), where=SOME),
    "segment": Drift(Step(HALF), odds=1.0, where=SOME),
    "growth": Drift(Growth(7 * DAY), traffic=math.log(2)),
    "cycle": Drift(Wave(DAY, 20 * HOUR), traffic=math.log(2)),
    "new": NewLevels(HALF, "campaign", 30, 0.4, odds=-0.7, delay=math.log(4)),
    "covariates": OtherFrequencies(Ramp(HALF, 20 * DAY), "campaign", 0.8),
    "effects": OtherEffects(Step(HALF), "campaign"),
}


@pytest.mark.parametrize(
    ("names", "window"),
    [((name,), 2 * HOUR) for name in CHANGES] + [(tuple(CHANGES), window) for window in (None, DAY)],
)
def test_labels_are_drawn_from_the_truth_whatever_changes(names, window):
    world = whole(clicks=50_000, changes=tuple(CHANGES[name] for name in names), attribution_window=window)
    label = labels(world, window)
    for part in np.array_split(np.arange(len(label)), 12):  # over time
        assert_rate(label[part], world["truth"][part], 4.5)
    for decile in np.array_split(np.argsort(world["truth"], kind="stable"), 10):
        assert_rate(label[decile], world["truth"][decile], 4.5)
    campaign = world["features"]["campaign"].to_numpy()
    for level in ("campaign_1", "campaign_3", "campaign_101", "campaign_130"):
        for later in (False, True):
            mine = (campaign == level) & ((world["time"] >= START + HALF) == later)
            if mine.any():
                assert_rate(label[mine], world["truth"][mine], 4.5)


@pytest.mark.parametrize(
    "change",
    [Drift(Step(0)), Drift(Step(30 * DAY), rate=1.0, odds=1.0, delay=1.0), NewLevels(31 * DAY, "site", 5, 1.0)],
)
def test_a_change_that_changes_nothing_leaves_the_world_as_it_was(change):
    plain, same = (whole(clicks=70_000, attribution_window=DAY, changes=one) for one in ((), (change,)))
    assert plain["features"]["campaign"].to_pylist() == same["features"]["campaign"].to_pylist()
    for name in ("time", "row", "kind", "outcome_time", "amount"):
        assert plain[name].tobytes() == same[name].tobytes()
    np.testing.assert_allclose(same["truth"], plain["truth"], rtol=1e-6)


@pytest.mark.parametrize("name", [name for name, one in CHANGES.items() if not getattr(one, "traffic", 0)])
def test_clicks_before_a_change_are_those_of_a_world_without_it(name):
    at = {"ramp": 5 * DAY, "season": 0, "walk": 0, "ever faster": 0}.get(name, HALF)
    size = {"clicks": 70_000, "attribution_window": DAY}
    plain, other = whole(**size), whole(**size, changes=(CHANGES[name],))
    assert plain["time"].tobytes() == other["time"].tobytes()
    before = int(np.searchsorted(plain["time"], START + at))
    np.testing.assert_allclose(plain["truth"][:before], other["truth"][:before], rtol=1e-6)
    assert not np.array_equal(plain["truth"][before:], other["truth"][before:])


def test_factors_and_log_odds_are_what_they_say():
    plain = whole(delay_by=None)["truth"]
    later = whole()["time"] >= START + HALF
    doubled = whole(delay_by=None, changes=(Drift(Step(HALF), rate=math.log(1.5)),))["truth"]
    np.testing.assert_allclose(doubled[later] / plain[later], np.minimum(1.5, 1 / plain[later]), rtol=1e-5)
    assert doubled.max() < 1
    shifted = whole(delay_by=None, changes=(Drift(Step(HALF), odds=0.8),))["truth"]
    moved = np.log(shifted / (1 - shifted)) - np.log(plain / (1 - plain))
    np.testing.assert_allclose(moved[later], 0.8, atol=1e-4)


def test_changes_add_up_in_any_order():
    one, other = CHANGES["ramp"], CHANGES["season"]
    both, swapped = whole(changes=(one, other)), whole(changes=(other, one))
    np.testing.assert_allclose(both["truth"], swapped["truth"], rtol=1e-6)


def test_longer_delays_leave_fewer_conversions_inside_the_window():
    window, factor = 3 * HOUR, 6.0
    changes = (Drift(Step(HALF), delay=math.log(factor)),)
    plain, slower = (whole(attribution_window=window, delay_by=None, changes=one) for one in ((), changes))
    mixture, none = Mixture(PARTS), np.zeros(1)
    later = plain["time"] >= START + HALF
    kept = mixture.cdf(round(window / factor), none)[0] / mixture.cdf(window, none)[0]
    np.testing.assert_allclose(slower["truth"][later] / plain["truth"][later], kept, rtol=1e-5)
    delay = slower["outcome_time"] - slower["time"][slower["row"]]
    drawn = delay[slower["time"][slower["row"]] >= START + HALF]
    for quantile in (0.1, 0.5, 0.9):
        error = 4 * math.sqrt(quantile * (1 - quantile) / len(drawn))
        found = mixture.cdf(round(np.quantile(drawn, quantile) / factor), none)[0]
        assert found == pytest.approx(quantile, abs=error)


def test_many_times_at_once_are_as_one_by_one():
    times = np.geomspace(1, 400 * HOUR, 50)
    for part in PARTS:
        np.testing.assert_allclose(part.cdf_at(times), [part.cdf(one) for one in times], rtol=1e-12, atol=1e-15)
    shift = np.linspace(-3, 3, 50)
    one_by_one = [Mixture(PARTS).cdf(round(time), shift[[i]])[0] for i, time in enumerate(np.rint(times))]
    np.testing.assert_allclose(Mixture(PARTS).cdf_at(np.rint(times), shift), one_by_one, rtol=1e-12)


TRAFFIC = {
    "growth": (Drift(Growth(7 * DAY), traffic=math.log(2)),),
    "decline": (Drift(Growth(7 * DAY, 3 * DAY, 20 * DAY), traffic=math.log(0.5)),),
    "day and week": (Drift(Wave(DAY, 5 * HOUR), traffic=math.log(3)), Drift(Wave(7 * DAY), traffic=math.log(1.5))),
    "promotion": (Drift(Step(HALF, HALF + DAY), traffic=math.log(6), rate=0.5),),
    "all": (
        Drift(Growth(7 * DAY), traffic=math.log(2)),
        Drift(Wave(DAY), traffic=math.log(2)),
        Drift(Step(HALF, HALF + DAY), traffic=math.log(3)),
    ),
}


def intensity(after, changes):
    return math.exp(sum(one.traffic * float(one.course.strength(np.array([after]))[0]) for one in changes))


@pytest.mark.parametrize("name", TRAFFIC)
def test_traffic_follows_its_intensity(name):
    changes = TRAFFIC[name]
    edges = np.linspace(0, 30 * DAY, 61)
    breaks = [edge for one in changes for edge in one.course.edges() if 0 < edge < 30 * DAY]
    area = np.array(
        [
            integrate.quad(
                intensity, a, b, args=(changes,), limit=200, points=[edge for edge in breaks if a < edge < b] or None
            )[0]
            for a, b in itertools.pairwise(edges)
        ]
    )
    expected = np.concatenate([[0], np.cumsum(area)]) / area.sum()
    traffic = Traffic(changes, 30 * DAY)
    np.testing.assert_allclose(traffic.come(edges), expected, atol=2e-6)
    world = whole(days=30.0, changes=changes)
    time = world["time"] - START
    assert len(time) == 200_000
    assert (np.diff(time) >= 0).all()
    assert 0 <= time[0] <= time[-1] < 30 * DAY
    assert stats.kstest(traffic.come(time), "uniform").pvalue > 1e-4
    shares = np.diff(traffic.come(time))
    assert stats.kstest(shares / shares.mean(), "expon").pvalue > 1e-4


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
@settings(deadline=None, max_examples=50)
def test_moments_are_the_inverse_of_what_has_come(shares):
    traffic = Traffic(TRAFFIC["all"], 30 * DAY)
    moments = traffic.moment(np.sort(shares))
    assert (np.diff(moments) >= 0).all()
    np.testing.assert_allclose(traffic.come(moments), np.sort(shares), atol=1e-9)


def test_new_levels_come_from_their_moment_in_their_share():
    world = whole(clicks=80_000, changes=(CHANGES["new"],))
    names = world["features"]["campaign"].to_pylist()
    number = np.array([int(name.removeprefix("campaign_")) for name in names])
    later = world["time"] >= START + HALF
    assert number[~later].max() <= 100
    assert (number[later] > 100).mean() == pytest.approx(0.4, abs=0.01)
    assert number.max() == 130
    old = whole(clicks=80_000)["features"]["campaign"].to_pylist()
    kept = number <= 100
    assert [name for name, keep in zip(names, kept, strict=True) if keep] == [
        name for name, keep in zip(old, kept, strict=True) if keep
    ]


def test_levels_change_places_and_keep_their_meaning():
    change = OtherFrequencies(Step(HALF), "campaign")
    plain, moved = whole(delay_by=None), whole(delay_by=None, changes=(change,))
    before, after = (
        np.sort(np.unique(one["features"]["campaign"].to_numpy()[100_000:], return_counts=True)[1])
        for one in (plain, moved)
    )
    np.testing.assert_array_equal(before, after)
    one = {"categorical": (Category("campaign", 100, effect=0.8),), "numeric": (), "delay_by": None}
    world = whole(**one, changes=(change,))
    said = {
        (name, truth) for name, truth in zip(world["features"]["campaign"].to_pylist(), world["truth"], strict=True)
    }
    assert len({name for name, _ in said}) == len(said)  # one truth a level, before and after


def test_effects_are_drawn_anew():
    one = {"categorical": (Category("campaign", 100, 0.0, effect=0.8),), "numeric": (), "delay_by": None}
    world = whole(**one, changes=(CHANGES["effects"],))
    later = world["time"] >= START + HALF
    names, odds = world["features"]["campaign"].to_numpy(), np.log(world["truth"] / (1 - world["truth"]))
    each = [[odds[(names == name) & (later == when)][0] for name in np.unique(names)] for when in (False, True)]
    assert abs(np.corrcoef(each)[0, 1]) < 0.35
    assert np.std(each[1]) == pytest.approx(0.8, rel=0.25)


def test_a_longer_walk_begins_as_a_shorter_one():
    after = np.linspace(0, 5 * DAY, 100)
    walk = Walk(3, 1)
    long = walk.strength(np.append(after, 900 * DAY))
    np.testing.assert_array_equal(long[:-1], walk.strength(after))
    assert walk.strength(np.zeros(1))[0] == 0
    ends = [Walk(seed, 0).strength(np.array([float(DAY)]))[0] for seed in range(400)]
    assert np.std(ends) == pytest.approx(1, abs=0.15)


def test_gifts_are_taken_back_whole_and_later():
    plain, world = (
        whole(clicks=80_000, gifts=Gifts(0.5), conversion_rate=0.5, refunds=one)
        for one in (None, Refunds(0.3, 2 * DAY))
    )
    refund = world["kind"] == OutcomeKind.REFUND
    for name in ("row", "kind", "outcome_time", "amount"):
        assert world[name][~refund].tobytes() == plain[name].tobytes()
    gift = np.flatnonzero(refund) - 1
    assert (world["kind"][gift] == OutcomeKind.GIFT).all()
    assert (world["row"][gift] == world["row"][refund]).all()
    assert (world["amount"][gift] == world["amount"][refund]).all()
    later = world["outcome_time"][refund] - world["outcome_time"][gift]
    assert later.mean() == pytest.approx(2 * DAY, rel=0.05)
    assert refund.sum() / (plain["kind"] == OutcomeKind.GIFT).sum() == pytest.approx(0.3, abs=0.01)


def test_wrong_changes_are_told_at_once():
    with pytest.raises(LogError) as error:
        SyntheticWorld(
            changes=(
                OtherEffects(Step(0), "campain"),
                Drift(Step(0), odds=1.0, where=Where("device", ("device_5", "device_6", "phone"))),
                NewLevels(0, "site", 3, 1.5),
            ),
            refunds=Refunds(2.0, 0),
        )
    assert error.value.problems == (
        "refunds.share: expected a number from 0 to 1, got 2.0",
        "refunds.mean: expected at least 1 microsecond, got 0",
        "change[0]: no categorical feature 'campain'; did you mean 'campaign'?",
        "change[1]: expected device_1 to device_5, got 'device_6'",
        "change[1]: expected device_1 to device_5, got 'phone'",
        "change[2].share: expected a number from 0 to 1, got 1.5",
    )
