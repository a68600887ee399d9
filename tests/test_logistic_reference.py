"""The native learner walks as river's `LogisticRegression`, example by example, and its weights stay finite."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import linear_model, optim

from learners import LearnerError, Logistic
from learners.inputs import LARGEST_PART
from learners.kernels import HIGHEST, LOWEST, probability

BITS = 6
FEATURES = 5
PAIRS = {
    "sgd": (lambda: Logistic(BITS, "sgd", 0.1), lambda: optim.SGD(0.1), 0.0),
    "sgd-l2": (lambda: Logistic(BITS, "sgd", 0.1, l2=0.05), lambda: optim.SGD(0.1), 0.05),
    "adagrad": (lambda: Logistic(BITS, "adagrad", 0.2), lambda: optim.AdaGrad(0.2), 0.0),
    "adagrad-l2": (lambda: Logistic(BITS, "adagrad", 0.2, l2=0.05), lambda: optim.AdaGrad(0.2), 0.05),
    "ftrl": (lambda: Logistic(BITS, "ftrl", 0.3), lambda: optim.FTRLProximal(0.3, 1.0, 0.0, 0.0), 0.0),
    "ftrl-l1-l2": (
        lambda: Logistic(BITS, "ftrl", 0.3, l1=0.4, l2=0.5, beta=0.7),
        lambda: optim.FTRLProximal(0.3, 0.7, 0.4, 0.5),
        0.0,
    ),
}


def stream(seed, n, weighted):
    """Return slots that differ within a row, labels that depend on them, and weights."""
    rng = np.random.default_rng(seed)
    x = (rng.integers(0, 2**BITS // FEATURES, (n, FEATURES)) * FEATURES + np.arange(FEATURES)).astype(np.uint32)
    truth = rng.normal(0, 1, 2**BITS)
    y = rng.random(n) < 1 / (1 + np.exp(-truth[x].sum(axis=1)))
    w = rng.exponential(1, n).astype(np.float32) if weighted else np.ones(n, np.float32)
    return x, y, w


def river_walk(optimizer, l2, x, y, w):
    """Return river's prediction of each example before it learns it, with our bias as a feature that is always 1."""
    model = linear_model.LogisticRegression(optimizer, intercept_lr=0, l2=l2)
    predictions = []
    for slots, label, weight in zip(x.tolist(), y.tolist(), w.tolist(), strict=True):
        features = dict.fromkeys([*slots, "bias"], 1.0)
        predictions.append(model.predict_proba_one(features)[True])
        model.learn_one(features, label, w=weight)
    return np.array(predictions)


def our_walk(learner, x, positive, negative):
    predictions = []
    for i in range(len(x)):
        predictions.append(learner.predict(x[i : i + 1])[0])
        learner.learn(x[i : i + 1], positive[i : i + 1], negative[i : i + 1])
    return np.array(predictions)


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize("pair", PAIRS)
def test_walks_as_river(pair, weighted):
    ours, theirs, l2 = PAIRS[pair]
    x, y, w = stream(seed=3, n=2_000, weighted=weighted)
    walked = our_walk(ours(), x, (w * y).astype(np.float32), (w * ~y).astype(np.float32))
    expected = river_walk(theirs(), l2, x, y, w)
    assert expected.std() > 0.05  # it learned something, so that there is something to differ in
    np.testing.assert_allclose(walked, expected, rtol=3e-5, atol=3e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(PAIRS)))
@settings(max_examples=30, deadline=None)
def test_walks_as_river_on_any_short_stream(seed, pair):
    ours, theirs, l2 = PAIRS[pair]
    x, y, w = stream(seed, n=60, weighted=True)
    walked = our_walk(ours(), x, (w * y).astype(np.float32), (w * ~y).astype(np.float32))
    np.testing.assert_allclose(walked, river_walk(theirs(), l2, x, y, w), rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad"])
def test_one_step_by_hand(optimizer):
    """From nothing f is 1/2; the parts (a, b) = (3, 1) have the gradient 1/2 - 3/2 = -1."""
    learner = Logistic(BITS, optimizer, 0.25)
    x = np.array([[1, 2]], np.uint32)
    learner.learn(x, np.array([3], np.float32), np.array([1], np.float32))
    logit = 3 * 0.25  # two slots and the bias; AdaGrad's first step is the learning rate too, g / sqrt(g^2)
    assert learner.predict(x)[0] == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-6)


def test_a_slot_twice_in_a_row_is_stepped_twice():
    learner = Logistic(BITS, "sgd", 0.5)
    x = np.array([[7, 7]], np.uint32)
    learner.learn(x, np.array([1], np.float32), np.array([0], np.float32))
    table = learner.state()["table"]
    assert table[7, 0] == 0.5  # 2 steps of 0.5 * 1/2
    assert learner.predict(x)[0] == pytest.approx(1 / (1 + math.exp(-1.25)), rel=1e-6)


