"""Streams of methods that wait a window and look again, and what their recipes refuse."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, logs, make_log

from replay.feed import LabelFeed
from replay.policies import NegativeThenLate, Twice, WaitThenLate
from replay.view import View
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.methods import METHODS, Timing

TIMING = Timing(attribution_window=DAY, evaluate_after=10 * DAY)
WAITING = ["es_dfm", "es_dfm_exact", "defer", "defer_exact", "defuse", "bi_defuse", "ddfm"]
CONFIRMING = ["defer", "defer_exact", "ddfm"]
END = 10_000


def shown(policy, log, feed=None):
    return policy.due(View(log, delivered(log, feed), now=END), 0, END)


@given(logs(), st.sampled_from([0, 100, WINDOW]), st.sampled_from([LabelFeed(), LabelFeed("constant", 130)]))
def test_every_click_is_shown_twice_and_the_second_time_truly(log, window, feed):
    examples = shown(Twice(window, WINDOW), log, feed)
    first = examples.kind == 0
    for looks in (first, ~first):
        assert sorted(examples.row[looks]) == list(range(log.n_clicks))
    label = delivered(log, feed).label
    np.testing.assert_array_equal(examples.label[~first], label[examples.row[~first]])


def test_twice_shows_each_fate_when_it_is_sure():
    log = make_log([0, 0, 0], [(0, 50), (1, 400)])
    examples = shown(Twice(100, WINDOW), log)
    assert list(zip(examples.due, examples.row, examples.kind, examples.label, strict=True)) == [
        (100, 0, 0, True),
        (100, 1, 0, False),
        (100, 2, 0, False),
        (100, 0, 3, True),
        (400, 1, 1, True),
        (1_000, 2, 2, False),
    ]


def test_a_short_confirmation_shows_later_conversions_a_third_time():
    log = make_log([0], [(0, 400)])
    examples = shown(Twice(100, 350), log)
    assert list(zip(examples.due, examples.label, strict=True)) == [(100, False), (350, False), (400, True)]


@given(logs(), st.sampled_from([0, 100, WINDOW]))
def test_negatives_then_late_are_followed_by_the_late_positives_alone(log, window):
    ours, waiting = shown(NegativeThenLate(window), log), shown(WaitThenLate(window), log)
    assert ours.row[~ours.label].tolist() == list(range(log.n_clicks))
    for mine, theirs in zip(ours[:4], waiting[:4], strict=True):
        np.testing.assert_array_equal(mine[ours.kind == 1], theirs[waiting.kind == 1])


@pytest.mark.parametrize("name", WAITING)
def test_windows_default_to_the_papers_and_stay_inside_the_attribution_window(name):
    recipe = METHODS[name]
    policy = getattr(recipe(TIMING).policy, "policy", recipe(TIMING).policy)
    assert policy.window == 15 * MINUTE
    for head in recipe(TIMING, window=HOUR).heads.values():
        assert getattr(head.policy, "policy", head.policy).window == HOUR
    with pytest.raises(ValueError, match=r"^window: expected at most the attribution window, 1d, got 25h$"):
        recipe(TIMING, window=25 * HOUR)
    with pytest.raises(ValueError, match="window"):
        recipe(replace(TIMING, attribution_window=MINUTE))


@pytest.mark.parametrize("name", CONFIRMING)
def test_negatives_are_confirmed_between_the_windows(name):
    recipe = METHODS[name]
    assert recipe(TIMING) == recipe(TIMING, confirm=DAY)
    for confirm, text in ((MINUTE, "1m"), (2 * DAY, "2d")):
        with pytest.raises(ValueError, match=f"^confirm: expected a duration from .*, 15m to 1d; got {text}$"):
            recipe(TIMING, confirm=confirm)


def test_auxiliary_predictions_have_a_known_source():
    with pytest.raises(ValueError, match=r"^auxiliary: expected 'heads' or 'hazard', got 'crystal ball'$"):
        METHODS["es_dfm"](TIMING, auxiliary="crystal ball")
