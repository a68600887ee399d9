"""What the adapters make of examples, weights and missing values, and what they refuse."""

import math

import numpy as np
import pyarrow as pa
import pytest
from river import compose, linear_model, naive_bayes, preprocessing, tree
from scipy import sparse
from sklearn.linear_model import LogisticRegression, SGDClassifier

from learners import LearnerError, RiverLearner, SklearnLearner


class RiverSpy:
    """Notes what it is taught."""

    def __init__(self, answer=None):
        self.seen = []
        self.answer = answer or {}

    def learn_one(self, x, y, w=1.0):
        self.seen.append((x, y, w))

    def predict_proba_one(self, x):
        self.seen.append(x)
        return self.answer


class SklearnSpy:
    """Notes what it is taught."""

    def __init__(self):
        self.seen = []

    def partial_fit(self, x, y, classes=None, sample_weight=None):
        self.seen.append((x, y.tolist(), classes.tolist(), sample_weight.tolist()))

    def predict_proba(self, x):
        return np.full((x.shape[0], 2), math.nan)


SLOTS = np.array([[1, 2], [3, 3], [0, 2]], np.uint32)
POSITIVE, NEGATIVE = np.array([[0.5, 0, 0], [2, 0, 1]], np.float32)


def test_river_gets_an_example_with_two_parts_twice_and_one_with_none_not_at_all():
    learner = RiverLearner(RiverSpy(), features="slots")
    learner.learn(SLOTS, POSITIVE, NEGATIVE)
    first, last = {1: 1.0, 2: 1.0}, {0: 1.0, 2: 1.0}
    assert learner.model.seen == [(first, True, 0.5), (first, False, 2.0), (last, False, 1.0)]


def test_sklearn_gets_an_example_with_two_parts_twice_and_one_with_none_not_at_all():
    learner = SklearnLearner(SklearnSpy(), bits=2, batch=3)
    learner.learn(SLOTS, POSITIVE, NEGATIVE)
    ((x, y, classes, weight),) = learner.model.seen
    assert x.toarray().tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [1, 0, 1, 0]]
    assert (y, classes, weight) == ([1, 0, 0], [0, 1], [0.5, 2.0, 1.0])


def test_sklearn_counts_a_slot_that_stands_twice():
    x = SklearnLearner(SklearnSpy(), bits=2)._matrix(SLOTS)
    assert sparse.issparse(x)
    assert x.toarray().tolist() == [[0, 1, 1, 0], [0, 0, 0, 2], [1, 0, 1, 0]]


def test_sklearn_waits_for_a_full_batch():
    learner = SklearnLearner(SklearnSpy(), bits=2, batch=4)
    ones, zeros = np.ones(3, np.float32), np.zeros(3, np.float32)
    learner.learn(SLOTS, ones, zeros)
    assert learner.model.seen == []
    learner.learn(SLOTS, zeros, ones)
    ((_, y, _, _),) = learner.model.seen
    assert y == [1, 1, 1, 0]


def test_what_waits_does_not_follow_the_callers_arrays():
    learner = SklearnLearner(SklearnSpy(), bits=2, batch=2)
    x, one, zero = SLOTS[:1].copy(), np.ones(1, np.float32), np.zeros(1, np.float32)
    learner.learn(x, one, zero)
    x[:], one[:] = 0, 0
    learner.learn(SLOTS[:1], np.ones(1, np.float32), zero)
    assert learner.model.seen[0][0].toarray().tolist() == [[0, 1, 1, 0], [0, 1, 1, 0]]


def test_columns_become_dictionaries_without_what_is_missing():
    learner = RiverLearner(RiverSpy())
    columns = {"site": pa.array(["a", None]).dictionary_encode(), "size": pa.array([math.nan, 2.5])}
    assert learner.predict(pa.table(columns)).tolist() == [0.5, 0.5]
    assert learner.model.seen == [{"site": "a"}, {"size": 2.5}]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [({}, 0.5), ({True: 0.25, False: 0.75}, 0.25), ({False: 1.0}, 1e-7), ({True: 1.0}, 1 - 2.0**-23)],
)
def test_river_answers(answer, expected):
    p = RiverLearner(RiverSpy(answer), features="slots").predict(SLOTS)
    assert p.tolist() == [np.float32(expected)] * 3


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        (linear_model.LogisticRegression(), True),
        (tree.HoeffdingTreeClassifier(), True),
        (naive_bayes.GaussianNB(), False),
        (preprocessing.StandardScaler() | linear_model.LogisticRegression(), True),
        (preprocessing.StandardScaler() | naive_bayes.GaussianNB(), False),
        (compose.Discard("a") | (preprocessing.StandardScaler() | naive_bayes.GaussianNB()), False),
    ],
)
def test_whether_a_river_model_takes_weights(model, takes):
    learner = RiverLearner(model)
    x = pa.table({"a": [1.0], "b": [2.0]})
    half, none = np.array([0.5], np.float32), np.zeros(1, np.float32)
    if takes:
        learner.learn(x, half, none)
        return
    with pytest.raises(LearnerError, match=r"learn_one takes no weight, but example 0 has weight 0\.5; use a model"):
        learner.learn(x, half, none)


