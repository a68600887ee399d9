"""The many-armed logistic regression: its walk example by example, and what it promises as every learner does."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import linear_model
from sklearn.naive_bayes import MultinomialNB

from learners import LearnerError, Logistic, RiverLearner, SklearnLearner
from learners.arms import ManyArmedLogistic

BITS = 5
RATE, L2 = 0.1, 0.01
ASLEEP = -5.0  # intercept of an arm that has learned nothing


def examples(n, arms, seed=0):
    """Return slots, a positive and a negative part and an arm for each of n examples."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 2**BITS, (n, 4)).astype(np.uint32)
    x[:, 3] = x[:, 2]  # a slot that stands twice in a row
    arm = rng.integers(0, arms, n).astype(np.int8)
    label = (rng.random(n) < 0.1 + 0.5 * (x[:, 0] % 2) * (arm + 1) / arms).astype(np.float32)
    weight = rng.uniform(-0.2, 2, n).astype(np.float32)
    return x, label * weight, (1 - label) * weight, arm


def walked(arms, optimizer, x, positive, negative, arm):
    """Return what the learner should say of x after these examples, worked out plainly in float64."""
    shape = 2**BITS + 1, 1 + arms
    w, n = np.zeros(shape), np.full(shape, 1.0)
    for slots, a, b, k in zip(x, positive, negative, arm + 1, strict=True):
        f = sigmoid(w[slots, 0].sum() + w[slots, k].sum() + w[-1, k])
        g = float(b) * f - float(a) * (1 - f)
        before = w.copy(), n.copy()
        cells = [(slot, column) for slot in slots for column in (0, k)]
        for cell, rate in [*((cell, RATE) for cell in cells), ((-1, k), RATE if optimizer == "sgd" else 10 * RATE)]:
            step = g + L2 * before[0][cell]
            n[cell] += step**2
            w[cell] -= rate * step / (np.sqrt(before[1][cell] + step**2 + 1e-8) if optimizer == "adagrad" else 1)
    return sigmoid(w[x, 0].sum(axis=1)[:, None] + w[x, 1:].sum(axis=1) + w[-1, 1:])


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def made(arms, optimizer="adagrad"):
    return Logistic(BITS, optimizer, RATE, l2=L2).with_arms(arms)


@pytest.mark.parametrize("optimizer", ["adagrad", "sgd"])
@pytest.mark.parametrize("arms", [1, 3, 7, 8, 20])
def test_it_walks_as_the_formulas_say(arms, optimizer):
    learner = made(arms, optimizer)
    data = examples(300, arms)
    learner.learn(*data)
    np.testing.assert_allclose(learner.predict(data[0]), walked(arms, optimizer, *data), rtol=2e-4)


@given(st.lists(st.integers(0, 60), max_size=6), st.sampled_from(["adagrad", "sgd"]))
def test_cutting_calls_changes_nothing(cuts, optimizer):
    whole, cut = made(5, optimizer), made(5, optimizer)
    data = examples(60, 5)
    whole.learn(*data)
    edges = [0, *sorted(cuts), 60]
    for start, stop in itertools.pairwise(edges):
        cut.learn(*(column[start:stop] for column in data))
    parts = [cut.predict(data[0][start:stop]) for start, stop in itertools.pairwise(edges)]
    assert whole.predict(data[0]).tobytes() == np.concatenate(parts).tobytes()


def test_it_says_1_in_150_before_it_learned_and_always_something_between_0_and_1():
    learner = made(3)
    x, positive, negative, arm = examples(200, 3)
    assert (learner.predict(x) == np.float32(sigmoid(ASLEEP))).all()
    for _ in range(50):
        learner.learn(x, np.abs(positive) * 1e6, 0 * negative, arm)
    p = learner.predict(x)
    assert p.dtype == np.float32
    assert p.shape == (200, 3)
    assert ((p > 0) & (p < 1)).all()


