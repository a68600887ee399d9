"""Intervals by resampling days: the arithmetic, the rounding to bins, and how often they hold the truth."""

from typing import NamedTuple

import numpy as np
import pytest

from simulator.metrics import METRICS
from simulator.metrics.intervals import Interval, day_weights, interval, paired_difference, replicated
from simulator.metrics.windows import Evaluated, evaluate

NEVER = np.iinfo(np.int64).max
DAY = 86_400_000_000


class World(NamedTuple):
    day: np.ndarray
    clicks: Evaluated


def world(seed, days=30, per_day=200, spread=(2.0, 6.0), factor=1.0, weather=0.2):
    """Days with weather: each has its own factor of the odds, which no prediction knows."""
    rng = np.random.default_rng(seed)
    day = np.repeat(np.arange(days), rng.poisson(per_day, days))
    q = rng.beta(*spread, len(day))
    odds = q / (1 - q) * np.exp(rng.normal(0, weather, days))[day]
    label = rng.random(len(day)) < odds / (1 + odds)
    p = (q * factor).clip(1e-5, 0.99999).astype(np.float32)
    time = np.sort(day * DAY + rng.integers(0, DAY, len(day)))
    arrival = np.where(label, time, NEVER)
    return World(day, Evaluated(time, p, label, np.ones(len(day), bool), arrival, q.astype(np.float32), {}))


def measured(clicks, days=30, replicates=100, **options):
    return evaluate(clicks, window=40 * DAY, start=0, end=days * DAY, replicates=replicates, **options)


def by_hand(at, metric, times, **options):
    """A metric with each day's clicks repeated as often as the day is drawn."""
    needs_label = METRICS[metric].needs == "label"
    first, second = (
        (at.clicks.label, at.clicks.prediction) if needs_label else (at.clicks.prediction, at.clicks.true_probability)
    )
    return METRICS[metric].function(first, second, times[at.day].astype(float), **options)


def test_each_replicate_draws_as_many_days_as_there_are():
    weights = day_weights(17, 50, seed=3)
    assert weights.shape == (50, 17)
    assert (weights.sum(axis=1) == 17).all()
    assert (weights == weights.round()).all()
    assert (weights != day_weights(17, 50, seed=4)).any()
    np.testing.assert_array_equal(weights, day_weights(17, 50, seed=3))


@pytest.mark.parametrize("metric", [name for name, metric in METRICS.items() if metric.from_sums])
def test_replicates_of_sums_are_exact(metric):
    at = world(0)
    weights = day_weights(30, 5, seed=1)
    found = replicated(measured(at.clicks).days, metric, weights)
    assert found == pytest.approx([by_hand(at, metric, times) for times in weights], rel=1e-9)


@pytest.mark.parametrize(
    "spread", [(2, 6), (0.2, 5), (2e5, 6e5), (0.5, 500)], ids=["wide", "near 0", "nearly constant", "rare"]
)
@pytest.mark.parametrize("metric", ["auc", "pr_auc"])
def test_replicates_in_bins_are_near_the_exact_ones(metric, spread):
    at = world(0, spread=spread, per_day=600)
    weights = np.vstack([np.ones(30), day_weights(30, 20, seed=1)])
    exact = np.array([by_hand(at, metric, times) for times in weights])
    error = np.abs(replicated(measured(at.clicks).days, metric, weights) - exact)
    assert error.max() < exact.std() / 6
    assert error.max() < {"auc": 1e-3, "pr_auc": 3e-3}[metric]


@pytest.mark.parametrize("binning", ["count", "width"])
def test_replicates_of_ece_keep_the_bins_of_all_clicks(binning):
    at = world(0, per_day=600, factor=1.3)
    found = replicated(measured(at.clicks, binning=binning).days, "ece", np.ones((1, 30)))
    assert found[0] == pytest.approx(by_hand(at, "ece", np.ones(30), binning=binning), rel=0.01)


def test_95_percent_intervals_hold_the_truth_about_that_often():
    long = world(999, days=3000)
    truth = {metric: by_hand(long, metric, np.ones(3000)) for metric in ("calibration_ratio", "nll", "auc", "pr_auc")}
    held = dict.fromkeys(truth, 0)
    for seed in range(100):
        table = measured(world(seed, per_day=60).clicks, seed=seed)
        for metric, value in truth.items():
            row = table.metric.index(metric)
            held[metric] += table.low[row] < value < table.high[row]
    assert all(85 <= times <= 100 for times in held.values()), held


