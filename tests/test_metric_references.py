"""Every metric against scikit-learn, against itself written another way, and against what must not change it."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

import simulator.metrics
from simulator.metrics import METRICS, ranked
from simulator.metrics.calibration import calibration_ratio, ece, mean_prediction, reliability
from simulator.metrics.delays import delay_edges, delay_table
from simulator.metrics.likelihood import brier, nll, normalized_entropy
from simulator.metrics.ranked import keys_of, predictions_of, rank
from simulator.metrics.ranking import auc, pr_auc
from simulator.metrics.sums import sums_of, sums_of_chunk
from simulator.metrics.truth import bias, logit_bias

OURS_AND_THEIRS = {
    nll: lambda y, p, w: log_loss(y, p, sample_weight=w, labels=[False, True]),
    brier: lambda y, p, w: brier_score_loss(y, p, sample_weight=w),
    auc: lambda y, p, w: roc_auc_score(y, p, sample_weight=w),
    pr_auc: lambda y, p, w: average_precision_score(y, p, sample_weight=w),
    mean_prediction: lambda y, p, w: np.average(p, weights=w),
    calibration_ratio: lambda y, p, w: np.average(p, weights=w) / np.average(y, weights=w),
    normalized_entropy: lambda y, p, w: (
        log_loss(y, p, sample_weight=w) / log_loss(y, np.full(len(y), np.average(y, weights=w)), sample_weight=w)
    ),
}
LABEL_METRICS = [metric.function for metric in METRICS.values() if metric.needs == "label"]
TRUTH_METRICS = [metric.function for metric in METRICS.values() if metric.needs == "truth"]

MODULES = [module.name for module in pkgutil.walk_packages(simulator.metrics.__path__, "simulator.metrics.")]


def clicks(seed, n=700, distinct=None):
    """Labels drawn from distorted predictions, float32 as served; `distinct` predictions at most."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 6, n).clip(1e-4, 0.999)
    if distinct:
        p = rng.choice(p[:distinct], n)
    label = rng.random(n) < 0.7 * p
    label[:2] = True, False
    return label, p.astype(np.float32), rng.exponential(size=n)


@pytest.mark.parametrize("distinct", [None, 40, 3, 1])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("metric", OURS_AND_THEIRS)
def test_equals_scikit_learn(metric, weighted, distinct):
    for seed in range(5):
        label, p, weight = clicks(seed, distinct=distinct)
        w = weight if weighted else None
        assert metric(label, p, w) == pytest.approx(OURS_AND_THEIRS[metric](label, p.astype(float), w), rel=1e-12)


@pytest.mark.parametrize(("binning", "strategy"), [("count", "quantile"), ("width", "uniform")])
def test_ece_equals_that_of_scikit_learns_calibration_curve(binning, strategy):
    label, p, _ = clicks(3, n=1000)
    rate, mean = calibration_curve(label, p, n_bins=10, strategy=strategy)
    size = np.full(10, 100) if binning == "count" else np.histogram(p, bins=10, range=(0, 1))[0]
    expected = np.average(np.abs(rate - mean), weights=size[size > 0])
    assert ece(label, p, binning=binning) == pytest.approx(expected, rel=1e-6)


def test_ece_by_hand_with_ties_across_the_nominal_border():
    p = np.array([0.75, 0.5, 0.5, 0.5, 0.25, 0.25])
    label = np.array([True, True, False, False, False, True])
    # shares above: 0, 1/6 (x3), 4/6 (x2), so with 2 bins the ties at 0.5 all stay in the upper one
    assert ece(label, p, bins=2) == pytest.approx((abs(2.25 - 2) + abs(0.5 - 1)) / 6)


@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_label_metrics_do_not_depend_on_the_order_of_rows(metric):
    label, p, weight = clicks(1, distinct=40)
    order = np.random.default_rng(0).permutation(len(p))
    assert metric(label[order], p[order]) == pytest.approx(metric(label, p), rel=1e-13)
    assert metric(label[order], p[order], weight[order]) == pytest.approx(metric(label, p, weight), rel=1e-13)


@pytest.mark.parametrize("metric", [auc, pr_auc, ece])
def test_ranking_does_not_depend_on_the_order_of_rows_to_the_last_bit(metric):
    label, p, _ = clicks(1, distinct=40)
    order = np.random.default_rng(0).permutation(len(p))
    assert metric(label[order], p[order]) == metric(label, p)


