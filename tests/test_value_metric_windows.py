"""Metrics of money over time, by segment and with intervals, against the plain functions and brute force."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.metrics.intervals import day_weights
from simulator.metrics.value import VALUE_METRICS, errors, ranking
from simulator.metrics.value.clicks import Valued
from simulator.metrics.value.compare import value_difference
from simulator.metrics.value.pieces import block_length, cut
from simulator.metrics.value.tail import few_day_weights, mean_interval, ratio_interval
from simulator.metrics.value.windows import evaluate_value

DAY = 86_400_000_000
HOUR = DAY // 24
MATURE = ("mae_log", "rmse_log", "poisson_deviance", "tweedie_deviance", "value_ratio")
PLAIN = {
    **{name: getattr(errors, name) for name in MATURE},
    "spearman": ranking.spearman,
    "ndcg_100": ranking.ndcg,
    **{f"top{k}_overlap": lambda v, p, k=k: ranking.top_overlap(v, p, k) for k in (1, 5, 10)},
    **{f"top{k}_value_share": lambda v, p, k=k: ranking.top_value_share(v, p, k) for k in (1, 5, 10)},
}


def world(seed, n=400, days=3, window=HOUR * 5, gift_rate=0.3):
    """Return clicks, gifts and refunds of a made-up stream, some of them not mature or not arrived."""
    rng = np.random.default_rng(seed)
    time = np.sort(rng.integers(0, days * DAY, n))
    prediction = np.round(rng.lognormal(0, 1, n), 1).astype(np.float32)
    row = np.sort(rng.choice(n, int(n * gift_rate)))
    happened = time[row] + rng.integers(0, window, len(row))
    money = np.where(rng.random(len(row)) < 0.1, -1_000_000, (rng.pareto(1.5, len(row)) + 1) * 2e6).astype(np.int64)
    n_mature = int(np.searchsorted(time, days * DAY - window, side="right"))
    truth = rng.lognormal(0, 1, n).astype(np.float32)
    amount = rng.lognormal(1, 1, n).astype(np.float32)
    segment = (rng.integers(0, 3, n).astype(np.int32), ["a", "b", "c"])
    return Valued(time, prediction, amount, n_mature, row, happened + HOUR, money, truth, {"kind": segment})


def values(clicks, by=None):
    """Return every click's money, or what of it had arrived by a moment."""
    there = np.ones(len(clicks.row), bool) if by is None else clicks.arrival <= by
    total = np.zeros(len(clicks.click_time))
    np.add.at(total, clicks.row[there], clicks.money[there] / 1e6)
    return np.where(np.abs(total) < 1e-9, 0.0, total)


def table(judged):
    t = judged.table
    keys = zip(t.span, t.window_start.tolist(), t.segment, t.curve, t.metric, strict=True)
    rows = zip(t.value.tolist(), t.low.tolist(), t.high.tolist(), t.clicks.tolist(), t.reason, strict=True)
    return dict(zip(keys, rows, strict=True))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_every_cell_is_the_plain_function_of_its_clicks(seed):
    clicks = world(seed)
    start, end = HOUR * 7, 3 * DAY - HOUR
    found = table(evaluate_value(clicks, window=6 * HOUR, start=start, end=end, replicates=20))
    time, p = clicks.click_time, clicks.prediction
    mature = np.arange(len(time)) < clicks.n_mature

    def agree(key, chosen, value):
        if not chosen.any():
            assert np.isnan(found[*key, "mae_log"][0])
            return
        for name, function in PLAIN.items():
            if (*key, name) in found:
                expected = function(value[chosen], p[chosen])
                assert found[*key, name][0] == pytest.approx(expected, rel=1e-9, nan_ok=True), name

    inside = (time >= start) & (time < end)
    agree(("overall", start, "", "true"), inside & mature, values(clicks))
    agree(("overall", start, "", "as_seen"), inside, values(clicks, end))
    agree(("overall", start, "kind=b", "true"), inside & mature & (clicks.segments["kind"][0] == 1), values(clicks))
    agree(("overall", start, "kind=b", "as_seen"), inside & (clicks.segments["kind"][0] == 1), values(clicks, end))
    edges = [start, *range(12 * HOUR, end, 6 * HOUR), end]
    for first, stop in pairwise(edges):
        here = (time >= first) & (time < stop)
        agree(("window", first, "", "true"), here & mature, values(clicks))
        agree(("window", first, "", "as_seen"), here, values(clicks, stop))


def test_gifts_and_amounts_are_judged_on_clicks_that_brought_money():
    clicks = world(1)
    found = table(evaluate_value(clicks, window=DAY, start=0, end=3 * DAY))
    value = values(clicks)
    gifts = (np.arange(len(value)) < clicks.n_mature) & (value > 0)
    for ending, model in (("gifts", clicks.prediction), ("amount", clicks.amount)):
        for name in ("mae_log", "rmse_log", "value_ratio"):
            expected = PLAIN[name](value[gifts], model[gifts])
            assert found["overall", 0, "", "true", f"{name}_{ending}"][0] == pytest.approx(expected)
        gamma = errors.gamma_deviance(value[gifts], model[gifts])
        assert found["overall", 0, "", "true", f"gamma_deviance_{ending}"][0] == pytest.approx(gamma)
        for name in ("spearman", "ndcg_100", "top5_overlap", "top10_value_share"):
            expected = PLAIN[name](value[gifts], model[gifts])
            assert found["overall", 0, "", "true", f"{name}_{ending}"][0] == pytest.approx(expected)
        assert found["overall", 0, "", "true", f"mae_log_{ending}"][3] == gifts.sum()