def test_intervals_that_took_clicks_for_independent_would_be_too_narrow():
    at = world(0, per_day=2000)
    table = measured(at.clicks)
    row = table.metric.index("calibration_ratio")
    independent = 1 / np.sqrt(at.clicks.label.sum())
    assert table.high[row] - table.low[row] > 1.5 * 2 * 1.96 * independent


@pytest.mark.parametrize("metric", METRICS)
def test_the_value_lies_in_its_interval(metric):
    days = measured(world(1, per_day=40, factor=1.1).clicks).days
    found = interval(days, metric, day_weights(30, 200, seed=0))
    assert found.low <= found.value <= found.high
    assert found.low < found.high


def test_the_bound_of_an_area_stays_an_area():
    at = world(2, weather=0.0)
    perfect = at.clicks._replace(prediction=np.where(at.clicks.label, 0.9, 0.1).astype(np.float32))
    days = measured(perfect).days
    for metric in ("auc", "pr_auc"):
        assert interval(days, metric, day_weights(30, 50, seed=0)) == (1, 1, 1)


def test_a_paired_difference_is_surer_than_its_parts():
    a, b = (measured(world(3, factor=factor).clicks).days for factor in (1.0, 1.1))
    weights = day_weights(30, 200, seed=0)
    for metric in ("nll", "calibration_ratio"):
        found = paired_difference(a, b, metric, weights)
        widths = [np.subtract(*interval(days, metric, weights)[:0:-1]) for days in (a, b)]
        assert found.value == pytest.approx(a.value[metric] - b.value[metric])
        assert found.high - found.low < 0.5 * min(widths)
        assert found.high < 0  # both know the labels of the same days, so 10 % too many is plain to see


@pytest.mark.parametrize("metric", METRICS)
def test_a_method_does_not_differ_from_itself(metric):
    days = measured(world(3).clicks).days
    assert paired_difference(days, days, metric, day_weights(30, 20, seed=0)) == (0, 0, 0)


def test_methods_measured_on_other_days_are_not_compared():
    a, b = (measured(world(3, days=days).clicks, days=days).days for days in (30, 29))
    with pytest.raises(ValueError, match="methods to be compared must be measured on the same days"):
        paired_difference(a, b, "nll", day_weights(30, 20, seed=0))


def test_weights_of_other_days_are_refused():
    with pytest.raises(ValueError, match=r"expected weights of 30 days, got shape \(20, 29\)"):
        replicated(measured(world(3).clicks).days, "nll", day_weights(29, 20, seed=0))


@pytest.mark.parametrize("days", [0, 4])
def test_few_days_have_no_interval(days):
    stats = measured(world(0, days=days).clicks, days=days).days
    weights = day_weights(days, 20, seed=0)
    assert weights.shape == (20, days)
    for found in (interval(stats, "auc", weights), paired_difference(stats, stats, "auc", weights)):
        assert isinstance(found, Interval)
        assert np.isnan(found[1:]).all()


def test_a_metric_without_an_answer_on_most_resampled_days_has_no_interval():
    at = world(0, days=6)
    label = at.clicks.label & False
    label[0] = True  # a day that about a third of the replicates do not draw
    found = measured(at.clicks._replace(label=label), days=6, replicates=500)
    row = found.metric.index("calibration_ratio")
    assert np.isfinite([found.value[row], found.low[row], found.high[row]]).all()
    none = measured(at.clicks._replace(label=label & False), days=6)
    assert np.isnan(none.low[row])
    assert none.reason[row] == "no conversions"


def test_the_same_seed_gives_the_same_intervals_and_another_others():
    clicks = world(0).clicks
    first, again, other = (measured(clicks, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.low, again.low)
    assert first.low[0] != other.low[0]


def test_without_replicates_there_is_no_interval():
    found = measured(world(0).clicks, replicates=0)
    asked = measured(world(0).clicks)
    np.testing.assert_array_equal(found.value, asked.value)
    assert np.isnan(found.low).all()
    assert np.isfinite(asked.low).any()
