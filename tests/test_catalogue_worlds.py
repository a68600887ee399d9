"""What the catalogue says of a sale, of drift and of refunds holds, in smaller copies of its scenarios."""

import numpy as np
import pytest
from test_catalogue_claims import copy

from simulator import load, run


def ratios(result, first, last):
    """Return predicted over expected conversions by method, for the clicks between two days of the log."""
    found = {}
    for method in result.record["methods"]:
        served = result.predictions(method)
        day = (served["click_time"] - served["click_time"].iloc[0]).dt.total_seconds() / 86_400
        some = served[(day >= first) & (day < last)]
        found[method] = float(some["prediction"].sum() / some["true_probability"].sum())
    return found


def test_a_sale_leaves_who_counts_duplicates_too_low_and_then_too_high():
    result = run(load(copy("black-friday", ("oracle", "fnw", "mature_daily", "hazard"), log={"clicks": 60_000})))
    during, after = ratios(result, 20, 21), ratios(result, 24.5, 26)
    assert during["fnw"] < 0.8
    assert after["fnw"] > 1.45
    assert during["mature_daily"] < 0.8
    assert after["mature_daily"] > 1.3
    for when in (during, after):
        assert abs(when["hazard"] - when["oracle"]) < 0.15


def test_slower_labels_leave_a_calibration_by_old_delays_too_low():
    methods = ("fnw", "calibrated_wait", "hazard")
    result = run(load(copy("delay-drift", methods, log={"clicks": 60_000})))
    drifting = ratios(result, 20, 27)
    assert drifting["calibrated_wait"] < 0.95
    assert abs(drifting["fnw"] - 1) < 0.07
    assert abs(drifting["hazard"] - 1) < 0.07


def test_a_drift_of_concepts_hides_from_the_calibration_ratio():
    result = run(load(copy("concept-drift", ("fnw", "frozen"), log={"clicks": 60_000})))
    assert all(abs(ratio - 1) < 0.08 for ratio in ratios(result, 16, 20).values())
    wrong = {}
    for method in ("fnw", "frozen"):
        served = result.predictions(method)
        day = (served["click_time"] - served["click_time"].iloc[0]).dt.total_seconds() / 86_400
        error = (served["prediction"] - served["true_probability"]).abs()
        wrong[method] = [float(error[(day >= a) & (day < b)].mean()) for a, b in ((13, 15), (25, 28))]
    assert wrong["frozen"][1] > 1.5 * wrong["frozen"][0]
    assert wrong["frozen"][1] > 1.3 * wrong["fnw"][1]


def test_refunds_move_money_and_no_label():
    with_, without = (
        run(load(copy("refunds", ("fnw",), log={"clicks": 20_000, "refunds": refunds})))
        for refunds in ({"share": 0.2, "mean": "4d"}, {"share": 0.0})
    )
    np.testing.assert_array_equal(with_.predictions("fnw")["prediction"], without.predictions("fnw")["prediction"])
    assert with_.ledger["conversions"] == without.ledger["conversions"]
    assert with_.ledger["money"]["gift"] == without.ledger["money"]["gift"]
    gifts, back = (float(with_.ledger["money"][kind]["read"]) for kind in ("gift", "refund"))
    assert back / gifts == pytest.approx(-0.2, abs=0.05)
    assert "refunds" not in without.ledger


def test_no_resamples_leave_figures_without_intervals():
    overall = run(load(copy("refunds", ("fnw",), log={"clicks": 5_000}))).metrics.query("span == 'overall'")
    assert overall["value"].notna().any()
    assert overall["low"].isna().all()