@pytest.mark.parametrize("distinct", [None, 40])
@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_weights_are_repetitions(metric, distinct):
    label, p, _ = clicks(2, distinct=distinct)
    times = np.random.default_rng(1).integers(0, 4, len(p))
    repeated = metric(np.repeat(label, times), np.repeat(p, times))
    assert metric(label, p, times.astype(float)) == pytest.approx(repeated, rel=1e-12)


@pytest.mark.parametrize("metric", TRUTH_METRICS)
def test_truth_metrics_weights_are_repetitions_and_rows_have_no_order(metric):
    _, p, _ = clicks(2)
    q, times = np.sqrt(p), np.random.default_rng(1).integers(0, 4, len(p))
    assert metric(p, q, times.astype(float)) == pytest.approx(
        metric(np.repeat(p, times), np.repeat(q, times)), rel=1e-12
    )
    assert metric(p[::-1], q[::-1]) == pytest.approx(metric(p, q), rel=1e-13)


def test_bias_is_of_known_distortions():
    q = np.random.default_rng(0).beta(2, 8, 500)
    odds = 1.5 * q / (1 - q)
    assert bias(q + 0.01, q) == pytest.approx(0.01)
    assert logit_bias(odds / (1 + odds), q) == pytest.approx(np.log(1.5))


NONE, SOME, ALL = np.zeros(4, bool), np.array([True, False, False, True]), np.ones(4, bool)
NO_ANSWER = {
    "none": {calibration_ratio, normalized_entropy, auc, pr_auc},
    "some": set(),
    "all": {normalized_entropy, auc},
    "empty": set(LABEL_METRICS),
}


@pytest.mark.parametrize(("name", "label"), [("none", NONE), ("some", SOME), ("all", ALL), ("empty", NONE[:0])])
@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_no_answer_is_nan(metric, name, label):
    value = metric(label, np.linspace(0.1, 0.4, 4)[: len(label)])
    assert np.isnan(value) == (metric in NO_ANSWER[name])


@pytest.mark.parametrize("metric", TRUTH_METRICS)
def test_truth_metrics_without_clicks_are_nan(metric):
    assert np.isnan(metric(np.empty(0), np.empty(0)))


def test_certainty_that_is_wrong_costs_much_but_not_infinitely_much():
    assert nll(np.array([True]), np.array([0.0])) == pytest.approx(149 * np.log(2))
    assert nll(np.array([False]), np.array([1.0])) == pytest.approx(24 * np.log(2))
    assert nll(np.array([True, False]), np.array([1.0, 0.0])) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("metric", LABEL_METRICS)
def test_bad_columns_are_refused(metric):
    with pytest.raises(ValueError, match=r"must be of one length, got \(2,\), \(1,\) and \(1,\)"):
        metric(np.array([True, False]), np.array([0.5]))
    for wrong in (np.nan, -0.1, 1.1):
        with pytest.raises(ValueError, match=r"predictions must lie in \[0, 1\]"):
            metric(np.array([True, False]), np.array([0.5, wrong]))


def test_bad_bins_are_refused():
    label, p, _ = clicks(0)
    for measure in (ece, reliability):
        with pytest.raises(ValueError, match="expected at least 1 bin, got 0"):
            measure(label, p, bins=0)
        with pytest.raises(ValueError, match="expected binning of count or width, got 'median'"):
            measure(label, p, binning="median")


# The sorted keys and the shared sums are the fast way to the same numbers.

predictions = st.one_of(
    st.sampled_from([0.0, 1e-30, 0.1, 0.3, 0.5, 0.50000006, 1.0]), st.floats(0, 1, width=32, allow_subnormal=True)
)
rows = st.lists(st.tuples(predictions, st.booleans(), st.booleans()), min_size=1, max_size=60)


@settings(deadline=None, max_examples=300)
@given(rows, st.sampled_from([1, 4, 1 << 16]), st.integers(1, 12), st.sampled_from(["count", "width"]))
def test_sorted_keys_give_the_same_ranking(rows, chunk, bins, binning):
    p, label, seen = (np.array(column) for column in zip(*rows, strict=True))
    p = p.astype(np.float32)
    keys = keys_of(p, label) | seen
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranked, "CHUNK", chunk)
        found = rank(np.sort(keys), bins, binning)
    for ranking, y in zip(found, (label, seen), strict=True):
        assert ranking.auc == pytest.approx(auc(y, p), rel=1e-12, abs=1e-12, nan_ok=True)
        assert ranking.pr_auc == pytest.approx(pr_auc(y, p), rel=1e-12, nan_ok=True)
        assert ranking.ece == pytest.approx(ece(y, p, bins=bins, binning=binning), rel=1e-9, abs=1e-12)


