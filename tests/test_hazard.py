"""The discrete-time hazard: what it converges to, what it is equal to, and what it says of a click."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, feeds, logs, make_log

from learners import Logistic
from learners.base import MAIN, Parts
from learners.corrections import ByHazard, ElapsedTime, FeedbackShift, Hazard
from learners.corrections.auxiliary import DELAYED, LATE, REAL_NEGATIVE
from learners.corrections.hazard import HAZARD, converts, delay_cdf, delayed, survival
from replay.feed import LabelFeed, deliver
from replay.policies import Checks
from replay.view import View
from scenarios.durations import DAY, HOUR
from simulator.clock import Clock
from simulator.engine import replay
from simulator.limits import p
from simulator.methods import METHODS, Timing
from simulator.methods.hazard import interval_ends
from simulator.proof import prove, shake
from simulator.toy import Toy
from simulator.trainer import Trainer

TOY = Toy(clicks=40_000, days=30, attribution_window=10 * DAY)
TIMING = Timing(10 * DAY, 20 * DAY)
hazards = st.lists(st.floats(2.0**-12, 0.875, width=32), min_size=1, max_size=8)


def served(log, method, window, feed=None, every=HOUR):
    prediction = np.zeros(log.n_clicks, np.float32)
    learner = Logistic(8, "sgd", 0.01)
    deliveries = deliver(log, window, feed or LabelFeed())
    trainer = Trainer(log, deliveries, method, learner, 64, prediction, np.zeros(log.n_clicks, np.bool_))
    replay(trainer, Clock.of(log, every), lambda _: None)
    return prediction, trainer


@pytest.mark.parametrize("ages", ["auto", "10d", "1h,1d", "30m,2h,8h,1d,2d,3d,4d,5d,6d,7d,8d,9d"])
@pytest.mark.parametrize("growth", [0.0, np.log(2) / 7])
def test_it_converges_to_p_whatever_the_ages(ages, growth):
    toy = Toy(clicks=40_000, days=30, attribution_window=10 * DAY, growth=growth)
    proof = prove(partial(METHODS["hazard"], ages=ages), toy, 8)
    assert abs(proof.away(p(toy))) < 4
    assert proof.error < 0.006


def test_an_outage_leaves_it_where_it_was():
    """FNW loses a fifth meanwhile; the hazard learns nothing, and then what it would have learned."""
    ours, theirs = (shake(METHODS[name], TOY, 2 * DAY, 6) for name in ("hazard", "fnw"))
    assert theirs.before - theirs.lowest > 0.03
    assert ours.before - ours.lowest < 0.01
    assert ours.highest - ours.before < 0.01


def test_after_an_outage_it_converges_to_p():
    means = []
    outages = ((20 * DAY, 23 * DAY), (24 * DAY, 24 * DAY + 7 * HOUR))
    for seed in range(6):
        log = TOY.log(seed)
        prediction, _ = served(
            log, METHODS["hazard"](TIMING), TOY.attribution_window, LabelFeed(outages=outages), 4 * HOUR
        )
        means.append(prediction[log.click_time >= 20 * DAY].mean(dtype=np.float64))
    error = np.std(means, ddof=1) / np.sqrt(len(means))
    assert error < 0.005
    assert abs(np.mean(means) - p(TOY)) < 4 * error


def test_one_interval_is_plain_waiting():
    log = Toy(clicks=5_000, days=10, attribution_window=3 * DAY).log(1)
    timing = Timing(3 * DAY, 5 * DAY)
    ours, _ = served(log, METHODS["hazard"](timing, ages="3d"), 3 * DAY)
    waiting, _ = served(log, METHODS["waiting_window"](timing, window=3 * DAY), 3 * DAY)
    assert ours.tobytes() == waiting.tobytes()


def test_every_conversion_is_shown_once_and_every_click_until_it_converts():
    log = TOY.log(2)
    _, trainer = served(log, METHODS["hazard"](TIMING, ages="1h,1d"), TOY.attribution_window)
    assert trainer.missed(log.click_time[-1] - 10 * DAY) == 0
    assert trainer.tally.positives == np.count_nonzero(trainer.shown_positive)


@given(logs(), feeds, st.sampled_from([((300, 900),), ((100, 200), (450, 2_000))]))
def test_a_conversion_counts_for_the_interval_in_which_it_happened(log, feed, outages):
    """Unless latency is drawn so long that it is known only later."""
    feed = LabelFeed(feed.kind, feed.mean, feed.sigma, feed.seed, outages)
    ages = (50, 100, 350, WINDOW)
    deliveries = delivered(log, feed)
    shown = Checks(ages).due(View(log, deliveries, now=50_000), 0, 50_000)
    delay = deliveries.happened[shown.row[shown.label]] - log.click_time[shown.row[shown.label]]
    interval = np.searchsorted(ages, delay)
    kind = shown.kind[shown.label]
    assert (kind >= interval).all()
    if feed.kind == "constant":
        assert (kind == interval).all()
        assert np.count_nonzero(shown.label) == np.count_nonzero(deliveries.label)


def test_what_an_outage_held_back_is_not_taken_for_fast():
    log = make_log([0, 0], [(0, 40), (1, 300)])
    feed = LabelFeed(outages=((10, 2_000),))
    shown = Checks((50, 350, WINDOW)).due(View(log, delivered(log, feed), now=5_000), 0, 5_000)
    found = list(zip(shown.due, shown.kind, shown.row, shown.label, strict=True))
    assert found == [(2_000, 0, 0, True), (2_000, 0, 1, False), (2_000, 1, 1, True)]


@given(hazards)
def test_survival_and_what_is_still_to_come(h):
    h = np.array([h], np.float32)
    exact = np.concatenate([[1.0], np.cumprod(1 - h[0].astype(np.float64))])
    np.testing.assert_allclose(survival(h)[0], exact, rtol=1e-5)
    assert converts(h)[0] == pytest.approx(1 - exact[-1], rel=1e-5, abs=1.5e-7)
    assert converts(h[:, :1] * np.float32(1e-4))[0] == pytest.approx(float(h[0, 0]) * 1e-4, rel=1e-5, abs=1.5e-7)
    for k in range(h.shape[1] + 1):
        assert delayed(h, k)[0] == pytest.approx(exact[k] - exact[-1], rel=1e-4, abs=2e-7)
        assert converts(h[:, k:])[0] == pytest.approx(1 - exact[-1] / exact[k], rel=1e-4, abs=2e-7)
    cdf = delay_cdf(h)[0]
    assert cdf[-1] == 1
    assert (np.diff(cdf) >= 0).all()


@given(hazards, st.integers(0, 8))
def test_other_methods_are_told_of_it_what_their_own_models_would_say(h, waited):
    h = np.array([h, h], np.float32)
    waited = min(waited, h.shape[1])
    seen = {MAIN: np.full(2, 0.3, np.float32), HAZARD: h}
    told = {}

    class Listens(ElapsedTime):
        needs = (MAIN, DELAYED, REAL_NEGATIVE, LATE)

        def parts(self, shown, seen):
            told.update(seen)
            return Parts(seen[MAIN], seen[DELAYED])

    by = ByHazard(Listens(), waited)
    assert by.needs == (MAIN, HAZARD)
    assert by.serves_from == (MAIN,)
    by.parts(None, seen)
    left = survival(h).astype(np.float64)
    prob, late = 1 - left[:, -1], left[:, waited] - left[:, -1]
    np.testing.assert_allclose(told[DELAYED], late, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(told[REAL_NEGATIVE], (1 - prob) / (1 - prob + late), rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(told[LATE], late / prob, rtol=1e-2, atol=1e-3)
    assert by.serve({MAIN: seen[MAIN]}).tolist() == seen[MAIN].tolist()


def test_what_needs_no_model_is_left_alone():
    assert ByHazard(Hazard(), 2).needs == Hazard().needs
    assert ByHazard(FeedbackShift(), 1).needs == (HAZARD,)


@pytest.mark.parametrize("name", ["es_dfm", "es_dfm_exact", "defer", "defer_exact", "defuse", "ddfm", "ulc", "fsiw"])
def test_methods_weighed_by_a_hazard_converge_to_p(name):
    proof = prove(partial(METHODS[name], window=HOUR, auxiliary="hazard"), TOY, 8)
    assert abs(proof.away(p(TOY))) < 4
    assert proof.error < 0.006


def test_serving_one_interval_or_several():
    one = np.array([0.1, 0.2], np.float32)
    assert Hazard().serve({MAIN: one}).tolist() == one.tolist()
    two = np.array([[0.1, 0.5], [0.2, 0.0]], np.float32)
    np.testing.assert_allclose(Hazard().serve({MAIN: two}), [0.55, 0.2], rtol=1e-6)


def test_ages():
    assert interval_ends(243 * HOUR, "auto") == tuple(3**k * HOUR for k in range(6))
    assert interval_ends(100, "auto") == (1, 3, 11, 33, 100)
    assert interval_ends(7 * DAY, "1d,1h,30d") == (HOUR, DAY, 7 * DAY)
    assert METHODS["hazard"](TIMING).arms == 6
    for wrong, message in [
        ("0s,1d", "^ages: expected durations above 0, got '0s,1d'$"),
        ("soon", "^ages: expected durations such as"),
        (",".join(f"{hour}h" for hour in range(1, 30)), "^ages: expected at most 24"),
    ]:
        with pytest.raises(ValueError, match=message):
            METHODS["hazard"](TIMING, ages=wrong)
