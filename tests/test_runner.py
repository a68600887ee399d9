"""What a run makes of odd logs, of a user's own learner, and of its own result."""

import numpy as np
import pandas as pd
import pytest
from frames import changed, frame, played
from river import linear_model
from sklearn.linear_model import SGDClassifier

from learners import RiverLearner, SklearnLearner
from scenarios import ScenarioError

NO_WARM_UP = {"evaluate_from": "0s"}


def answers(result, metric, method="oracle"):
    overall = result.metrics.query("span == 'overall' and curve == 'true' and segment == '' and method == @method")
    row = overall.set_index("metric").loc[metric]
    return row["value"], row["reason"]


def test_metrics_are_those_of_the_predictions():
    result = played(frame())
    predictions = result.predictions("fnw")
    start = pd.Timestamp(result.record["clock"]["evaluate_from"])
    judged = predictions[(predictions["click_time"] >= start) & predictions["label"].notna()]
    assert 0 < len(judged) < len(predictions)
    value, reason = answers(result, "calibration_ratio", "fnw")
    assert value == pytest.approx(
        judged["prediction"].astype(float).sum() / judged["label"].astype(bool).sum(), rel=1e-9
    )
    assert not reason or reason.startswith("no interval")


def test_labels_are_null_until_they_are_mature_for_positives_too():
    log = frame()
    predictions = played(log).predictions("fnw")
    observed_until = max(log["click_time"].max(), log["conversion_time"].max())
    mature = predictions["click_time"] <= observed_until - pd.Timedelta(days=2)
    np.testing.assert_array_equal(predictions["label"].notna(), mature)
    delay = log["conversion_time"] - log["click_time"]
    expected = (delay <= pd.Timedelta(days=2))[mature]
    np.testing.assert_array_equal(predictions["label"][mature].astype(bool), expected)


ODD = {
    "no click": (frame(0), "no clicks"),
    "one click": (frame(1), "no mature labels"),
    "none positive": (
        frame().assign(conversion_time=lambda log: log["conversion_time"].where(log["price"] < 0), amount=np.nan),
        "no conversions",
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_logs_give_a_valid_result_with_reasons(case):
    log, why = ODD[case]
    result = played(log, changed(clock=NO_WARM_UP, method=[{"name": "oracle"}, {"name": "fnw"}]))
    value, reason = answers(result, "calibration_ratio")
    assert np.isnan(value)
    assert reason in (why, "no conversions", "no clicks")
    assert result.report.is_file()
    assert result.ledger["balanced"]


def test_all_positive_has_no_auc():
    log = frame()
    log["conversion_time"] = log["click_time"] + pd.Timedelta(hours=1)
    log["amount"] = 1.0
    result = played(log)
    value, reason = answers(result, "auc")
    assert np.isnan(value)
    assert reason == "no non-conversions"


def test_an_evaluation_past_the_logs_end_is_a_wrong_request():
    with pytest.raises(
        ScenarioError, match=r"clock.evaluate_from: expected less than the log's length, 7\.9\d days, got 20d"
    ):
        played(frame(), changed(clock={"evaluate_from": "20d"}))


def test_segments_and_their_ledger():
    result = played(frame(), changed(metrics={"segments": ["campaign"]}))
    segments = set(result.metrics["segment"])
    assert {"", "campaign=a", "campaign=(missing)"} <= segments
    overall = result.metrics.query("span == 'overall' and curve == 'true' and metric == 'nll' and method == 'fnw'")
    whole = overall.loc[overall["segment"] == "", "clicks"].item()
    assert overall.loc[overall["segment"] != "", "clicks"].sum() == whole


def test_money_is_conserved_to_the_cent():
    log = frame()
    money = played(log).ledger["money"]["conversion"]
    cents = {where: round(float(amount) * 100) for where, amount in money.items() if where != "quarantined"}
    assert cents["read"] == round(log["amount"].sum() * 100)
    assert cents["read"] == cents["delivered"] + cents["pending"] + cents["outside_window"] + cents["repeat"]


def test_late_labels_of_a_slow_feed_stay_pending():
    prompt = played(frame()).ledger["conversions"]
    late = played(frame(), changed(feed={"latency": "1d"})).ledger["conversions"]
    assert late["pending"] > prompt["pending"]
    assert late["pending"] + late["delivered"] == prompt["pending"] + prompt["delivered"]


def test_a_users_own_scikit_learn_model():
    model = SGDClassifier(loss="log_loss", shuffle=False, learning_rate="constant", eta0=0.05)
    result = played(frame(200), changed(clock=NO_WARM_UP), learner=SklearnLearner(model, bits=10))
    assert result.predictions("fnw")["prediction"].nunique() > 50


def test_a_users_own_river_model():
    result = played(
        frame(200), changed(clock=NO_WARM_UP), learner=RiverLearner(linear_model.LogisticRegression(), features="slots")
    )
    assert result.predictions("fnw")["prediction"].nunique() > 50


def test_a_run_says_where_refused_rows_are_listed():
    log = frame()
    log.loc[3, "conversion_time"] = log["click_time"][3] - pd.Timedelta(hours=1)
    log.loc[3, "amount"] = 1.0
    result = played(log)
    (note,) = [note for note in result.record["log"]["notes"] if "refused" in note]
    listed = pd.read_parquet(note.rpartition(" ")[2])
    assert listed["reason"].tolist() == ["outcome_before_click"]
    assert result.ledger["conversions"]["quarantined"] == {"outcome_before_click": 1}
