"""Runs of methods that predict money: what they leave, and what is said of it."""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from simulator import build, terminal
from simulator.metrics.value import VALUE_METRICS, errors, ranking
from simulator.report.charts import charts
from simulator.report.summary import summarize
from simulator.runner import run

SCENARIO = {
    "name": "money",
    "seed": 3,
    "log": {"kind": "livestream", "clicks": 8_000, "days": 10.0, "users": 300, "streamers": 60, "gift_rate": 0.2},
    "clock": {"attribution_window": "12h", "evaluate_from": "2d", "publish_every": "3h"},
    "learner": {"bits": 12, "learning_rate": 0.2},
    "metrics": {"segments": ["user_tier"], "bootstrap": 50},
    "method": [
        {"name": "value_oracle"},
        {"name": "two_stage", "amount": "poisson"},
        {"name": "value_delta", "label": "direct"},
        {"name": "gifts_only", "loss": "poisson"},
    ],
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    scenario = build.load(SCENARIO)
    return run(scenario, out=tmp_path_factory.mktemp("runs") / "money")


def test_metrics_are_those_of_the_predictions_it_leaves(result):
    overall = result.overall
    for method in ("two_stage", "direct", "gifts_only"):
        kept = result.predictions(method)
        start = np.datetime64(result.record["clock"]["evaluate_from"][:-1], "us")
        kept = kept[(kept["click_time"].dt.tz_localize(None) >= start) & kept["value"].notna()]
        value, served = kept["value"].to_numpy(), kept["prediction"].to_numpy()
        for name, function in (
            ("value_ratio", errors.value_ratio),
            ("mae_log", errors.mae_log),
            ("poisson_deviance", errors.poisson_deviance),
            ("spearman", ranking.spearman),
            ("ndcg_100", ranking.ndcg),
        ):
            assert overall.loc[method, name] == pytest.approx(function(value, served)), name
        gifts = value > 0
        assert overall.loc[method, "spearman_gifts"] == pytest.approx(ranking.spearman(value[gifts], served[gifts]))
        truth = kept["true_value"].to_numpy(np.float64)
        assert overall.loc[method, "value_bias"] == pytest.approx((served - truth).mean())
    kept = kept.assign(amount=result.predictions("two_stage").loc[kept.index, "amount"])
    found = errors.gamma_deviance(kept["value"][gifts], kept["amount"][gifts])
    assert overall.loc["two_stage", "gamma_deviance_amount"] == pytest.approx(found)


def test_an_amount_stage_and_a_model_of_gifts_alone_are_the_same_model(result):
    amount = result.predictions("two_stage")["amount"]
    np.testing.assert_array_equal(amount, result.predictions("gifts_only")["prediction"])
    found = [
        one
        for one in result.record["money"]["differences"]
        if (one["a"], one["b"], one["metric"]) == ("two_stage", "gifts_only", "gamma_deviance_gifts")
    ]
    assert found[0]["difference"] == found[0]["low"] == found[0]["high"] == 0


def test_each_curve_has_every_metric_it_can_have(result):
    metrics = result.metrics
    rows = metrics[(metrics["method"] == "two_stage") & (metrics["span"] == "overall") & (metrics["segment"] == "")]
    true = set(rows[rows["curve"] == "true"]["metric"])
    assert set(VALUE_METRICS) < true
    assert {"nll", "pr_auc", "ece"} < true
    assert {name for name in VALUE_METRICS if VALUE_METRICS[name].truth} == set(VALUE_METRICS) - set(
        rows[rows["curve"] == "as_seen"]["metric"]
    )
    direct = metrics[metrics["method"] == "direct"]
    assert not direct["metric"].str.endswith("_amount").any()
    empty = metrics[metrics["value"].isna()]
    assert (empty["reason"] != "").all()
    segments = metrics[(metrics["segment"] != "") & (metrics["metric"] == "value_ratio") & (metrics["curve"] == "true")]
    assert segments["low"].notna().any()


def test_money_of_the_log_is_that_of_its_ledger(result):
    received = result.record["money"]["received"]
    kept = result.predictions("gifts_only")
    start = np.datetime64(result.record["clock"]["evaluate_from"][:-1], "us")
    kept = kept[kept["click_time"].dt.tz_localize(None) >= start]
    assert received["money"] == pytest.approx(kept["value"].sum())
    assert received["gifts"] == (kept["value"] > 0).sum()
    assert received["largest"] == pytest.approx(kept["value"].max() / kept["value"].sum())
    assert received["effective"] == pytest.approx(kept["value"].sum() ** 2 / (kept["value"] ** 2).sum())


def test_importance_knows_the_stages_and_the_features(result):
    features = result.record["log"]["features"]
    looks = {one["stage"]: one for one in result.record["money"]["methods"]["two_stage"]["importance"]}
    assert set(looks) == {"probability", "amount", "served"}
    for look in looks.values():
        assert set(look["increase"]) == {name for some in features.values() for name in some}
    assert max(looks["amount"]["increase"], key=looks["amount"]["increase"].get) in ("user_tier", "user_id")
    assert max(looks["probability"]["increase"].values()) > 0


def test_the_report_answers_about_money_and_never_ranks_a_model_of_gifts_among_clicks(result):
    summary = summarize(result.folder)
    answer = summary["answer"]
    assert answer["lead"].startswith("For money, ")
    assert "gifts_only" not in answer["lead"]
    assert any("gifts_only says what a click is worth if it brings something" in text for text in answer["more"])
    for row in summary["money"]["table"]["rows"]:
        if row["method"]["label"] in ("gifts_only", "value_oracle"):
            assert not any(cell["best"] for cell in row["cells"])
    rows = {row["method"]["label"]: row["cells"] for row in summary["money"]["differences"]["rows"]}
    assert all(cell["text"] == "\u2014" for cell in rows["gifts_only"][:8])
    rated = [row["method"]["label"] for row in summary["table"]["rows"]]
    assert rated == ["two_stage"]
    assert "ECE" in summary["money"]["stage_notes"][0]


def test_figures_of_money_hold_what_the_run_measured(result):
    summary = summarize(result.folder)
    figures = charts(summary)
    wanted = {"capture", "capture-gifts", "deciles", "lorenz", "precision", "money-time", "money-ratio", "density-1"}
    assert wanted <= set(figures)
    lines = {trace["name"]: trace for trace in figures["capture"]["data"]}
    assert "gifts_only" not in lines
    shares = lines["two_stage"]
    at = int(np.argmin(np.abs(np.array(shares["x"]) - 0.05)))
    assert shares["y"][at] == pytest.approx(result.overall.loc["two_stage", "top5_value_share"], abs=0.02)
    assert shares["y"][-1] == pytest.approx(1)
    assert all(np.diff(shares["y"]) >= -1e-12)
    gifts = sum(sum(row) for row in summary["money"]["methods"][1]["density"]["gifts"])
    assert gifts == summary["money"]["methods"][1]["metrics"]["mae_log_amount"]["clicks"]
    deciles = summary["money"]["methods"][1]["deciles"][""]
    total = np.dot(deciles["received"], deciles["clicks"])
    assert total == pytest.approx(result.record["money"]["received"]["money"])
    assert np.dot(deciles["predicted"], deciles["clicks"]) / total == pytest.approx(
        result.overall.loc["two_stage", "value_ratio"], rel=1e-5
    )


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids = []

    def handle_starttag(self, tag, attrs):
        self.ids += [value for key, value in attrs if key == "id"]


def test_the_page_has_its_sections_once(result):
    text = result.report.read_text("utf-8")
    reader = _Reader()
    reader.feed(re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    assert {"money", "money-gifts", "capture", "deciles", "money-time", "importance", "overall"} <= set(reader.ids)
    assert len(reader.ids) == len(set(reader.ids))
    assert "Stage one: the probability of a gift" in text


def test_the_terminal_shows_money(result, capsys):
    terminal.show(result)
    printed = capsys.readouterr().out
    assert "money: predicted over received" in printed
    assert "the chance of a gift" in printed
    amounts = printed[printed.index("amounts of gifts") :]
    assert "two_stage" in amounts
    assert "gifts_only" in amounts
    money = printed[printed.index("money: ") : printed.index("amounts of gifts")]
    assert "gifts_only" not in money


def test_methods_are_the_same_alone_and_together_and_in_threads(result, tmp_path):
    alone = run(build.load(SCENARIO | {"method": SCENARIO["method"][1:2]}), out=tmp_path / "alone")
    threads = run(build.load(SCENARIO), out=tmp_path / "threads", jobs=2)
    label = "two_stage"
    one, other, third = (
        r.metrics[r.metrics["method"] == label].reset_index(drop=True) for r in (result, alone, threads)
    )
    assert one.equals(other)
    assert one.equals(third)
    kept = [json.dumps(r.record["money"]["methods"][label]) for r in (result, alone, threads)]
    assert kept[0] == kept[1] == kept[2]


def test_a_mixed_run_keeps_its_answer_about_conversions(tmp_path):
    methods = [{"name": "fnw"}, {"name": "value_delta"}]
    mixed = run(build.load(SCENARIO | {"method": methods}), out=tmp_path / "mixed")
    summary = summarize(mixed.folder)
    assert summary["answer"]["lead"].startswith("NLL: fnw")
    assert not summary["money"]["alone"]
    assert summary["money"]["answer"]["lead"].startswith("For money, value_delta")
    assert [row["method"]["label"] for row in summary["table"]["rows"]] == ["fnw"]
    assert "Stage one" not in mixed.report.read_text("utf-8").split("<body>")[1].split("<script")[0]


def test_money_that_never_comes_is_no_answer_and_no_failure(tmp_path):
    time = pd.date_range("2026-03-01", periods=2_000, freq="5min")
    early = np.arange(2_000) < 50  # before the evaluation
    frame = pd.DataFrame({"click_time": time, "who": np.arange(2_000) % 7})
    frame["conversion_time"] = (time + pd.Timedelta(minutes=1)).where(early)
    frame["amount"] = np.where(early, 5.0, np.nan)
    log = {"kind": "table", "click_time": "click_time", "conversion_time": "conversion_time", "amount": "amount"}
    log |= {"timezone": "UTC", "categorical": ["who"]}
    plain = SCENARIO | {"log": log, "metrics": {}, "method": [{"name": "two_stage"}, {"name": "value_delta"}]}
    found = run(build.load(plain), log=frame, out=tmp_path / "none")
    metrics = found.metrics
    ratio = metrics[(metrics["metric"] == "value_ratio") & (metrics["span"] == "overall")]
    assert ratio["value"].isna().all()
    assert set(ratio["reason"]) == {"no money received"}
    assert "cannot rank its methods by money" in summarize(found.folder)["answer"]["lead"]


def test_each_method_of_money_is_tuned_by_its_own_deviance(tmp_path):
    tuned = run(build.load(SCENARIO | {"tune": {"learning_rates": [0.01, 0.2]}}), out=tmp_path / "tuned")
    methods = tuned.record["methods"]
    assert methods["direct"]["tuned_on"] == "poisson_deviance"
    assert methods["gifts_only"]["tuned_on"] == "gamma_deviance"
    trials = methods["direct"]["tuning"]
    best = min(trials, key=lambda trial: trial["poisson_deviance"])
    assert methods["direct"]["learning_rate"] == best["learning_rate"]