def test_arms_learn_from_one_another_and_still_differ():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (4_000, 1)).astype(np.uint32)
    first, second = (np.full(len(x), arm, np.int8) for arm in (0, 1))
    rising = (rng.random(len(x)) < 0.1 + 0.6 * x[:, 0]).astype(np.float32)
    learner = Logistic(BITS).with_arms(2)
    learner.learn(x, rising, 1 - rising, first)
    low, high = learner.predict(np.array([[0], [1]], np.uint32))
    assert high[0] - low[0] > 0.4
    first_odds, second_odds = (high / (1 - high)) / (low / (1 - low))
    assert 2 < second_odds < first_odds  # the second arm has seen nothing, and thinks as the first does, but less so
    for _ in range(5):
        learner.learn(x, 1 - rising, rising, second)
    low, high = learner.predict(np.array([[0], [1]], np.uint32))
    assert high[0] > low[0]
    assert high[1] < low[1] - 0.3


@pytest.mark.parametrize("restored", [False, True])
def test_an_intercept_that_comes_by_where_it_began_is_left_there(restored):
    learner = Logistic(BITS).with_arms(2)
    x, positive, negative, arm = examples(60, 2)
    learner.learn(x, positive, negative, arm)
    learner._table[-1, 1:3] = ASLEEP
    if restored:
        state, learner = learner.state(), Logistic(BITS).with_arms(2)
        learner.restore(state)
    before = learner.predict(x)
    learner.learn(x[:1], 0 * positive[:1], 0 * negative[:1], arm[:1])
    assert learner.predict(x).tobytes() == before.tobytes()


def test_state_is_all_there_is():
    learner, other = made(4), made(4)
    data = examples(80, 4)
    learner.learn(*data)
    other.restore(learner.state())
    for each in (learner, other):
        each.learn(*data)
    assert learner.predict(data[0]).tobytes() == other.predict(data[0]).tobytes()
    for wrong in (made(20), made(4, "sgd")):
        with pytest.raises(LearnerError, match="with other bits or another optimizer, or with other arms"):
            wrong.restore(learner.state())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": np.array([0, 3], np.int8)}, r"arms must lie in \[0, 3\), got 0 to 3"),
        ({"arm": np.array([-1, 0], np.int8)}, r"arms must lie in \[0, 3\), got -1 to 0"),
        ({"positive": np.array([np.nan, 0], np.float32)}, r"positive\[0\] must be a finite number"),
        ({"x": np.array([[2**BITS], [0]], np.uint32)}, "slots must lie below"),
    ],
)
def test_what_it_cannot_take_is_refused_whole(change, message):
    learner = made(3)
    given = {"x": np.array([[1], [2]], np.uint32), "positive": np.ones(2, np.float32)}
    given |= {"negative": np.zeros(2, np.float32), "arm": np.array([0, 1], np.int8)} | change
    with pytest.raises(LearnerError, match=message):
        learner.learn(**given)
    assert (learner.predict(np.array([[1]], np.uint32)) == np.float32(sigmoid(ASLEEP))).all()


def test_who_cannot_have_arms_says_so():
    for learner in (RiverLearner(linear_model.LogisticRegression()), SklearnLearner(MultinomialNB(), 8)):
        with pytest.raises(LearnerError, match=r"says one thing of a click; .* need the learner 'logistic'$"):
            learner.with_arms(3)
    with pytest.raises(LearnerError, match="needs the optimizer 'adagrad' or 'sgd', got 'ftrl'"):
        Logistic(BITS, "ftrl").with_arms(3)
    for arms in (0, 101):
        with pytest.raises(LearnerError, match=f"expected 1 to 100 arms, got {arms}"):
            Logistic(BITS).with_arms(arms)


def test_rows_of_weights_begin_where_cache_lines_do():
    table = ManyArmedLogistic(7, BITS, "adagrad", RATE, L2)._table
    assert table.shape[1] * table.itemsize == 64
    assert table.ctypes.data % 64 == 0
