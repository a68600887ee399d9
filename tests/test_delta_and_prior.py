"""PU, prior correction, streams that wait, real negatives: gradients, equivalences, and a model of the wrong class."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import BITS, WINDOW, delivered, make_log

from learners import Logistic
from learners.base import MAIN, Shown
from learners.corrections import (
    CalibratedWait,
    DeltaGradient,
    Echo,
    FakeNegativeCalibration,
    FakeNegativeWeight,
    Plain,
    PriorCorrection,
    RealNegativeCalibration,
    RealNegativeWeight,
    Rescale,
    WaitingNegativeCalibration,
    WaitingNegativeWeight,
)
from learners.corrections.auxiliary import LATE
from learners.corrections.positive_unlabelled import LABELLED
from scenarios.durations import DAY, HOUR
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import METHODS, Timing
from simulator.population import Population, settle
from simulator.toy import Toy
from simulator.trainer import Trainer

share = st.floats(0.01, 0.99)
logit = st.floats(-4, 4)
STEP = 1e-5


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def gradient(correction, label, f, kind=0, **seen):
    """Return the gradient at the prediction f, which the correction sees as well."""
    shown = Shown(np.array([label]), np.array([kind], np.int8), np.array([HOUR]))
    parts = correction.parts(shown, {name: np.array([value], np.float32) for name, value in seen.items()})
    return float(parts.negative[0] * f - parts.positive[0] * (1 - f))


def slope(loss, s):
    return (loss(s + STEP) - loss(s - STEP)) / (2 * STEP)


def cross_entropy(label, q):
    return -np.log(q) if label else -np.log1p(-q)


@given(st.booleans(), logit)
def test_delta_gradient_is_cross_entropy_until_it_takes_a_negative_back(label, s):
    f = sigmoid(s)
    first = slope(lambda s: cross_entropy(label, sigmoid(s)), s)
    assert gradient(DeltaGradient(), label, f) == pytest.approx(first, abs=1e-6)
    turned = slope(lambda s: cross_entropy(True, sigmoid(s)) - cross_entropy(False, sigmoid(s)), s)
    assert gradient(DeltaGradient(), True, f, kind=1) == pytest.approx(turned, abs=1e-5) == -1


@given(st.booleans(), logit, st.floats(0.01, 1), share)
def test_prior_correction_is_cross_entropy_through_a_shifted_logit(label, s, keep, late):
    def loss(s, early):
        f = sigmoid(s)
        return cross_entropy(label, sigmoid(np.log(f) - np.log(keep) - np.log1p(-early * f)))

    f = sigmoid(s)
    immediate = gradient(PriorCorrection(keep), label, f, main=f)
    assert immediate == pytest.approx(slope(partial(loss, early=0.0), s), rel=1e-3, abs=1e-6)
    waiting = gradient(PriorCorrection(keep, waits=True), label, f, main=f, late=late)
    assert waiting == pytest.approx(slope(partial(loss, early=1 - late), s), rel=1e-3, abs=1e-6)


@given(st.booleans(), logit, share)
def test_weights_are_held_still_in_the_gradient(label, s, late):
    f = sigmoid(s)
    real = (1 - f) / (1 - f + f * late)
    loss = slope(lambda s: (1 if label else real) * cross_entropy(label, sigmoid(s)), s)
    assert gradient(WaitingNegativeWeight(), label, f, main=f, late=late) == pytest.approx(loss, rel=1e-3, abs=1e-6)
    weight = 2 if label else 2 * (1 - f) / (2 - f)
    loss = slope(lambda s: weight * cross_entropy(label, sigmoid(s)), s)
    assert gradient(RealNegativeWeight(), label, f, main=f) == pytest.approx(loss, rel=1e-3, abs=1e-6)


@given(st.booleans(), logit)
def test_fnw_is_prior_correction_and_its_waiting_form_with_longer_steps(label, s):
    f = sigmoid(s)
    fnw = gradient(FakeNegativeWeight(), label, f, main=f)
    assert gradient(PriorCorrection(), label, f, main=f) * (1 + f) ** 2 == pytest.approx(fnw, rel=1e-4, abs=1e-7)
    assert gradient(WaitingNegativeWeight(), label, f, main=f, late=1.0) * (1 + f) == pytest.approx(
        fnw, rel=1e-4, abs=1e-7
    )


@given(st.booleans(), logit, share)
def test_the_constant_of_elkan_and_noto_learns_what_the_model_says(label, s, g):
    assert gradient(Echo(), label, sigmoid(s), main=g) == pytest.approx(sigmoid(s) - g, abs=1e-6)


@given(st.floats(1e-3, 0.49), share)
def test_serving_undoes_the_stream(p, late):
    def served(correction, f, **seen):
        seen = {MAIN: f} | seen
        return correction.serve({name: np.array([value], np.float32) for name, value in seen.items()})[0]

    delayed = p * late
    assert served(WaitingNegativeCalibration(), p / (1 + delayed), late=late) == pytest.approx(p, rel=1e-4)
    assert served(CalibratedWait(), p * (1 - late), late=late) == pytest.approx(p, rel=1e-4)
    assert served(RealNegativeCalibration(), p / 2) == pytest.approx(p, rel=1e-4)
    assert served(Rescale(), p * late, **{LABELLED: late}) == pytest.approx(p, rel=1e-4)


@given(st.floats(1e-3, 0.49))
def test_without_a_wait_fnc_is_its_waiting_form(b):
    seen = {MAIN: np.array([b], np.float32), LATE: np.ones(1, np.float32)}
    assert WaitingNegativeCalibration().serve(seen)[0] == pytest.approx(FakeNegativeCalibration().serve(seen)[0])


def test_serving_is_clipped_where_it_would_leave_the_probabilities():
    seen = {
        MAIN: np.array([0.9], np.float32),
        LATE: np.array([0.95], np.float32),
        LABELLED: np.array([0.5], np.float32),
    }
    for correction in (CalibratedWait(), WaitingNegativeCalibration(), RealNegativeCalibration(), Rescale()):
        assert 0.999 < correction.serve(seen)[0] < 1


# Three kinds of clicks, and a model that knows a number of each in a straight line: it cannot be right of all three.
KINDS = tuple(
    Toy(rate=rate, delays=((fast, HOUR // 2), (1 - fast, 72 * HOUR)), attribution_window=10 * DAY)
    for rate, fast in ((0.05, 0.9), (0.3, 0.2), (0.2, 0.5))
)
LINE = Population(KINDS, np.array([0.5, 0.3, 0.2]), np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), (HOUR, 10 * DAY))
TIMING = Timing(10 * DAY, 20 * DAY)


def gap(name, **given):
    """Return how far a method settles from the oracle, at most."""
    settled, best = (settle(METHODS[one](TIMING, **own), LINE) for one, own in ((name, given), ("oracle", {})))
    return np.abs(settled - best).max()


@pytest.mark.parametrize(("name", "given"), [("pu", {}), ("pu_wait", {"window": HOUR}), ("mature_daily", {})])
def test_exact_methods_fit_what_the_oracle_fits(name, given):
    assert gap(name, **given) < 1e-6


@pytest.mark.parametrize(
    ("name", "given", "size"),
    [
        ("fnw", {}, 0.0055),
        ("fnc", {}, 0.0145),
        ("prior_correction", {}, 0.0325),
        ("prior_correction", {"window": HOUR}, 0.0189),
        ("fnw_wait", {"window": HOUR}, 0.0072),
        ("fnc_wait", {"window": HOUR}, 0.0180),
        ("fnc_rn", {}, 0.0022),
        ("fnw_rn", {}, 0.0089),
        ("calibrated_wait", {"window": HOUR}, 0.0476),
        ("calibrated_wait", {"window": HOUR, "by_features": True}, 0.0449),
    ],
)
def test_methods_that_are_not_exact_show_by_how_much(name, given, size):
    assert gap(name, **given) == pytest.approx(size, abs=5.1e-5)


def test_elkan_and_noto_are_right_where_a_click_that_converts_was_sure_to():
    random = np.random.default_rng(5)
    kind = random.random(4_000) < 0.3  # slot 1 converts always, slot 0 never; half of it in time
    time = np.arange(4_000) * 50
    outcomes = [(int(row), int(time[row] + random.choice([20, 600]))) for row in np.flatnonzero(kind)]
    log = make_log(time, outcomes, slots=kind.astype(np.uint32)[:, None])
    prediction = np.zeros(4_000, np.float32)
    method = METHODS["elkan_noto"](Timing(WINDOW, 100_000), window=100)
    learner = Logistic(bits=BITS, optimizer="adagrad", learning_rate=0.5)
    trainer = Trainer(log, delivered(log), method, learner, 64, prediction, np.zeros(4_000, np.bool_))
    replay(trainer, Clock.of(log, 1_000), lambda _: None)
    late = slice(2_000, None)
    assert prediction[late][kind[late]].mean() > 0.93
    assert prediction[late][~kind[late]].mean() < 0.05


@pytest.mark.parametrize("keep", [0.0, -0.5, 1.5, float("nan")])
def test_prior_correction_refuses_no_negatives_and_more_than_all(keep):
    with pytest.raises(ValueError, match="keep: expected a share"):
        METHODS["prior_correction"](TIMING, keep=keep)


@pytest.mark.parametrize("name", ["pu_wait", "late_positives", "calibrated_wait", "fnw_wait", "fnc_wait", "elkan_noto"])
def test_a_window_beyond_the_attribution_window_is_refused(name):
    with pytest.raises(ValueError, match="window: expected at most the attribution window, 10d, got 11d"):
        METHODS[name](TIMING, window=11 * DAY)


def test_plain_learns_every_kind_of_example_at_face_value():
    assert gradient(Plain(), True, 0.3, kind=1) == pytest.approx(-0.7)