def test_a_sklearn_model_without_weights():
    class Plain(SklearnSpy):
        def partial_fit(self, x, y, classes=None):
            self.seen.append((x, y.tolist(), classes))

    learner = SklearnLearner(Plain(), bits=2)
    learner.learn(SLOTS, np.ones(3, np.float32), np.zeros(3, np.float32))
    assert [y for _, y, _ in learner.model.seen] == [[1], [1], [1]]
    with pytest.raises(LearnerError, match=r"^Plain\.partial_fit takes no weight, but example 0 has weight 0\.5"):
        learner.learn(SLOTS, POSITIVE, NEGATIVE)


def test_nan_is_an_error():
    river = RiverLearner(RiverSpy({True: math.nan}), features="slots")
    with pytest.raises(LearnerError, match=r"^RiverSpy predicts NaN for click 0 of 3$"):
        river.predict(SLOTS)
    fitted = SklearnSpy()
    fitted.classes_ = [0, 1]
    with pytest.raises(LearnerError, match=r"^SklearnSpy predicts NaN for click 0 of 3$"):
        SklearnLearner(fitted, bits=2).predict(SLOTS)
    with pytest.raises(LearnerError, match="example 2 has nan as its positive part"):
        river.learn(SLOTS, np.array([1, 1, math.nan], np.float32), NEGATIVE)


def test_models_that_do_not_fit():
    with pytest.raises(ValueError, match="with learn_one and predict_proba_one, got LinearRegression"):
        RiverLearner(linear_model.LinearRegression())
    with pytest.raises(ValueError, match='features must be "columns" or "slots", got \'rows\''):
        RiverLearner(linear_model.LogisticRegression(), features="rows")
    with pytest.raises(ValueError, match="with partial_fit and predict_proba, got LogisticRegression"):
        SklearnLearner(LogisticRegression())
    with pytest.raises(ValueError, match="got SGDClassifier; SGDClassifier has both with loss='log_loss'"):
        SklearnLearner(SGDClassifier(shuffle=False))
    with pytest.raises(ValueError, match="SGDClassifier must be made with shuffle=False"):
        SklearnLearner(SGDClassifier(loss="log_loss"))
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        SklearnLearner(SGDClassifier(loss="log_loss", shuffle=False), batch=0)
    fitted = SGDClassifier(loss="log_loss", shuffle=False).fit([[0.0], [1.0]], ["no", "yes"])
    with pytest.raises(ValueError, match=r"SGDClassifier was fitted to classes \['no', 'yes'\], expected \[0, 1\]"):
        SklearnLearner(fitted)


def test_river_learner_walks_as_the_river_model_alone():
    rng = np.random.default_rng(0)
    rows = [{"size": float(size), "site": str(site)} for size, site in rng.integers(0, 3, (200, 2)).tolist()]
    y = rng.random(200) < 0.3

    def model():
        encoder = compose.SelectType(float) + (compose.SelectType(str) | preprocessing.OneHotEncoder())
        return encoder | linear_model.LogisticRegression()

    learner, alone = RiverLearner(model()), model()
    learner.learn(pa.Table.from_pylist(rows), y.astype(np.float32), (~y).astype(np.float32))
    for row, label in zip(rows, y.tolist(), strict=True):
        alone.learn_one(row, label)
    expected = [alone.predict_proba_one(row)[True] for row in rows]
    assert learner.predict(pa.Table.from_pylist(rows)).tolist() == np.float32(expected).tolist()


def test_slots_beyond_the_table_are_refused():
    learner = SklearnLearner(SGDClassifier(loss="log_loss", shuffle=False), bits=4)
    with pytest.raises(LearnerError, match=r"slots must lie below 2\^bits = 16, got 16"):
        learner.learn(np.array([[16]], np.uint32), np.ones(1, np.float32), np.zeros(1, np.float32))


def test_a_classifier_learns_no_money_and_says_what_does():
    sklearn = SklearnLearner(SGDClassifier(shuffle=False, loss="log_loss"))
    for learner in (RiverLearner(linear_model.LogisticRegression()), sklearn):
        with pytest.raises(LearnerError, match=r"cannot learn the loss 'poisson'; .* 'logistic' or 'gbdt'"):
            learner.with_loss("poisson")