def test_sorted_keys_give_the_same_ranking_over_many_chunks():
    label, p, _ = clicks(5, n=3 * ranked.CHUNK)
    p[: 5 * ranked.CHUNK // 2 : 2] = 0.25  # one run of ties longer than a chunk, amid others
    found, _ = rank(np.sort(keys_of(p, label)), 10, "count")
    assert found == pytest.approx((auc(label, p), pr_auc(label, p), ece(label, p)), rel=1e-12)


def test_keys_hold_predictions_in_descending_order():
    p = np.array([1.0, 0.75, 1e-40, 0.0, -0.0], np.float32)
    keys = keys_of(p, np.array([False, True, False, True, False]))
    assert (np.diff(keys.astype(np.int64))[:3] > 0).all()
    assert predictions_of(keys).tolist() == p.tolist()


@pytest.mark.parametrize("wrong", [np.nan, -0.5, 1.5, np.inf])
def test_keys_of_no_probability_are_refused(wrong):
    with pytest.raises(ValueError, match=r"predictions must lie in \[0, 1\]"):
        keys_of(np.array([0.5, wrong], np.float32), np.array([True, False]))


@given(rows)
def test_shared_sums_are_the_sums(rows):
    p, label, seen = (np.array(column) for column in zip(*rows, strict=True))
    p = p.astype(np.float32)
    table = sums_of_chunk(p, [label, seen], p[::-1].copy())
    for found, y in zip(table, (label, seen), strict=True):
        assert found[:5] == pytest.approx(np.array(sums_of(y, p)[:5]), rel=1e-9, abs=1e-9)
        assert found[5:] / len(p) == pytest.approx([bias(p, p[::-1]), logit_bias(p, p[::-1])], rel=1e-9, abs=1e-9)


# Tables for the report.


def test_reliability_has_every_click_once_and_lowest_predictions_first():
    label, p, _ = clicks(4, n=1000)
    table = reliability(label, p, bins=20)
    assert table.clicks.tolist() == [50] * 20
    assert (np.diff(table.mean_prediction) > 0).all()
    assert (table.observed_rate * table.clicks).sum() == pytest.approx(label.sum())
    assert (table.mean_prediction * table.clicks).sum() == pytest.approx(p.sum(dtype=float))
    lowest = np.sort(p)[49]
    assert table.observed_rate[0] == pytest.approx(label[p <= lowest].mean())


def test_reliability_has_wilsons_interval_and_no_empty_bins():
    table = reliability(np.arange(10) % 2 == 0, np.full(10, 0.5, np.float32))
    assert table.clicks.tolist() == [10]
    assert (table.low[0], table.high[0]) == pytest.approx((0.236593, 0.763407), abs=1e-6)
    assert len(reliability(np.empty(0, bool), np.empty(0, np.float32)).clicks) == 0


def test_delays_are_counted_once():
    edges = delay_edges(7 * 86_400_000_000)
    delay = np.random.default_rng(0).exponential(1e11, 5000).astype(np.int64)
    table = delay_table(delay, edges)
    assert edges[[0, 1, -1]].tolist() == [0, 1_000_000, 604_800_000_000]
    assert (np.diff(edges) > 0).all()
    assert table.outside == (delay > edges[-1]).sum()
    assert table.counts.sum() + table.outside == 5000
    assert table.counts.tolist() == np.histogram(delay, edges)[0].tolist()


def test_edges_of_a_tiny_window_are_still_increasing():
    assert delay_edges(3).tolist() == [0, 3]


# The registry, the docstrings and the arrow.


def test_registry_names_each_function_by_its_own_name():
    assert all(metric.function.__name__ == name == metric.name for name, metric in METRICS.items())


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_metrics_import_numpy_and_numba_alone():
    code = f"import sys, {', '.join(MODULES)}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own code)
    assert not {"pandas", "pyarrow", "sklearn", "river", "simpy"} & set(found.stdout.split())
