"""The running ratio: exact sums, cut anywhere; and what it is for, the level of a model whose steps are capped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learners import GradientBoosting, LearnerError, Logistic
from learners.base import MAIN, Shown
from learners.corrections import LEVEL, Level, Levelled, OfHead, Value
from learners.ratio import HALF_LIFE, RunningRatio

ONE = np.zeros((1, 0), np.uint32)


def taught(positive, negative):
    ratio = RunningRatio("slots")
    ratio.learn(np.zeros((len(positive), 0), np.uint32), *(np.array(part, np.float32) for part in (positive, negative)))
    return ratio


def test_it_is_the_ratio_of_the_sums_and_old_ones_count_less():
    assert RunningRatio("slots").predict(ONE).tolist() == [1.0]
    few = taught([0, 6, 0, -1], [1, 0, 1, 2])
    assert few.predict(ONE)[0] == pytest.approx((6 / 5 - 1) / (1 / 5 + 2), rel=1e-6)  # a fifth of the first is left
    n = 1_000
    changed = taught([1] * n + [3] * n, [1] * n + [1] * n)
    assert changed.predict(ONE)[0] == pytest.approx(3 - 2 / 2**5, rel=0.002)  # half of them by the fifth power
    long = 20 * HALF_LIFE
    settled = taught([1] * long + [3] * HALF_LIFE, [1] * (long + HALF_LIFE))
    assert settled.predict(ONE)[0] == pytest.approx(2, rel=0.01)


@given(st.lists(st.tuples(st.floats(-10, 100, width=32), st.floats(0, 10, width=32)), max_size=30), st.integers(0, 30))
def test_it_is_the_same_however_it_is_cut_and_always_in_its_bounds(rows, at):
    positive, negative = (np.array([row[side] for row in rows], np.float32) for side in (0, 1))
    x = np.zeros((len(rows), 0), np.uint32)
    whole, cut = RunningRatio("slots"), RunningRatio("slots")
    whole.learn(x, positive, negative)
    for part in (slice(0, at), slice(at, None)):
        cut.learn(x[part], positive[part], negative[part])
    assert whole.predict(ONE).tobytes() == cut.predict(ONE).tobytes()
    assert 0.0099 < whole.predict(ONE)[0] < 100.1
    other = RunningRatio("slots")
    other.restore(whole.state())
    assert other.predict(ONE).tobytes() == whole.predict(ONE).tobytes()


def test_every_learner_of_money_has_one():
    for learner in (Logistic(4), GradientBoosting()):
        ratio = learner.with_loss("ratio")
        assert isinstance(ratio, RunningRatio)
        assert ratio.features == learner.features
        with pytest.raises(LearnerError, match="one thing of all clicks"):
            ratio.with_arms(2)
        with pytest.raises(LearnerError, match="no loss"):
            ratio.with_loss("poisson")


def test_a_look_brings_what_was_said_and_an_amount_what_was_received():
    shown = Shown(
        np.array([False, True]), np.array([0, 1], np.int8), np.zeros(2, np.int64), np.array([0, 7], np.float32)
    )
    level = OfHead(Level(Value()), "amount")
    assert level.needs == ("amount",)
    parts = level.parts(shown, {"amount": np.array([3, 5], np.float32)})
    assert parts.positive.tolist() == [0, 7]
    assert parts.negative.tolist() == [3, 0]
    seen = {MAIN: np.array([2.0], np.float32), LEVEL: np.array([1.5], np.float32)}
    assert Levelled(Value()).serve(seen).tolist() == [3.0]


def test_it_mends_what_capped_steps_leave_out():
    """Rare log-normal gifts with sigma 1.5 and 2,000 users: AdaGrad's level is too low, the levelled one is not."""
    rng = np.random.default_rng(0)
    n = 300_000
    user = rng.integers(0, 2_000, (n, 1)).astype(np.uint32)
    gift = np.exp(np.log(20) - 1.5**2 / 2 + 1.5 * rng.normal(size=n))
    money = np.where(rng.random(n) < 0.02, gift, 0).astype(np.float32)
    main, level = Logistic(11).with_loss("poisson"), RunningRatio("slots")
    ones, said, served = np.ones(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32)
    for at in range(0, n, 10_000):
        part = slice(at, at + 10_000)
        said[part] = main.predict(user[part])
        served[part] = said[part] * level.predict(user[part])
        level.learn(user[part], money[part], said[part])
        main.learn(user[part], money[part], ones[part])
    half = slice(n // 2, n)
    assert said[half].mean() < 0.9 * 0.4
    assert served[half].mean() == pytest.approx(0.4, rel=0.08)