@given(st.floats(-100, 100))
@settings(max_examples=300, deadline=None)
def test_probability_is_the_sigmoid(logit):
    exact = 1 / (1 + math.exp(-logit))
    expected = min(max(exact, LOWEST), HIGHEST)
    assert probability(logit) == pytest.approx(expected, rel=1e-9)
    assert 1 - probability(logit) == pytest.approx(1 - expected, rel=1e-8)


extremes = st.sampled_from([0.0, 1e-30, 1e-5, 1.0, -1.0, 1e4, -1e4, LARGEST_PART, -LARGEST_PART])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), extremes, extremes), min_size=1, max_size=40),
    st.sampled_from(["sgd", "adagrad", "ftrl"]),
    st.sampled_from([1e-9, 0.05, 1e6]),
    st.sampled_from([0.0, 1e-6, 1e6]),
    st.sampled_from([1e-9, 1.0, 1e6]),
)
@settings(max_examples=150, deadline=None)
def test_weights_stay_finite_inside_the_bounds(rows, optimizer, rate, l2, beta):
    if optimizer == "sgd" and rate * l2 > 1:
        l2 = 0.0
    learner = Logistic(2, optimizer, rate, l2=l2, beta=beta)
    x = np.array([row[:2] for row in rows], np.uint32)
    positive, negative = np.array([row[2:] for row in rows], np.float32).T
    learner.learn(np.tile(x, (20, 1)), np.tile(positive, 20), np.tile(negative, 20))
    assert np.isfinite(learner.state()["table"]).all()
    assert ((learner.predict(x) > 0) & (learner.predict(x) < 1)).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2e9, -2e9])
@pytest.mark.parametrize("side", ["positive", "negative"])
def test_part_out_of_bounds_is_refused_and_nothing_learned(side, value):
    learner = Logistic(BITS)
    parts = {"positive": np.ones(3, np.float32), "negative": np.zeros(3, np.float32)}
    parts[side][1] = value
    with pytest.raises(LearnerError, match=rf"^{side}\[1\] must be a finite number of size 1e\+09 at most, got "):
        learner.learn(np.zeros((3, 2), np.uint32), **parts)
    assert not learner.state()["table"].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"optimizer": "adam"}, "optimizer must be one of adagrad, ftrl, sgd, got 'adam'"),
        ({"bits": 31}, "bits must lie in [1, 30], got 31"),
        ({"learning_rate": 0}, "learning_rate must lie in [1e-09, 1e+06], got 0"),
        ({"learning_rate": math.nan}, "learning_rate must lie in [1e-09, 1e+06], got nan"),
        ({"l2": -1}, "l2 must lie in [0, 1e+06], got -1"),
        ({"l1": 1.0}, "l1 is for the optimizer 'ftrl', got 1.0 for 'adagrad'"),
        ({"optimizer": "ftrl", "beta": 0}, "beta must lie in [1e-09, 1e+06], got 0"),
    ],
)
def test_wrong_parameters(arguments, message):
    with pytest.raises(ValueError, match=list(arguments)[-1]) as error:
        Logistic(**arguments)
    assert str(error.value) == message


def test_sgd_refuses_a_penalty_that_overshoots():
    with pytest.raises(ValueError, match=r"learning_rate \* l2 must be at most 1"):
        Logistic(optimizer="sgd", learning_rate=2, l2=1)


def test_wrong_slots():
    learner = Logistic(BITS)
    with pytest.raises(LearnerError, match=r"^slots must lie below 2\^bits = 64, got 64$"):
        learner.predict(np.array([[64]], np.uint32))
    with pytest.raises(LearnerError, match=r"expected uint32 slots of shape \(n, n_features\), got int64 of shape"):
        learner.predict(np.array([[1]]))
    with pytest.raises(LearnerError, match=r"expected positive parts of shape \(1,\), got \(2,\)"):
        learner.learn(np.array([[1]], np.uint32), np.ones(2, np.float32), np.ones(1, np.float32))


def test_state_of_another_learner_is_refused():
    state = Logistic(BITS, "sgd").state()
    with pytest.raises(LearnerError, match="the state is of a learner with other bits or another optimizer"):
        Logistic(BITS, "adagrad").restore(state)
    broken = {"table": np.full((2**BITS + 1, 1), np.nan, np.float32)}
    with pytest.raises(LearnerError, match="not finite"):
        Logistic(BITS, "sgd").restore(broken)


def test_no_features_leave_the_bias():
    learner = Logistic(BITS, "sgd", 0.01)
    rng = np.random.default_rng(5)
    y = (rng.random(20_000) < 0.2).astype(np.float32)
    learner.learn(np.empty((20_000, 0), np.uint32), y, 1 - y)
    assert learner.predict(np.empty((1, 0), np.uint32))[0] == pytest.approx(0.2, abs=0.06)
