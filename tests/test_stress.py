"""`latelabel stress`: what is played, what windows miss, and which windows the days cannot tell from the best."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from frames import changed, frame
from hypothesis import given
from hypothesis import strategies as st
from test_report import Page

from scenarios import ScenarioError
from scenarios.durations import HOUR
from simulator import run
from simulator.cli import main
from simulator.stress import Request, stress
from simulator.stress.best import best_of, step
from simulator.stress.losses import LOSSES, Daily, block_length, block_weights, resampled, total
from simulator.stress.plan import stress_plan
from simulator.stress.words import told

NLL = LOSSES["nll"]
SCENARIO = """
name = "mine"
[log]
kind = "table"
path = "log.parquet"
categorical = ["campaign"]
numeric = []
[clock]
attribution_window = "2d"
evaluate_from = "3d"
publish_every = "2h"
publish_lag = "1h"
[learner]
bits = 10
[metrics]
bootstrap = 20
segments = ["campaign"]
[[method]]
name = "oracle"
[[method]]
name = "waiting_window"
window = "30m"
[[method]]
name = "fnw"
[grid]
"feed.latency" = ["0s", "3h"]
"waiting_window.window" = ["1h", "2h"]
"""


def days(excess, *, noise=0.01, n=20, seed=0, clicks=1_000):
    """Return the daily losses of setups that are worse than the first by `excess` on the mean."""
    random = np.random.default_rng(seed)
    shared = random.normal(0, 0.05, n)  # good and bad days, for all of them
    own = random.normal(0, noise, (len(excess), n))
    loss = 0.5 + np.asarray(excess)[:, None] + shared + own
    return Daily(np.arange(n), loss * clicks, np.full(n, float(clicks)))


class TestTheSetOfTheBest:
    def test_one_that_is_clearly_best_stands_alone(self):
        found = best_of(NLL, days([0.0, 0.1, 0.2]), 500, 1)
        assert (found.best, found.kept) == (0, [0])
        assert found.low[1] < found.excess[1] < found.high[1]
        assert found.low[1] > 0.08

    def test_what_is_the_same_cannot_be_told_apart(self):
        daily = days([0.0, 0.0])
        same = Daily(daily.day, daily.above[[0, 0, 1]], daily.below)
        assert best_of(NLL, same, 500, 1).kept[:2] == [0, 1]

    def test_one_that_is_a_little_worse_on_every_day_is_told_apart(self):
        daily = days([0.0])
        two = Daily(daily.day, np.vstack([daily.above, daily.above + 0.001 * daily.below]), daily.below)
        assert best_of(NLL, two, 200, 1).kept == [0]

    def test_it_holds_the_best_in_95_of_100_draws(self):
        held = [0 in best_of(NLL, days([0.0, 0.002, 0.004, 0.02], seed=seed), 200, seed).kept for seed in range(200)]
        sharp = [3 in best_of(NLL, days([0.0, 0.002, 0.004, 0.02], seed=seed), 200, seed).kept for seed in range(50)]
        assert np.mean(held) >= 0.95
        assert np.mean(sharp) < 0.5

    def test_with_few_days_nothing_is_said(self):
        assert best_of(NLL, days([0.0, 0.1], n=4), 500, 1).kept is None
        assert np.isnan(step(NLL, days([0.0, 0.1], n=4), (0, 1), 500, 1).low)

    def test_a_step_is_the_difference_with_its_interval(self):
        daily = days([0.0, 0.05])
        found = step(NLL, daily, (0, 1), 500, 1)
        value = total(NLL, daily)
        assert found.difference == pytest.approx(value[1] - value[0])
        assert found.low < found.difference < found.high

    @given(st.integers(1, 60), st.integers(0, 5))
    def test_blocks_draw_as_many_days_as_there_are(self, n_days, seed):
        weights = block_weights(n_days, 20, seed)
        assert weights.shape == (20, n_days)
        assert (weights.sum(axis=1) == n_days).all()
        assert 1 <= block_length(n_days) <= n_days

    def test_calibration_is_judged_by_all_days_together(self):
        daily = Daily(np.arange(2), np.array([[10.0, 30.0]]), np.array([20.0, 20.0]))
        assert total(LOSSES["calibration"], daily) == pytest.approx([0.0])
        found = resampled(LOSSES["calibration"], daily, np.array([[2.0, 0.0]]))
        assert found == pytest.approx(np.array([[np.log(2)]]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stress")
    frame().to_parquet(folder / "log.parquet")
    (folder / "mine.toml").write_text(SCENARIO)
    return folder


@pytest.fixture(scope="module")
def result(folder):
    request = Request(str(folder / "mine.toml"), windows=["1h", "12h", "2d"])
    return stress(request, out=folder / "out")


def test_the_ladder_ends_with_the_whole_window(folder):
    plan = stress_plan(Request(str(folder / "mine.toml"), attribution_windows=["12h", "2d"]))
    assert list(plan.grid.axes) == ["clock.attribution_window", "feed.latency"]
    assert len(plan.grid.cells) == 4
    labels = [[spec.label for spec in cell.scenario.methods] for cell in plan.grid.cells]
    waits = [f"waiting_window-{window}" for window in ("5m", "15m", "1h", "3h", "6h", "12h")]
    assert labels[0] == ["oracle", *waits, "fnw"]
    assert labels[2] == ["oracle", *waits, "waiting_window-1d", "waiting_window-2d", "fnw"]


def test_methods_that_are_asked_for_get_every_window_they_take(folder):
    plan = stress_plan(Request(str(folder / "mine.toml"), windows=["1h", "2d"], methods=["es_dfm", "fnc"]))
    labels = [spec.label for spec in plan.grid.cells[0].scenario.methods]
    assert labels[:2] == ["oracle", "es_dfm-1h"]
    assert labels[-1] == "fnc"


def test_what_is_wrong_is_told_at_once(folder):
    asked = {"windows": ["1x"], "methods": ["nobody"], "loss": "nil", "overrides": ["clock.attribution_window=5"]}
    with pytest.raises(ScenarioError) as error:
        stress_plan(Request(str(folder / "mine.toml"), **asked))
    found = {problem.key for problem in error.value.problems}
    assert found == {"--windows", "--methods", "--loss", "clock.attribution_window"}
    with pytest.raises(ScenarioError, match="expected windows up to the attribution window, 2d, got none"):
        stress_plan(Request(str(folder / "mine.toml"), windows=["3d"]))


def test_figures_are_those_of_the_scenario_run_alone(folder, result):
    scenario = stress_plan(Request(str(folder / "mine.toml"), windows=["1h", "12h", "2d"])).grid.cells[1].scenario
    alone = run(scenario, out=folder / "alone").overall
    setting = result.found["settings"][1]
    assert setting["choice"] == {"clock.attribution_window": "2d", "feed.latency": "3h"}
    for row in setting["methods"]["waiting_window"]["windows"]:
        for metric in ("nll", "calibration_ratio", "auc"):
            assert row["metrics"][metric]["value"] == alone.loc[row["label"], metric]
        assert row["loss"] == pytest.approx(row["metrics"]["nll"]["value"], rel=1e-12)
        assert row["freshness_us"] == row["us"] + 2 * HOUR
    assert setting["references"]["fnw"]["nll"]["value"] == alone.loc["fnw", "nll"]


@pytest.mark.parametrize("number", [0, 1])
def test_missed_conversions_are_those_that_arrive_after_the_window(result, number):
    log = frame()
    latency = pd.Timedelta(hours=3 * number)
    start = log["click_time"].min() + pd.Timedelta(days=3)
    until = max(log["click_time"].max(), log["conversion_time"].max()) - pd.Timedelta(days=2)
    delay = log["conversion_time"] - log["click_time"]
    judged = log["click_time"].between(start, until) & (delay <= pd.Timedelta(days=2))
    found = result.found["settings"][number]["missed"]
    assert found["windows"] == ["1h", "12h", "2d"]
    for one in found["segments"]:
        campaign = one["segment"].removeprefix("campaign=")
        mine = judged & ((log["campaign"].fillna("(missing)") == campaign) if one["segment"] else True)
        assert one["conversions"] == mine.sum()
        for window, share in zip(found["windows"], one["share"], strict=True):
            assert share == pytest.approx(((delay + latency)[mine] > pd.Timedelta(window.replace("d", "D"))).mean())


def test_the_answer_names_the_window_of_lowest_loss(result):
    method = result.found["settings"][0]["methods"]["waiting_window"]
    losses = {row["window"]: row["loss"] for row in method["windows"]}
    assert method["best"] == min(losses, key=losses.get)
    said = told(result.found)
    assert said[0].startswith("With latency = 0s, waiting_window: ")
    assert f"the lowest NLL is with a window of {method['best']}" in said[0]
    assert "is evaluated from" not in " ".join(said)
    assert any(sentence.startswith("With latency = 3h: lowest NLL with waiting_window") for sentence in said)


def test_machine_readable_results_and_the_report(result, capsys):
    table = pq.read_table(result.folder / "stress.parquet").to_pandas()
    setting = result.found["settings"][0]
    row = setting["methods"]["waiting_window"]["windows"][1]
    found = table.query("`feed.latency` == '0s' and window == '12h'").set_index("metric")["value"]
    assert found["excess_loss"] == row["excess"]
    assert found["missed"] == row["missed"]
    assert found["auc"] == row["metrics"]["auc"]["value"]
    before = result.report.read_text("utf-8")
    assert main(["report", str(result.folder)]) == 0
    assert result.report.read_text("utf-8") == before
    page = Page(before)
    assert told(result.found)[0] in page.text
    assert json.loads((result.folder / "stress.json").read_text())["loss"] == "nll"
    capsys.readouterr()


def test_a_window_that_has_learned_nothing_yet_is_warned_of(folder):
    request = Request(str(folder / "mine.toml"), ["clock.evaluate_from=1d", "grid={}"], windows=["2d"])
    found = stress(request, out=folder / "early").found
    assert any("It is evaluated from 1d on, when a window of 2d has learned nothing" in one for one in told(found))


def test_a_bare_log_on_the_command_line(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    options = [
        "--windows",
        "1h",
        "1d",
        "--set",
        "clock.attribution_window=1d",
        "--set",
        "log.numeric=[]",
        "--loss",
        "brier",
    ]
    assert main(["stress", "log.parquet", *options]) == 0
    out, _ = capsys.readouterr()
    assert "waiting_window: the lowest Brier score is with a window of" in " ".join(out.split())
    assert (folder / "runs" / "stress-log" / "stress.parquet").is_file()
    assert main(["stress", "nothing.parquet"]) == 2


def test_a_log_without_mature_labels_has_no_best_window(tmp_path):
    scenario = changed(metrics={"bootstrap": 0}, clock={"attribution_window": "30d", "evaluate_from": "3d"})
    frame(300).to_parquet(tmp_path / "log.parquet")
    scenario["log"]["path"] = str(tmp_path / "log.parquet")
    (tmp_path / "x.toml").write_text(_toml(scenario))
    found = stress(Request(str(tmp_path / "x.toml"), windows=["1h", "1d"]), out=tmp_path / "out").found
    assert found["settings"][0]["methods"]["waiting_window"]["best"] is None
    assert told(found)[0].startswith("No window can be called best")


def _toml(scenario):
    from simulator.report.toml import toml  # noqa: PLC0415  (one test's)

    return toml(scenario)
