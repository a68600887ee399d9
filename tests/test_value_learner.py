"""The native learner of money: its walk is river's, its optimum scikit-learn's, and it takes money bit by bit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import linear_model, optim
from sklearn.linear_model import GammaRegressor, LinearRegression, PoissonRegressor, TweedieRegressor

from learners import LearnerError, Logistic
from learners.inputs import LARGEST_PART
from learners.linear_value import LinearValue
from learners.losses import LARGEST, WIDEST, gradient, mean, power_of

BITS = 5
LOSSES = ["poisson", "gamma", "tweedie-1.5", "tweedie-1.2", "squared"]
REFERENCES = {
    "poisson": lambda: PoissonRegressor(alpha=0, tol=1e-10, max_iter=10_000),
    "gamma": lambda: GammaRegressor(alpha=0, tol=1e-10, max_iter=10_000),
    "tweedie-1.5": lambda: TweedieRegressor(power=1.5, alpha=0, link="log", tol=1e-10, max_iter=10_000),
    "squared": LinearRegression,
}
s_values = st.floats(-13.5, 13.5)


def loss_of(power, s, y):
    """Return the unit deviance, halved and without what does not depend on s; see McCullagh and Nelder."""
    if power == 0:
        return (s - y) ** 2 / 2
    if power == 1:
        return math.exp(s) - y * s
    if power == 2:
        return s + y * math.exp(-s)
    return math.exp((2 - power) * s) / (2 - power) - y * math.exp((1 - power) * s) / (1 - power)


@given(st.sampled_from(LOSSES), s_values, st.floats(0, 1e4))
def test_the_gradient_is_that_of_the_deviance(loss, s, y):
    power, step = power_of(loss), 1e-5
    numeric = (loss_of(power, s + step, y) - loss_of(power, s - step, y)) / (2 * step)
    scale = abs(gradient(s, y, 0.0, power)) + abs(gradient(s, 0.0, 1.0, power))
    assert gradient(s, y, 1.0, power) == pytest.approx(numeric, abs=1e-4 * scale + 1e-6)


@given(st.sampled_from(LOSSES), s_values, st.lists(st.floats(-50, 500), max_size=6))
def test_amounts_one_by_one_are_their_sum(loss, s, amounts):
    power = power_of(loss)
    bit_by_bit = gradient(s, 0.0, 1.0, power) + sum(float(gradient(s, a, 0.0, power)) for a in amounts)
    scale = 1 + sum(abs(float(gradient(s, a, 0.0, power))) for a in amounts) + abs(gradient(s, 0.0, 1.0, power))
    assert bit_by_bit == pytest.approx(float(gradient(s, sum(amounts), 1.0, power)), abs=1e-5 * scale)


@given(st.sampled_from(LOSSES), st.floats(-(2.0**100), 2.0**100, width=32))
def test_what_it_says_is_finite(loss, s):
    says = mean(np.float32(s), power_of(loss))
    least = -LARGEST if loss == "squared" else 0.99 * math.exp(-WIDEST)
    assert least <= says <= 1.000001 * LARGEST


@pytest.mark.parametrize("s", [-12.0, -0.3, 0.0, 2.5, 11.0])
def test_the_exponential_is_the_exponential(s):
    assert mean(s, 1.0) == pytest.approx(math.exp(s), rel=1e-8)
    assert gradient(s, 0.0, 1.0, 2.0) == 1
    assert gradient(s, 1.0, 0.0, 1.0) == -1


def two_features(n, seed=0):
    """Return slots of two features with two values each, and money that is not quite log-linear in them."""
    rng = np.random.default_rng(seed)
    x = np.stack([rng.integers(0, 2, n), 2 + rng.integers(0, 2, n)], axis=1).astype(np.uint32)
    expected = np.array([[1.0, 2.0], [4.0, 3.0]])[x[:, 0], x[:, 1] - 2]
    y = np.where(rng.random(n) < 0.6, rng.gamma(2, expected / 1.2, n), 0.0)
    return x, y.astype(np.float32)


def fitted(loss, x, positive, negative, rounds=200):
    """Return a learner that has walked over the examples again and again, each time in another order: its mean."""
    learner, tables = LinearValue(loss, BITS, "sgd", 0.0004), []
    rng = np.random.default_rng(4)
    for _ in range(rounds):
        order = rng.permutation(len(x))
        learner.learn(x[order], positive[order], negative[order])
        tables.append(learner.state()["table"])
    learner.restore({"table": np.mean(tables[20:], axis=0)})
    return learner


@pytest.mark.parametrize("loss", REFERENCES)
def test_it_settles_where_scikit_learn_does(loss):
    """Zeros too: Gamma's deviance is infinite there, its gradient is not, so scikit-learn is given a hair's breadth."""
    x, y = two_features(4_000)
    design = np.stack([x[:, 0] == 1, x[:, 1] == 3], axis=1).astype(float)
    expected = REFERENCES[loss]().fit(design, np.maximum(y, 1e-9)).predict(design)
    says = fitted(loss, x, y, np.ones_like(y)).predict(x)
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(says, expected, rtol=0.012)


@pytest.mark.parametrize("loss", REFERENCES)
def test_it_settles_there_when_money_comes_bit_by_bit(loss):
    """A look without money, two gifts that are too large together, and a refund, all shuffled."""
    x, y = two_features(4_000)
    whole = fitted(loss, x, y, np.ones_like(y)).predict(x)
    amounts = np.concatenate([np.zeros_like(y), 0.5 * y, 0.75 * y, -0.25 * y])
    looks = np.repeat(np.array([1, 0, 0, 0], np.float32), len(y))
    says = fitted(loss, np.tile(x, (4, 1)), amounts, looks).predict(x)
    np.testing.assert_allclose(says, whole, rtol=0.012)


def river_walk(optimizer, loss, x, y, w):
    """Return river's prediction of each example before it learns it, with our bias as a feature that is always 1."""
    model = linear_model.LinearRegression(optimizer, loss=loss, intercept_lr=0)
    says = []
    for slots, money, weight in zip(x.tolist(), y.tolist(), w.tolist(), strict=True):
        features = dict.fromkeys([*slots, "bias"], 1.0)
        says.append(model.predict_one(features))
        model.learn_one(features, money, w=weight)
    return np.array(says)


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "ftrl"])
@pytest.mark.parametrize("loss", ["poisson", "squared"])
def test_it_walks_as_river(loss, optimizer):
    """River's losses: Poisson's gradient is exp(s) - y, the squared one's 2 (s - y)."""
    rng = np.random.default_rng(5)
    x = (rng.integers(0, 6, (1_500, 4)) * 4 + np.arange(4)).astype(np.uint32)
    y = rng.gamma(0.5, 1 + (x[:, 0] % 8), 1_500).astype(np.float32)
    w = rng.exponential(1, 1_500).astype(np.float32)
    theirs = {"sgd": optim.SGD(0.01), "adagrad": optim.AdaGrad(0.1), "ftrl": optim.FTRLProximal(0.1, 1.0, 0.0, 0.0)}
    twice = 2 if loss == "squared" else 1
    kind = optim.losses.Squared() if loss == "squared" else optim.losses.Poisson()
    expected = river_walk(theirs[optimizer], kind, x, y, w)
    learner = LinearValue(loss, BITS, optimizer, 0.01 if optimizer == "sgd" else 0.1)
    says = []
    for i in range(len(x)):
        one = slice(i, i + 1)
        says.append(learner.predict(x[one])[0])
        learner.learn(x[one], twice * w[one] * y[one], twice * w[one])
    assert expected.std() > 0.05
    np.testing.assert_allclose(says, expected, rtol=1e-4, atol=1e-4)


