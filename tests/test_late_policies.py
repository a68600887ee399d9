"""Policies that wait, repeat, confirm or thin out, example by example."""

import itertools

import numpy as np
from logs import WINDOW, delivered, make_log

from replay.feed import LabelFeed
from replay.policies import (
    Mature,
    MatureDaily,
    NegativeFirst,
    Positives,
    RealNegatives,
    SampledNegatives,
    WaitThenLate,
)
from replay.view import View

DAY = 86_400_000_000
HOUR = DAY // 24


def shown(policy, log, feed=None, end=10_000):
    examples = policy.due(View(log, delivered(log, feed), now=end), 0, end)
    return [tuple(int(value) for value in row) for row in zip(*examples[:4], strict=True)]  # row, due, label, kind


def test_waiting_shows_what_converts_later_a_second_time():
    log = make_log([0, 10, 20, 30], [(0, 100), (1, 111), (2, 120), (3, 2_000)])
    assert shown(WaitThenLate(100), log) == [
        (0, 100, True, 0),
        (1, 110, False, 0),
        (1, 111, True, 1),
        (2, 120, True, 0),
        (3, 130, False, 0),
    ]


def test_an_outage_makes_every_conversion_late():
    log = make_log([0, 10], [(0, 40)])
    feed = LabelFeed(outages=((30, 300),))
    assert shown(WaitThenLate(100), log, feed) == [(0, 100, False, 0), (1, 110, False, 0), (0, 300, True, 1)]


def test_mature_clicks_tell_early_late_and_never_apart():
    log = make_log([0, 10, 20, 30], [(0, 100), (1, 111), (2, 120), (3, 1_031)])
    asked = {
        ("all", "late"): [(0, False), (1, True), (2, False), (3, False)],
        ("all", "early"): [(0, True), (1, False), (2, True), (3, False)],
        ("converted", "early"): [(0, True), (1, False), (2, True)],
        ("converted", "late"): [(0, False), (1, True), (2, False)],
        ("unconverted", "never"): [(1, False), (3, True)],
        ("unconverted", "late"): [(1, True), (3, False)],
    }
    for (among, asks), expected in asked.items():
        examples = shown(Mature(100, WINDOW, among, asks), log)
        assert [(row, bool(label)) for row, _, label, _ in examples] == expected
        assert all(due == log.click_time[row] + WINDOW for row, due, _, _ in examples)


def test_mature_clicks_wait_for_the_watermark():
    log = make_log([0, 10], [(0, 990)])
    feed = LabelFeed("constant", 50, outages=((1_055, 1_100),))
    assert shown(Mature(100, WINDOW, "all", "late"), log, feed) == [(0, 1_050, True, 0), (1, 1_100, False, 0)]


def test_a_nightly_job_shows_the_day_that_matured():
    log = make_log([0, HOUR, DAY - WINDOW, DAY - WINDOW + 1], [(1, HOUR + 5)])
    policy, end = MatureDaily(WINDOW), 3 * DAY
    assert shown(policy, log, end=end) == [
        (0, DAY, False, 0),
        (1, DAY, True, 0),
        (2, DAY, False, 0),
        (3, 2 * DAY, False, 0),
    ]
    late = LabelFeed(outages=((HOUR, DAY + HOUR),))
    assert [due for _, due, _, _ in shown(policy, log, late, end)] == [DAY, 2 * DAY, 2 * DAY, 2 * DAY]


def test_cutting_days_changes_nothing():
    random = np.random.default_rng(3)
    log = make_log(np.sort(random.integers(0, 3 * DAY, 60)))
    whole = shown(MatureDaily(WINDOW), log, end=5 * DAY)
    edges = [0, 1, HOUR, DAY - 1, DAY, DAY + 1, DAY + HOUR, 2 * DAY, 2 * DAY + 1, 4 * DAY, 5 * DAY]
    pieces = []
    for start, end in itertools.pairwise(edges):
        examples = MatureDaily(WINDOW).due(View(log, delivered(log), now=end), start, end)
        pieces += [tuple(int(value) for value in row) for row in zip(*examples[:4], strict=True)]
    assert pieces == whole
    assert {due % DAY for _, due, _, _ in whole} == {0}
    assert len(whole) == 60


def test_what_never_converts_is_confirmed_after_what_happens_at_the_same_instant():
    log = make_log([0, 10, 1_000], [(1, 500)])
    assert shown(RealNegatives(NegativeFirst(), WINDOW), log, end=1_500) == [
        (0, 0, False, 0),
        (1, 10, False, 0),
        (1, 500, True, 1),
        (2, 1_000, False, 0),
        (0, 1_000, False, 2),
    ]


def test_sampling_thins_negatives_click_by_click_and_keeps_every_positive():
    log = make_log(np.arange(10_000), [(row, row + 50) for row in range(0, 10_000, 4)])
    whole, thinned = (
        shown(policy, log, end=20_000) for policy in (NegativeFirst(), SampledNegatives(NegativeFirst(), 0.2))
    )
    negatives, positives = ([e for e in thinned if e[2] == label] for label in (0, 1))
    assert positives == [e for e in whole if e[2] == 1]
    assert abs(len(negatives) - 2_000) < 4 * np.sqrt(10_000 * 0.2 * 0.8)
    fake = np.mean([row % 4 == 0 for row, _, _, _ in negatives])
    assert abs(fake - 0.25) < 4 * np.sqrt(0.25 * 0.75 / len(negatives))
    assert shown(SampledNegatives(NegativeFirst(), 1.0), log, end=20_000) == whole
    twice = RealNegatives(NegativeFirst(), WINDOW)
    again = [e[0] for e in shown(SampledNegatives(twice, 0.2), log, end=20_000) if e[3] == 2]
    assert set(again) <= {e[0] for e in negatives}


def test_positives_are_what_was_known_to_convert():
    log = make_log([0, 10], [(0, 50), (1, 600)])
    assert shown(Positives(WaitThenLate(100)), log) == [(0, 100, True, 0), (1, 600, True, 1)]