def test_truth_needs_no_luck():
    clicks = world(2)
    found = table(evaluate_value(clicks, window=DAY, start=0, end=3 * DAY))
    p, q = (column[: clicks.n_mature].astype(float) for column in (clicks.prediction, clicks.truth))
    assert found["overall", 0, "", "true", "expected_value_ratio"][0] == pytest.approx(p.sum() / q.sum())
    assert found["overall", 0, "", "true", "value_bias"][0] == pytest.approx((p - q).mean())
    assert ("overall", 0, "", "as_seen", "value_bias") not in found
    blind = table(evaluate_value(clicks._replace(truth=None), window=DAY, start=0, end=3 * DAY))
    assert blind["overall", 0, "", "true", "value_bias"][4] == "truth unknown"


def test_no_answer_has_its_reason():
    clicks = world(3)
    nothing = clicks._replace(row=clicks.row[:0], arrival=clicks.arrival[:0], money=clicks.money[:0])
    found = table(evaluate_value(nothing, window=DAY, start=0, end=3 * DAY))
    assert found["overall", 0, "", "true", "value_ratio"][4] == "no money received"
    assert found["overall", 0, "", "true", "mae_log_gifts"][4] == "no gifts"
    assert found["overall", 0, "", "true", "spearman"][4] == "no money received"
    assert np.isfinite(found["overall", 0, "", "true", "mae_log"][0])
    few = table(evaluate_value(clicks, window=DAY, start=DAY, end=DAY + HOUR))
    assert few["overall", DAY, "", "true", "mae_log"][4] == "no interval: 1 days, 5 needed"
    empty = table(evaluate_value(clicks, window=DAY, start=9 * DAY, end=9 * DAY))
    assert {row[4] for row in empty.values()} == {"no clicks"}
    young = table(evaluate_value(clicks._replace(n_mature=0), window=DAY, start=0, end=3 * DAY))
    assert young["overall", 0, "", "true", "mae_log"][4] == "no mature labels"
    assert np.isfinite(young["overall", 0, "", "as_seen", "mae_log"][0])


def test_a_later_future_moves_no_window_as_seen():
    clicks = world(4)
    moment = 2 * DAY
    before = np.searchsorted(clicks.click_time, moment)
    later = clicks.arrival > moment
    changed = clicks._replace(
        prediction=np.where(np.arange(len(clicks.prediction)) < before, clicks.prediction, np.float32(7)),
        money=np.where(later, clicks.money * 3, clicks.money),
        n_mature=clicks.n_mature - 40,
    )
    one, other = (table(evaluate_value(c, window=HOUR, start=0, end=3 * DAY)) for c in (clicks, changed))
    past = [key for key in one if key[0] == "window" and key[1] + HOUR <= moment and key[3] == "as_seen"]
    assert len(past) > 100
    assert all(np.array_equal(one[key][0], other[key][0], equal_nan=True) for key in past)


def test_predictions_that_are_not_finite_are_refused():
    clicks = world(5)
    bad = clicks.prediction.copy()
    bad[7] = np.nan
    with pytest.raises(ValueError, match="must be finite"):
        evaluate_value(clicks._replace(prediction=bad), window=DAY, start=0, end=3 * DAY)


def test_ranks_resampled_from_counts_are_those_of_resampled_clicks():
    rng = np.random.default_rng(6)
    clicks = world(6, n=20_000, days=12, gift_rate=0.05)
    score = clicks.prediction * np.exp(rng.normal(0, 0.01, len(clicks.prediction)))
    boost = np.zeros(len(score))
    boost[clicks.row] = clicks.money / 1e6
    clicks = clicks._replace(prediction=(score + 0.3 * np.maximum(boost, 0) ** 0.3).astype(np.float32))
    judged = evaluate_value(clicks, window=DAY, start=0, end=12 * DAY, replicates=40)
    days, value = judged.days, values(clicks)
    day = clicks.click_time // DAY
    rows = [np.flatnonzero((day == d) & (np.arange(len(day)) < clicks.n_mature)) for d in days.day]
    for name in ("spearman", "top5_overlap", "top10_overlap", "top5_value_share", "top10_value_share", "ndcg_100"):
        exact = []
        for weight in days.weights.astype(int):
            drawn = np.concatenate([np.tile(of_day, times) for of_day, times in zip(rows, weight, strict=True)])
            exact.append(PLAIN[name](value[drawn], clicks.prediction[drawn]))
        kept = days.replicates[name]
        assert np.corrcoef(kept, exact)[0, 1] > 0.95, name
        assert np.abs(kept - np.array(exact)).max() < 0.15 * np.abs(exact).max(), name


