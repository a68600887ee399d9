"""Metrics of money against scipy, scikit-learn and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn import metrics

from simulator.metrics.value import concentration, errors, ranking
from simulator.metrics.value.order import order

amounts = st.sampled_from([0.0, 0.0, 0.0, 1.0, 2.0, 2.5, 80.0, 1500.0])
predictions = st.sampled_from([0.0, 0.25, 0.5, 0.5, 1.0, 3.0, 40.0])


@st.composite
def columns(draw, values=amounts, low=2):
    n = draw(st.integers(low, 60))
    value = draw(hnp.arrays(np.float64, n, elements=values))
    return value, draw(hnp.arrays(np.float32, n, elements=predictions.map(np.float32)))


def brute_membership(score, size):
    """Return each click's chance to be in the top if ties are broken by lot."""
    share = np.zeros(len(score))
    for i, s in enumerate(score):
        above, tied = np.sum(score > s), np.sum(score == s)
        share[i] = min(max((size - above) / tied, 0.0), 1.0)
    return share


@given(columns(amounts | st.just(-3.0)))
@settings(max_examples=40, deadline=None)
def test_spearman_is_scipys(both):
    value, prediction = both
    found = ranking.spearman(value, prediction)
    if len(set(value)) == 1 or len(set(prediction)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(value, prediction).statistic, abs=1e-12)


