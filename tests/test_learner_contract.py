"""Every learner, every promise of the protocol."""

import copy

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from river import compose, linear_model, naive_bayes, optim, preprocessing, tree
from sklearn.linear_model import SGDClassifier
from sklearn.naive_bayes import MultinomialNB

from learners import LEARNERS, GradientBoosting, LearnerError, Logistic, RiverLearner, SklearnLearner

BITS = 8


def sgd_classifier():
    return SGDClassifier(loss="log_loss", shuffle=False, learning_rate="constant", eta0=0.05)


class Timed(GradientBoosting):
    """Boosted trees as a learner without a clock: each example takes a minute; trained every quarter of an hour."""

    def __init__(self, **settings):
        super().__init__(retrain_every=15 * 60_000_000, **settings)
        self._now = 0

    def learn(self, x, positive, negative):
        """Learn one example a minute; those that say nothing take no time."""
        due = self._now + 60_000_000 * np.cumsum((positive != 0) | (negative != 0))
        super().learn(x, positive, negative, due - 1)
        self._now = int(due[-1]) if len(x) else self._now
        self.reach(self._now)


NATIVE = {
    "logistic-adagrad": lambda: Logistic(BITS, "adagrad", 0.1),
    "logistic-sgd": lambda: Logistic(BITS, "sgd", 0.1),
    "logistic-ftrl": lambda: Logistic(BITS, "ftrl", 0.1, l1=0.01, l2=0.1),
}
ADAPTED = {
    "river-logistic": lambda: RiverLearner(linear_model.LogisticRegression(optim.AdaGrad(0.1)), features="slots"),
    "river-pipeline": lambda: RiverLearner(
        compose.SelectType(str) | preprocessing.OneHotEncoder() | linear_model.LogisticRegression()
    ),
    "river-tree": lambda: RiverLearner(tree.HoeffdingTreeClassifier(grace_period=20)),
    "river-gaussian": lambda: RiverLearner(compose.SelectType(float) | naive_bayes.GaussianNB()),
    "sklearn-sgd": lambda: SklearnLearner(sgd_classifier(), BITS),
    "sklearn-sgd-batch": lambda: SklearnLearner(sgd_classifier(), BITS, batch=7),
    "sklearn-multinomial": lambda: SklearnLearner(MultinomialNB(), BITS),
    "gbdt": lambda: Timed(trees=20, leaves=4, learning_rate=0.2),
    "gbdt-balanced": lambda: Timed(trees=20, leaves=4, balance=True),
    "sklearn-columns": lambda: SklearnLearner(MultinomialNB(), transform=lambda x: abs(np.array(x["size"]))[:, None]),
}
EVERY = NATIVE | ADAPTED
PLAIN_WEIGHTS = {"river-gaussian"}  # takes no other weight than 1


def examples(learner, n, seed=0):
    """Return n examples of the learner's kind of features, whose labels depend on them."""
    rng = np.random.default_rng(seed)
    site = rng.integers(0, 5, n)
    size = rng.normal(site, 1)
    y = (rng.random(n) < 0.1 + 0.15 * site).astype(np.float32)
    if learner.features == "slots":
        return np.stack([site, 10 + np.abs(size).astype(np.int64)], axis=1).astype(np.uint32), y, 1 - y
    columns = {"site": pa.array(site.astype(str)).dictionary_encode(), "size": pa.array(size)}
    return pa.table(columns), y, 1 - y


def every(names):
    return pytest.mark.parametrize("name", names)


def test_every_registered_learner_is_here():
    assert {type(make()) for make in EVERY.values()} == set(LEARNERS.values()) - {GradientBoosting} | {Timed}


@every(EVERY)
def test_predicts_before_it_learned(name):
    learner = EVERY[name]()
    p = learner.predict(examples(learner, 10)[0])
    assert p.dtype == np.float32
    assert p.tolist() == [0.5] * 10


@every(EVERY)
def test_predictions_lie_inside_0_and_1(name):
    learner = EVERY[name]()
    x, y, _ = examples(learner, 50)
    for _ in range(10):
        learner.learn(x, np.ones_like(y), np.zeros_like(y))
    p = learner.predict(x)
    assert ((p > 0) & (p < 1)).all()
    assert (p > 0.5).all()


@every(EVERY)
def test_predict_changes_nothing(name):
    learner, other = EVERY[name](), EVERY[name]()
    x, *parts = examples(learner, 40)
    for each in (learner, other):
        each.learn(x, *parts)
    unseen = examples(learner, 20, seed=1)[0]
    learner.predict(unseen)
    learner.learn(x, *parts)
    other.learn(x, *parts)
    assert learner.predict(unseen).tobytes() == other.predict(unseen).tobytes()


