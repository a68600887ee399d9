"""[tune]: every method at its own best learning rate, chosen on what was known before the evaluation."""

import numpy as np
import pandas as pd
import pytest
from frames import START, changed, frame, played

from learners import Logistic
from scenarios import ScenarioError
from simulator import load, run, terminal
from simulator.metrics.likelihood import nll
from simulator.tuning import Trial, best

RATES = [0.01, 0.1, 1.0]
CLOCK = {"attribution_window": "1d", "evaluate_from": "4d", "publish_every": "2h"}
METHODS = [{"name": name} for name in ("oracle", "waiting_window", "fnw", "es_dfm")]
DAY = pd.Timedelta(days=1)


def tuned(**sections):
    return changed(**{"method": METHODS, "clock": CLOCK, "tune": {"learning_rates": RATES}, **sections})


@pytest.fixture(scope="module")
def result():
    return played(frame(), tuned())


def test_a_trial_scores_what_a_run_at_that_rate_predicts_on_clicks_that_were_mature(result):
    log = frame()
    first = log["click_time"].min()
    for rate in RATES:
        at_rate = played(log, changed(method=METHODS, clock=CLOCK, learner={"learning_rate": rate}))
        for label in ("oracle", "fnw", "es_dfm"):
            of = at_rate.predictions(label)
            scored = of[(of["click_time"] >= first + 1.5 * DAY) & (of["click_time"] <= first + 3 * DAY)]
            expected = nll(scored["label"].to_numpy(bool), scored["prediction"].to_numpy())
            trials = {trial["learning_rate"]: trial["nll"] for trial in result.record["methods"][label]["tuning"]}
            assert trials[rate] == expected


def test_each_method_runs_at_its_best_rate(result):
    for label, method in result.record["methods"].items():
        scores = {trial["learning_rate"]: trial["nll"] for trial in method["tuning"]}
        rate = method["learning_rate"]
        assert scores[rate] == min(scores.values())
        assert len(set(scores.values())) == len(RATES)
        alone = changed(method=[{"name": label}], clock=CLOCK, learner={"learning_rate": rate})
        untuned = played(frame(), alone)
        pd.testing.assert_frame_equal(result.predictions(label), untuned.predictions(label), check_exact=True)
        assert "tuning" not in untuned.record["methods"][label]


@pytest.mark.parametrize("feed", [{}, {"kind": "exponential", "latency": "2h"}])
def test_nothing_after_evaluate_from_decides(feed):
    log = frame()
    moment = log["click_time"].min() + 4 * DAY
    other = log.copy()
    later = other["conversion_time"] > moment
    other.loc[later, ["conversion_time", "amount"]] = [pd.NaT, np.nan]
    silent = other["conversion_time"].isna() & (other.index % 2 == 0)
    other.loc[silent, "conversion_time"] = np.maximum(other["click_time"][silent], moment) + pd.Timedelta(hours=1)
    other.loc[other["click_time"] > moment, "campaign"] = "new"
    one, two = (played(each, tuned(feed=feed)).record["methods"] for each in (log, other))
    for label in one:  # the oracle too: whatever it learns before the last scored click is mature by then
        assert one[label]["tuning"] == two[label]["tuning"]


def test_jobs_and_company_change_nothing(result):
    together = played(frame(), tuned(), jobs=2)
    alone = played(frame(), tuned(method=[{"name": "fnw"}]))
    tuning = result.record["methods"]["fnw"]["tuning"]
    assert tuning == together.record["methods"]["fnw"]["tuning"] == alone.record["methods"]["fnw"]["tuning"]


def test_score_from_moves_what_is_scored(result):
    later = played(frame(), tuned(tune={"learning_rates": RATES, "score_from": "2d"}))
    assert later.record["methods"]["fnw"]["tuning"] != result.record["methods"]["fnw"]["tuning"]


def test_the_terminal_shows_how_much_the_rate_matters(result, capsys):
    terminal.show(result)
    printed = capsys.readouterr().out
    assert "NLL by learning rate" in printed
    for label, method in result.record["methods"].items():
        chosen = next(trial["nll"] for trial in method["tuning"] if trial["learning_rate"] == method["learning_rate"])
        assert f"{chosen:.4f}*" in printed, label


def test_best_is_the_lowest_and_the_scenarios_own_where_all_are_the_same():
    assert best([Trial(0.1, 0.5), Trial(0.2, 0.4), Trial(0.3, 0.4)], 9.0) == 0.2
    assert best([Trial(0.1, 0.5), Trial(0.2, float("nan"))], 9.0) == 0.1
    assert best([Trial(0.1, 0.7), Trial(0.2, 0.7)], 9.0) == 9.0
    assert best([Trial(0.1, 0.7)], 9.0) == 0.1


WRONG = {
    "no rate": ({"tune": {"learning_rates": []}}, "tune.learning_rates: expected a list of numbers"),
    "a rate twice": (
        {"tune": {"learning_rates": [0.1, 0.1]}},
        "tune.learning_rates[1]: expected each rate once, got 0.1",
    ),
    "a rate of 0": ({"tune": {"learning_rates": [0.0]}}, "tune.learning_rates[0]: expected"),
    "an early evaluation": (
        {"clock": {"evaluate_from": "1d"}},
        "clock.evaluate_from: expected more than the attribution window, 1d, as [tune] scores clicks mature by then",
    ),
    "a late score": (
        {"tune": {"score_from": "3d"}},
        "tune.score_from: expected less than clock.evaluate_from - attribution_window, 4d - 1d",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_section_is_told_with_what_to_do(case):
    sections, message = WRONG[case]
    sections = {"clock": {**CLOCK, **sections.get("clock", {})}, "tune": sections.get("tune", {})}
    with pytest.raises(ScenarioError) as told:
        load(tuned(**sections))
    assert message in str(told.value)


def test_a_log_without_mature_clicks_is_told_with_what_to_do():
    log = frame()
    gap = (log["click_time"] > START + pd.Timedelta(hours=12)) & (log["click_time"] < START + 3.5 * DAY)
    with pytest.raises(ScenarioError, match=r"or set tune\.score_from lower"):
        played(log[~gap], tuned())


def test_a_learner_of_ones_own_is_not_tuned():
    with pytest.raises(ScenarioError, match=r"tune: expected no \[tune\] where the learner is handed over"):
        run(load(tuned()), log=frame(), learner=Logistic(bits=10))


def test_an_empty_log_has_nothing_to_tune():
    assert played(frame()[:0], tuned()).record["log"]["clicks"] == 0
