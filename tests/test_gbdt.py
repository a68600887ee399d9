"""The batch learner: when it trains and on what, weights undone in the odds, money with zeros, and what it refuses."""

import numpy as np
import pyarrow as pa
import pytest
from frames import changed, frame, played
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor

from learners import GradientBoosting, LearnerError
from learners.matrix import MOST, coding_of
from scenarios import ScenarioError
from simulator import load

DAY = 86_400_000_000
SMALL = {"trees": 15, "leaves": 4}


def examples(n, seed=0, rate=0.3):
    """Return columns, labels that depend on them, and money of those that convert."""
    rng = np.random.default_rng(seed)
    site, size = rng.integers(0, 4, n), rng.normal(size=n)
    y = rng.random(n) < rate * (0.4 + 0.4 * site)
    money = np.where(y, rng.gamma(2, 1 + site), 0).astype(np.float32)
    x = pa.table({"site": pa.array(site.astype(str)).dictionary_encode(), "size": pa.array(size)})
    return x, y.astype(np.float32), money


def taught(learner, x, positive, negative, due=None):
    """Teach everything in the night before a training, or at its own time, and let that come."""
    due = np.full(len(x), DAY - 1) if due is None else np.asarray(due, np.int64)
    learner.learn(x, positive, negative, due)
    learner.reach(int(due[-1]) // DAY * DAY + DAY)
    return learner


def test_it_trains_at_midnight_on_what_came_due_in_the_history_before():
    x, y, _ = examples(900)
    due = np.sort(np.random.default_rng(1).integers(0, 6 * DAY, 900))
    learner, says = GradientBoosting(trees=5, leaves=3, history=2 * DAY), {}
    for hour in range(6 * 24 + 1):
        some = slice(*np.searchsorted(due, [(hour - 1) * DAY // 24, hour * DAY // 24]))
        learner.learn(x[some], y[some], 1 - y[some], due[some])
        learner.reach(hour * DAY // 24)
        says[hour] = learner.predict(x).tobytes()
    assert [hour for hour in range(1, 145) if says[hour] != says[hour - 1]] == [24, 48, 72, 96, 120, 144]
    some = slice(*np.searchsorted(due, [4 * DAY, 6 * DAY]))
    fresh = taught(GradientBoosting(trees=5, leaves=3), x[some], y[some], 1 - y[some], due[some])
    assert fresh.predict(x).tobytes() == says[144]
    assert sum(len(each.due) for each in learner._kept) == some.stop - some.start


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_however_time_and_examples_are_cut(data):
    """Between two trainings, calls change nothing; and missed trainings are made up by the last one."""
    x, y, _ = examples(120, seed=3)
    due = np.sort(np.array(data.draw(st.lists(st.integers(0, 8 * DAY), min_size=120, max_size=120))))
    history = data.draw(st.integers(1, 4)) * DAY
    whole, cut = (GradientBoosting(trees=2, leaves=3, history=history) for _ in range(2))
    whole.learn(x, y, 1 - y, due)
    end = int(due[-1]) + data.draw(st.integers(0, 6 * DAY))
    whole.reach(end)
    for moment in [*sorted(data.draw(st.lists(st.integers(0, end), max_size=8))), end]:
        done = sum(len(each) for each in cut_at) if (cut_at := getattr(cut, "seen", [])) else 0
        stop = int(np.searchsorted(due, moment)) if moment < end else 120
        part = slice(done, max(stop, done))
        cut.learn(x[part], y[part], 1 - y[part], due[part])
        cut.seen = [*cut_at, due[part]]
        if moment < end or end > due[-1]:
            cut.reach(moment)
    cut.reach(end)
    assert cut.predict(x).tobytes() == whole.predict(x).tobytes()


def test_a_state_is_its_window_and_goes_on_to_the_same_bits():
    x, y, money = examples(400)
    due = np.sort(np.random.default_rng(2).integers(0, 4 * DAY, 400))
    for loss, part in (("logistic", (y, 1 - y)), ("poisson", (money, np.ones_like(money)))):
        learner, other = (GradientBoosting(loss, **SMALL, history=2 * DAY) for _ in range(2))
        other.restore(learner.state())
        assert other.predict(x).tobytes() == learner.predict(x).tobytes()
        learner.learn(x[:300], *(side[:300] for side in part), due[:300])
        learner.reach(int(due[299]))
        other.restore(learner.state())
        assert other.predict(x).tobytes() == learner.predict(x).tobytes()
        for each in (learner, other):
            taught(each, x[300:], *(side[300:] for side in part), due[300:])
        assert other.predict(x).tobytes() == learner.predict(x).tobytes()
        assert np.ptp(learner.predict(x)) > 0.05


@pytest.mark.parametrize("library", ["sklearn", "lightgbm"])
def test_the_weight_of_positives_is_undone_in_the_odds(library):
    """With positives weighed 20 times the mean prediction would be near 1/2; a plain model's is the rate."""
    if library == "lightgbm":
        pytest.importorskip("lightgbm")
    x, y, _ = examples(4_000, rate=0.06)
    says = {}
    for balance in (False, True):
        learner = GradientBoosting(library=library, trees=30, leaves=4, balance=balance)
        taught(learner, x, y, 1 - y)
        says[balance] = learner.predict(x)
    assert says[False].mean() == pytest.approx(y.mean(), rel=0.02)
    assert says[True].mean() == pytest.approx(y.mean(), rel=0.15)
    assert np.corrcoef(says[False], says[True])[0, 1] > 0.9


@pytest.mark.parametrize("loss", ["poisson", "gamma", "squared"])
def test_money_is_what_the_library_makes_of_it_zeros_too(loss):
    x, _, money = examples(600)
    learner = taught(GradientBoosting(loss, trees=15, leaves=4), x, money, np.ones_like(money))
    says = learner.predict(x)
    few = 0.15 if loss == "gamma" else 0.05  # its trees step by curvature, of which zeros have none, and settle slowly
    assert says.mean() == pytest.approx(money.mean(), rel=few)
    theirs = HistGradientBoostingRegressor(
        loss="squared_error" if loss == "squared" else loss,
        max_iter=15,
        max_leaf_nodes=4,
        categorical_features=[0],
        early_stopping=False,
    )
    matrix = coding_of(x).matrix(x)
    expected = theirs.fit(matrix, np.maximum(money, 1e-6 if loss == "gamma" else 0)).predict(matrix)
    np.testing.assert_allclose(says, expected, rtol=1e-5)


def test_lightgbm_learns_tweedie_and_says_the_same_twice():
    pytest.importorskip("lightgbm")
    x, _, money = examples(600)
    says = []
    for _ in range(2):
        learner = GradientBoosting("logistic", "lightgbm", **SMALL).with_loss("tweedie-1.5")
        taught(learner, x, money, np.ones_like(money))
        says.append(learner.predict(x))
    assert says[0].tobytes() == says[1].tobytes()
    assert says[0].mean() == pytest.approx(money.mean(), rel=0.2)


def test_categories_are_those_of_the_training_and_others_are_missing():
    x = pa.table({"user": pa.array([str(i % 300) for i in range(1_000)]), "n": pa.array([1, None] * 500)})
    coding = coding_of(x)
    matrix = coding.matrix(x)
    assert coding.categorical == [0]
    assert np.nanmax(matrix[:, 0]) == MOST - 1
    assert np.isnan(matrix[1::2, 1]).all()
    new = pa.table({"user": pa.array(["never seen", None]), "n": pa.array([2, 3])})
    assert np.isnan(coding.matrix(new)[:, 0]).all()
    assert coding.matrix(new)[:, 1].tolist() == [2, 3]


REFUSED = {
    "needs the learner 'logistic'|need the learner 'logistic'": ("logistic", [1.0], [-1.0]),
    "adds 5 to an earlier one": ("poisson", [5.0], [0.0]),
    "no money below 0 with loss 'gamma', but example 0 has -5": ("gamma", [-5.0], [1.0]),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_it_cannot_take_is_refused_and_nothing_is_learned(message):
    loss, positive, negative = REFUSED[message]
    learner = GradientBoosting(loss, **SMALL)
    x, _, _ = examples(1)
    with pytest.raises(LearnerError, match=message):
        learner.learn(x, np.array(positive, np.float32), np.array(negative, np.float32), np.zeros(1, np.int64))
    assert learner._kept == []


def test_refunds_beyond_the_gifts_are_fine_with_squared_loss():
    x, _, money = examples(200)
    learner = taught(GradientBoosting("squared", **SMALL), x, money - 50, np.ones_like(money))
    assert learner.predict(x).mean() == pytest.approx(money.mean() - 50, abs=1)


def test_what_a_library_lacks_is_told():
    with pytest.raises(LearnerError, match="'tweedie-1.5' needs 'lightgbm'"):  # noqa: RUF043  (a full stop is one)
        GradientBoosting("tweedie-1.5")
    with pytest.raises(LearnerError, match="says one thing of a click"):
        GradientBoosting().with_arms(3)


@pytest.mark.parametrize(
    ("learner", "message"),
    [
        (
            {"kind": "gbdt", "optimizer": "sgd"},
            'learner.optimizer: expected no optimizer, which only kind = "logistic"',
        ),
        ({"trees": 7}, 'learner.trees: expected no trees, which only kind = "gbdt" has'),
        (
            {"kind": "gbdt", "retrain_every": "7d", "history": "1d"},
            "learner.history: expected at least learner.retrain_every, 7d, got '1d'",
        ),
    ],
)
def test_keys_of_the_other_kind_are_refused(learner, message):
    with pytest.raises(ScenarioError) as error:
        load(changed(learner=learner))
    assert message in str(error.value)


def test_a_run_is_the_same_in_threads_and_sees_no_future():
    methods = [{"name": "waiting_window", "window": "12h"}, {"name": "value_mature"}]
    methods += [{"name": "two_stage", "conversion": "waiting_window window=12h", "mature": True}]
    learner = {"kind": "gbdt", "trees": 3, "leaves": 4}
    clock = {"publish_every": "12h"}
    log = frame(1_000)
    alone, together = (
        played(log, changed(method=methods, learner=learner, clock=clock), jobs=jobs, out=None) for jobs in (1, 3)
    )
    cut = played(log[: len(log) // 2], changed(method=methods, learner=learner, clock=clock))
    for label in alone.record["methods"]:
        one, other, half = (result.predictions(label)["prediction"] for result in (alone, together, cut))
        assert one.equals(other)
        assert one.nunique() > 20
        np.testing.assert_array_equal(one[: len(half)], half)


def test_the_native_learner_is_not_needed_for_money_once_and_whole():
    """Trees and the linear model agree on the mean of what both are shown."""
    log = frame(3_000)
    methods = [{"name": "value_mature"}]
    trees, linear = (
        played(log, changed(method=methods, learner=own)).predictions("value_mature").tail(500)
        for own in ({"kind": "gbdt", "trees": 20, "leaves": 4}, {})
    )
    assert trees["prediction"].mean() == pytest.approx(linear["prediction"].mean(), rel=0.35)