@given(st.data(), st.sampled_from(sorted(EVERY)))
@settings(max_examples=60, deadline=None)
def test_cutting_calls_changes_nothing(data, name):
    whole, cut = EVERY[name](), EVERY[name]()
    x, positive, negative = examples(whole, 45)
    edges = sorted(data.draw(st.lists(st.integers(0, 45), max_size=6)))
    whole.learn(x, positive, negative)
    for start, stop in zip([0, *edges], [*edges, 45], strict=True):
        cut.learn(x[start:stop], positive[start:stop], negative[start:stop])
    parts = [cut.predict(x[start:stop]) for start, stop in zip([0, *edges], [*edges, 45], strict=True)]
    assert whole.predict(x).tobytes() == np.concatenate(parts).tobytes()


@every(EVERY)
def test_a_deep_copy_goes_its_own_way(name):
    learner = EVERY[name]()
    x, positive, negative = examples(learner, 42)
    learner.learn(x, positive, negative)
    twin, before = copy.deepcopy(learner), learner.predict(x)
    assert twin.predict(x).tobytes() == before.tobytes()
    for _ in range(3):
        twin.learn(x, negative, positive)
    assert learner.predict(x).tobytes() == before.tobytes()
    assert twin.predict(x).tobytes() != before.tobytes()


@every(EVERY)
def test_learns_what_it_is_shown(name):
    learner = EVERY[name]()
    learner.learn(*examples(learner, 600))
    x, _, _ = examples(learner, 400, seed=2)
    p = learner.predict(x)
    size = x[:, 1] if learner.features == "slots" else np.abs(x["size"].to_numpy())
    assert p.mean() == pytest.approx(0.4, abs=0.1)
    if name != "sklearn-columns":  # one column's naive Bayes has nothing but the prior
        assert np.corrcoef(p, size)[0, 1] > 0.2


@every(EVERY)
def test_the_arrays_it_is_given_stay_as_they_are(name):
    learner = EVERY[name]()
    x, positive, negative = examples(learner, 30)
    kept = positive.copy(), negative.copy()
    for array in (positive, negative, *([x] if isinstance(x, np.ndarray) else [])):
        array.flags.writeable = False
    learner.learn(x, positive, negative)
    learner.predict(x)
    assert np.array_equal(kept, (positive, negative))


@every(EVERY)
def test_no_examples_are_fine(name):
    learner = EVERY[name]()
    x, positive, negative = examples(learner, 30)
    learner.learn(x[:0], positive[:0], negative[:0])
    assert learner.predict(x[:0]).shape == (0,)
    learner.learn(x, positive, negative)
    before = learner.predict(x)
    learner.learn(x[:0], positive[:0], negative[:0])
    assert learner.predict(x[:0]).shape == (0,)
    assert learner.predict(x).tobytes() == before.tobytes()


@every(sorted(set(EVERY) - {"logistic-ftrl", "sklearn-sgd-batch"}))  # ftrl works out its weights anew, a batch fills
def test_weight_0_changes_nothing(name):
    learner = EVERY[name]()
    x, positive, negative = examples(learner, 42)
    learner.learn(x, positive, negative)
    before = learner.predict(x)
    learner.learn(x, 0 * positive, 0 * negative)
    assert learner.predict(x).tobytes() == before.tobytes()


@every(sorted(set(EVERY) - PLAIN_WEIGHTS))
def test_weights_and_soft_labels_count(name):
    learner = EVERY[name]()
    x, _, _ = examples(learner, 70)
    soft = np.full(70, 0.25, np.float32)
    for _ in range(20):
        learner.learn(x, 3 * soft, 3 * (1 - soft))
    assert learner.predict(x).mean() == pytest.approx(0.25, abs=0.12)


@every(EVERY)
def test_negative_parts_are_taken_or_refused(name):
    learner = EVERY[name]()
    x, positive, _ = examples(learner, 3)
    undo = np.array([0, -1, 0], np.float32)
    if learner.takes_negative:
        learner.learn(x, np.ones_like(positive), undo)
        assert learner.predict(x)[1] > 0.5
        return
    with pytest.raises(LearnerError) as error:
        learner.learn(x, positive, undo)
    assert str(error.value) == (
        f"{learner.name} takes weights of at least 0, but example 1 has -1.0 as its negative part; "
        "methods that take back what they taught, such as 'pu', need the learner 'logistic'"
    )
    assert learner.predict(x).tolist() == [0.5] * 3


@every(NATIVE)
def test_state_is_all_there_is(name):
    learner, other = NATIVE[name](), NATIVE[name]()
    x, positive, negative = examples(learner, 40)
    learner.learn(x, positive, negative)
    state = learner.state()
    other.restore(state)
    learner.learn(x, positive, negative)  # neither the state nor the other learner follows
    other.learn(x, positive, negative)
    assert learner.predict(x).tobytes() == other.predict(x).tobytes()
    assert learner.state()["table"].tobytes() == other.state()["table"].tobytes()
    assert state["table"].tobytes() != learner.state()["table"].tobytes()


@every([name for name in ADAPTED if not name.startswith("gbdt")])
def test_state_of_a_foreign_model_is_refused(name):
    learner = ADAPTED[name]()
    with pytest.raises(LearnerError, match="cannot be checkpointed"):
        learner.state()
    with pytest.raises(LearnerError, match="cannot be checkpointed"):
        learner.restore({})