@given(st.sampled_from(LOSSES), st.sampled_from(["sgd", "adagrad", "ftrl"]), st.integers(0, 1_000))
@settings(max_examples=60, deadline=None)
def test_whatever_it_is_shown_it_stays_finite(loss, optimizer, seed):
    rng = np.random.default_rng(seed)
    learner = LinearValue(loss, BITS, optimizer, 1e6)
    x = rng.integers(0, 2**BITS, (200, 7)).astype(np.uint32)
    positive, negative = (rng.choice([-1, 1, 0], 200) * LARGEST_PART for _ in range(2))
    learner.learn(x, positive.astype(np.float32), negative.astype(np.float32))
    assert np.isfinite(learner.predict(x)).all()
    learner.restore(learner.state())  # which refuses what is not finite


def test_a_logistic_learner_becomes_one_of_money_with_its_settings_and_none_of_its_weights():
    logistic = Logistic(BITS, "ftrl", 0.3, l1=0.4, l2=0.5, beta=0.7)
    x, y = two_features(50)
    logistic.learn(x, y, y)
    ours, other = logistic.with_loss("gamma"), LinearValue("gamma", BITS, "ftrl", 0.3, l1=0.4, l2=0.5, beta=0.7)
    for learner in (ours, other):
        learner.learn(x, y, np.ones_like(y))
    assert ours.predict(x).tobytes() == other.predict(x).tobytes()
    assert isinstance(logistic.with_loss("logistic"), Logistic)
    assert logistic.with_loss("poisson").predict(x).tolist() == [1.0] * 50
    assert ours.with_loss("squared").predict(x).tolist() == [0.0] * 50


@pytest.mark.parametrize("loss", ["huber", "tweedie", "tweedie-2", "tweedie-x", ""])
def test_a_loss_that_does_not_exist_is_refused(loss):
    with pytest.raises(LearnerError, match=r"'tweedie-1\.5' with a power between 1 and 2; got"):
        Logistic(BITS).with_loss(loss)


def test_a_learner_of_money_is_none_of_probabilities():
    with pytest.raises(LearnerError, match="says a probability"):
        LinearValue().with_loss("logistic")
    with pytest.raises(LearnerError, match="one thing of a click"):
        LinearValue().with_arms(3)
