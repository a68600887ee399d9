"""What auxiliary models say before their first mature label, and what methods serve meanwhile."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, feeds, logs
from test_engine import BUILT

from learners import Logistic
from learners.arms import ManyArmedLogistic
from replay.feed import LabelFeed, deliver
from replay.log import NEVER
from replay.policies import Mature, Ripening
from replay.view import View
from scenarios.durations import DAY, HOUR
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import METHODS, Timing, parameters
from simulator.toy import Toy
from simulator.trainer import Trainer

TOY = Toy(
    rate=0.04, clicks=20_000, days=4, attribution_window=4 * DAY, delays=((0.7, HOUR // 2), (0.3, 24 * HOUR))
)  # not a click is mature before the last is served
CORRECTED = ["calibrated_wait", "fnw_wait", "fnc_wait", "prior_correction", "es_dfm", "es_dfm_exact", "defuse"]
CORRECTED += [
    "bi_defuse",
    "ddfm",
    "ulc",
    "fsiw",
    "gdfm",
    "tesla",
    "hazard",
    "es_dfm hazard",
    "ulc hazard",
    "fsiw hazard",
]
CONFIRMING = ["defer", "defer_exact"]  # early conversions are shown twice, and no negative is yet


def served_in_the_first_window(case):
    """Return the mean prediction over p, for clicks of all but the first day."""
    name, _, auxiliary = case.partition(" ")
    known = parameters(METHODS[name])
    given = {"window": HOUR} if "window" in known else {}
    given |= {"auxiliary": auxiliary} if auxiliary else {}
    log = TOY.log(seed=3)
    served = np.zeros(log.n_clicks, np.float32)
    method = METHODS[name](Timing(TOY.attribution_window, DAY), **given)
    learner = Logistic(bits=1, optimizer="adagrad", learning_rate=0.05)
    deliveries = deliver(log, TOY.attribution_window, LabelFeed())
    trainer = Trainer(log, deliveries, method, learner, 256, served, np.zeros(log.n_clicks, np.bool_))
    replay(trainer, Clock.of(log, HOUR), lambda _: None)
    return served[log.click_time >= DAY].mean() / TOY.rate


@pytest.mark.parametrize("case", CORRECTED)
def test_predictions_are_not_far_too_high_while_no_label_is_mature(case):
    assert 0.7 < served_in_the_first_window(case) < 1.3


@pytest.mark.parametrize("case", CONFIRMING)
def test_where_no_negative_is_confirmed_yet_they_are_at_most_doubled(case):
    assert 1 < served_in_the_first_window(case) < 2


@pytest.mark.parametrize("policy", [Mature(100, WINDOW, "all", "late"), Mature(0, WINDOW, "converted", "early")])
@given(log=logs(), feed=feeds)
def test_the_oldest_clicks_there_are_then_mature_ones(policy, log, feed):
    view = View(log, delivered(log, feed, net=True), now=NEVER)
    shown = Ripening(policy).due(view, -1, 10**6)
    if not log.n_clicks:
        assert not len(shown.row)
        return
    ages = Ripening(policy).ages
    since = shown.due - log.click_time[0]
    mature = policy.due(view, log.click_time[0] + WINDOW, 10**6)
    for column, expected in zip(shown.part(since >= WINDOW)[:4], mature[:4], strict=True):
        np.testing.assert_array_equal(column, expected)
    young = shown.part(since < WINDOW)
    turn = np.searchsorted(ages, young.due - log.click_time[0], side="right") - 1
    assert np.all(turn >= 0)
    watermark = delivered(log, feed, net=True).watermark
    for age in ages[:-1]:
        rows = young.row[turn == ages.index(age)]
        np.testing.assert_array_equal(watermark.reaches(log.click_time[rows] + age), young.due[turn == ages.index(age)])
    if not feed.latency and policy.among == "all":
        known = delivered(log, feed).arrival[young.row]
        late = (known > log.click_time[young.row] + policy.window) & (known <= young.due)
        np.testing.assert_array_equal(young.label, late)


@pytest.mark.parametrize(("window", "longest", "ages"), [(100, 1000, (125, 250, 500, 1000)), (1000, 1000, (1000,))])
def test_ages_are_halves_down_to_the_waiting_window(window, longest, ages):
    assert Ripening(Mature(window, longest, "all", "late")).ages == ages


@given(log=logs(), share=st.floats(0, 1))
def test_a_head_says_its_start_until_it_has_learned_something(log, share):
    method = METHODS["es_dfm"](Timing(WINDOW, 1_500), **BUILT["es_dfm"])
    columns = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    trainer = Trainer(log, delivered(log, LabelFeed()), method, Logistic(bits=10), 2, *columns)
    part = trainer.models["real_negative"]
    x = trainer.features(np.arange(log.n_clicks)) if log.n_clicks else np.zeros((0, 1), np.uint32)
    assert np.all(part.says(x) == np.float32(1 - 1.2e-7))
    kept = copy.deepcopy(part)
    until = round(share * 8_000)
    trainer.learn(-1, until)
    knows = len(part.policy.due(View(log, trainer.deliveries, now=until), -1, until).row) > 0
    assert part.learned == knows
    np.testing.assert_array_equal(part.says(x), part.learner.predict(x) if knows else kept.says(x))


def test_an_arm_that_has_learned_nothing_says_little():
    said = ManyArmedLogistic(5, 4, "sgd", 0.05, 0.0).predict(np.zeros((2, 3), np.uint32))
    assert said == pytest.approx(1 / (1 + np.exp(5)))