def heavy(rng, days):
    """Return money predicted, exactly right in expectation, and received by day, with an infinite variance."""
    expected = 300 * np.exp(rng.normal(0, 0.3, days))
    received = [2 * (rng.pareto(1.5, n) + 1).sum() for n in rng.poisson(expected)]
    return expected * 6, np.array(received)


def test_intervals_of_money_cover_the_truth_where_the_usual_bootstrap_does_not():
    rng = np.random.default_rng(7)
    ours = usual = 0
    for trial in range(200):
        predicted, received = heavy(rng, 28)
        found = ratio_interval(predicted, received, few_day_weights(28, 300, trial))
        ours += found.low <= 1 <= found.high
        weights = day_weights(28, 300, trial)
        low, high = np.quantile((weights @ predicted) / (weights @ received), [0.025, 0.975])
        usual += low <= 1 <= high
    assert ours >= 0.9 * 200
    assert usual <= 0.87 * 200


def test_intervals_are_not_much_wider_where_tails_are_light():
    rng = np.random.default_rng(8)
    covered, wider = 0, []
    for trial in range(200):
        received = rng.normal(100, 10, 28)
        found = mean_interval(received, np.ones(28), few_day_weights(28, 300, trial))
        covered += found.low <= 100 <= found.high
        wider.append((found.high - found.low) / (2 * 2.05 * received.std(ddof=1) / np.sqrt(28)))
    assert covered >= 0.92 * 200
    assert np.median(wider) < 1.6


def test_money_that_every_day_says_the_same_of_has_no_width():
    found = ratio_interval(np.arange(1.0, 9), 2 * np.arange(1.0, 9), few_day_weights(8, 100, 0))
    assert found == (0.5, 0.5, 0.5)


def test_a_difference_of_a_method_and_itself_is_nothing_and_of_a_worse_one_is_seen():
    clicks = world(9, n=20_000, days=12, gift_rate=0.05)
    signal = np.zeros(len(clicks.prediction))
    signal[clicks.row] = 1
    better = clicks._replace(prediction=(clicks.prediction * np.exp(signal)).astype(np.float32))
    one, other = (evaluate_value(c, window=DAY, start=0, end=12 * DAY).days for c in (clicks, better))
    a, b = (table(evaluate_value(c, window=DAY, start=0, end=12 * DAY, replicates=20)) for c in (better, clicks))
    for name in ("mae_log", "spearman", "top5_value_share", "poisson_deviance"):
        same = value_difference(one, one, name)
        assert same == (0, 0, 0)
        found = value_difference(other, one, name)
        key = ("overall", 0, "", "true", name)
        assert found.value == pytest.approx(a[key][0] - b[key][0])
        assert found.low <= found.value <= found.high
    assert value_difference(other, one, "spearman").low > 0
    with pytest.raises(ValueError, match="same days"):
        value_difference(one, one._replace(day=one.day + 1), "spearman")


def test_every_metric_says_what_it_is_about_by_its_ending():
    for name, metric in VALUE_METRICS.items():
        assert metric.name == name
        assert name.endswith({"clicks": "", "gifts": "_gifts", "amount": "_amount"}[metric.about])
        assert (metric.of_order is None) == (metric.part is not None)


def test_days_without_money_leave_intervals_as_wide_as_they_must_be():
    weights = few_day_weights(9, 200, 0)
    rare = np.array([0.0, 0, 0, 0, 0, 0, 0, 5, 0])
    assert np.isnan(ratio_interval(np.ones(9), rare, weights)[1:]).all()
    assert np.isnan(mean_interval(rare, (rare > 0).astype(float), weights)[1:]).all()
    found = mean_interval(rare, np.ones(9), weights)
    assert found.low <= found.value <= found.high or np.isnan(found.low)


def test_short_logs_are_resampled_in_parts_of_days():
    assert block_length(np.arange(0, 20 * DAY, HOUR)) == DAY
    assert block_length(np.arange(0, 5 * DAY, HOUR)) == DAY // 4
    uneven = np.sort(np.concatenate((np.arange(0, 5 * DAY, HOUR // 60), np.arange(0, 15 * DAY, DAY))))
    assert block_length(uneven) == DAY // 4
    assert block_length(np.arange(0, HOUR, HOUR // 60)) == DAY
    assert block_length(np.empty(0, np.int64)) == DAY
    found = table(evaluate_value(world(10, n=3000), window=DAY, start=0, end=3 * DAY))
    assert np.isfinite(found["overall", 0, "", "true", "mae_log"][1])


def test_stretches_with_few_clicks_go_with_their_neighbours():
    busy = np.arange(0, 8 * DAY, HOUR // 10)
    time = np.sort(np.concatenate((busy, 8 * DAY + np.arange(0, 12 * DAY, DAY))))
    pieces = cut(time, DAY, 0, 20 * DAY, len(time))
    assert pieces.length == DAY
    clicks = np.bincount(pieces.block, np.diff(pieces.edges))
    assert clicks.tolist() == [240] * 7 + [252]
    assert (np.diff(pieces.block) >= 0).all()