@given(columns(amounts | st.just(-3.0)), st.sampled_from([1, 5, 10, 30, 100]))
@settings(max_examples=40, deadline=None)
def test_top_overlap_is_the_expectation_over_broken_ties(both, percent):
    value, prediction = both
    size = int(np.ceil(round(len(value) * percent / 100, 9)))
    expected = (brute_membership(value, size) * brute_membership(prediction, size)).sum() / size
    found = ranking.top_overlap(value, prediction, percent)
    if len(set(value)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(expected, abs=1e-12)


@given(columns(), st.sampled_from([1, 5, 10, 30, 100]))
@settings(max_examples=40, deadline=None)
def test_top_value_share_is_the_money_of_the_top(both, percent):
    value, prediction = both
    size = int(np.ceil(round(len(value) * percent / 100, 9)))
    found = ranking.top_value_share(value, prediction, percent)
    if value.sum() == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx((brute_membership(prediction, size) * value).sum() / value.sum(), abs=1e-12)


@given(columns(), st.sampled_from([1, 3, 10, 100]))
@settings(max_examples=40, deadline=None)
def test_ndcg_is_scikit_learns(both, k):
    value, prediction = both
    found = ranking.ndcg(value, prediction, k)
    if value.sum() == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(metrics.ndcg_score([value], [prediction], k=k), abs=1e-12)


def test_top_overlap_without_ties_counts_common_members():
    rng = np.random.default_rng(1)
    value, prediction = rng.lognormal(size=1000), rng.random(1000).astype(np.float32)
    top = set(np.argsort(-value)[:50]) & set(np.argsort(-prediction)[:50])
    assert ranking.top_overlap(value, prediction, 5) == pytest.approx(len(top) / 50)


def test_with_few_gifts_the_overlap_falls_where_the_top_outgrows_them():
    value = np.zeros(10_000)
    value[:200] = np.arange(1, 201)  # 2 % of clicks bring money
    prediction = value + np.linspace(0, 0.5, 10_000)  # and are predicted in perfect order
    overlap = [ranking.top_overlap(value, prediction, percent) for percent in (1, 2, 5, 10)]
    assert overlap[:2] == [1.0, 1.0]
    assert overlap[2] == pytest.approx((200 + 300 * 300 / 9800) / 500)
    assert overlap[3] < overlap[2]
    assert ranking.top_value_share(value, prediction, 10) == 1.0


@given(hnp.arrays(np.float64, st.integers(1, 50), elements=amounts))
@settings(max_examples=40, deadline=None)
def test_gini_is_the_mean_distance(amount):
    found = concentration.gini(amount)
    if amount.sum() == 0:
        assert np.isnan(found)
    else:
        brute = np.abs(amount[:, None] - amount[None, :]).mean() / (2 * amount.mean())
        assert found == pytest.approx(brute, abs=1e-12)


@given(hnp.arrays(np.float64, st.integers(1, 50), elements=amounts))
@settings(max_examples=40, deadline=None)
def test_lorenz_is_the_interpolated_running_share(amount):
    at = np.linspace(0, 1, 7)
    found = concentration.lorenz(amount, at)
    if amount.sum() == 0:
        assert np.isnan(found).all()
    else:
        sums = np.concatenate(([0.0], np.cumsum(np.sort(amount)))) / amount.sum()
        assert found == pytest.approx(np.interp(at, np.arange(len(sums)) / len(amount), sums), abs=1e-12)


def test_gini_is_twice_the_area_between_lorenz_and_the_diagonal():
    amount = np.random.default_rng(2).pareto(1.5, 5000)
    at = np.linspace(0, 1, 5001)
    assert concentration.gini(amount) == pytest.approx(1 - 2 * np.trapezoid(concentration.lorenz(amount, at), at))


def test_amounts_below_zero_have_no_concentration():
    assert np.isnan(concentration.gini([-1.0, 5.0]))
    assert np.isnan(concentration.lorenz([-1.0, 5.0], [0.5])).all()


@given(columns())
@settings(max_examples=40, deadline=None)
def test_deviances_are_scikit_learns(both):
    value, prediction = both
    served = np.maximum(prediction.astype(np.float64), errors.FLOOR)
    poisson = metrics.mean_poisson_deviance(value, served)
    assert errors.poisson_deviance(value, prediction) == pytest.approx(poisson, rel=1e-9, abs=1e-12)
    tweedie = metrics.mean_tweedie_deviance(value, served, power=1.5)
    assert errors.tweedie_deviance(value, prediction) == pytest.approx(tweedie, rel=1e-9, abs=1e-12)
    gifts = value > 0
    if gifts.any():
        gamma = metrics.mean_gamma_deviance(value[gifts], served[gifts])
        assert errors.gamma_deviance(value[gifts], prediction[gifts]) == pytest.approx(gamma, rel=1e-9, abs=1e-12)


@given(columns())
@settings(max_examples=40, deadline=None)
def test_log_errors_are_scikit_learns(both):
    value, prediction = both
    mse = metrics.mean_squared_log_error(value, prediction)
    assert errors.rmse_log(value, prediction) == pytest.approx(np.sqrt(mse), abs=1e-6)
    mae = metrics.mean_absolute_error(np.log1p(value), np.log1p(prediction.astype(np.float64)))
    assert errors.mae_log(value, prediction) == pytest.approx(mae, abs=1e-12)


def test_predicting_nothing_does_best_in_logs_and_worst_in_deviance():
    rng = np.random.default_rng(3)
    value = np.where(rng.random(20_000) < 0.02, rng.lognormal(1, 2, 20_000), 0.0)
    nothing, mean = np.zeros(len(value)), np.full(len(value), value.mean())
    assert errors.mae_log(value, nothing) < errors.mae_log(value, mean)
    assert errors.poisson_deviance(value, nothing) > errors.poisson_deviance(value, mean)
    assert errors.value_ratio(value, mean) == pytest.approx(1)


@given(columns(amounts | st.just(-3.0)), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_does_not_matter(both, random):
    value, prediction = both
    shuffled = list(range(len(value)))
    random.shuffle(shuffled)
    for metric in (ranking.spearman, lambda v, p: ranking.top_overlap(v, p, 30), ranking.ndcg):
        assert metric(value, prediction) == pytest.approx(metric(value[shuffled], prediction[shuffled]), nan_ok=True)


def test_what_is_not_finite_or_not_of_one_length_is_refused():
    with pytest.raises(ValueError, match="finite"):
        order([1.0, np.nan], [1.0, 2.0])
    with pytest.raises(ValueError, match="of one length"):
        order([1.0], [1.0, 2.0])
