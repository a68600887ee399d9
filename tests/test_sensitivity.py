"""The report's section on learning rates: what `[tune]` tried, drawn, tabled and told."""

import json

import numpy as np
import pytest
from frames import changed, frame, played
from hypothesis import given
from hypothesis import strategies as st

from simulator.report import write_report
from simulator.report.charts import charts
from simulator.report.sensitivity import sensitivities
from simulator.report.summary import summarize
from tests.fake_run import write_fake_run

RATES = [0.01, 0.1, 0.5]
LOSS = {"oracle": [0.3, 0.1, 0.2], "fnw": [0.4, 0.3, 0.2], "fnc": [0.35, 0.36, 0.5], "gdfm": [0.5, None, 9.0]}
CHOSE = {"oracle": 0.1, "fnw": 0.5, "fnc": 0.01, "gdfm": 0.01}
FINITE = st.floats(0.1, 3.0)
LOSSES = st.lists(st.lists(FINITE | st.none(), min_size=3, max_size=3).filter(any), min_size=1, max_size=6)


def kept(losses, chose, rates=RATES, on="nll"):
    trials = [{"learning_rate": rate, on: loss} for rate, loss in zip(rates, losses, strict=True)]
    return {"learning_rate": chose, "tuned_on": on, "tuning": trials}


def tables(entries):
    methods = [{"label": label, "bound": label == "oracle"} for label in entries]
    return sensitivities({"methods": entries}, methods)


@pytest.fixture
def table():
    return tables({label: kept(LOSS[label], CHOSE[label]) for label in LOSS})[0]


def test_what_a_run_tried_is_what_its_report_shows(tmp_path):
    clock = {"attribution_window": "1d", "evaluate_from": "4d", "publish_every": "2h"}
    methods = [{"name": name} for name in ("oracle", "fnw", "waiting_window")]
    result = played(frame(), changed(method=methods, clock=clock, tune={"learning_rates": RATES}), out=tmp_path / "run")
    lines = {line["meta"]: line for line in charts(summarize(result.folder))["tuning-nll"]["data"]}
    assert set(lines) == set(result.record["methods"])
    for label, method in result.record["methods"].items():
        line = lines[label]
        assert dict(zip(line["x"], line["y"], strict=True)) == {
            trial["learning_rate"]: trial["nll"] for trial in method["tuning"]
        }
        assert line["y"][int(np.argmax(line["marker"]["size"]))] == min(line["y"])
    page = (result.folder / "report.html").read_text("utf-8")
    assert page.count("How much the learning rate matters") == 1
    for method in result.record["methods"].values():
        lowest = min(trial["nll"] for trial in method["tuning"])
        assert f'<b class="chosen">{lowest:.4f}<' in page


def test_a_run_without_tuning_has_no_such_section(tmp_path):
    write_fake_run(tmp_path)
    assert summarize(tmp_path)["tuning"] == []
    assert "learning rate matters" not in write_report(tmp_path).read_text("utf-8")


def test_runs_of_before_money_was_learned_were_tuned_on_nll(table):
    old = {label: kept(LOSS[label], CHOSE[label]) for label in LOSS}
    for method in old.values():
        del method["tuned_on"]
    assert tables(old) == [table]


def test_choices_at_the_edge_are_told_in_words(table):
    assert table["told"] == [
        "fnc and gdfm chose 0.01, the smallest rate that was tried: a smaller one may suit them better still.",
        "fnw chose 0.5, the largest rate that was tried: a larger one may suit it better still.",
    ]


@pytest.mark.parametrize("rates", [[0.1], [0.01, 0.1, 0.5]])
def test_one_rate_has_no_edge_and_neither_has_the_middle(rates):
    assert tables({"fnw": kept([0.3 + abs(rate - 0.1) for rate in rates], 0.1, rates)})[0]["told"] == []


@pytest.mark.parametrize("own", [0.05, 0.1, 0.5])
def test_who_could_not_choose_is_told(own):
    """Such as a method that waits for days before it learns: the scenario's own rate is taken, tried or not."""
    found = tables({"fnw": kept(LOSS["fnw"], 0.5), "mature_daily": kept([0.6931, 0.6931, 0.6931], own)})[0]
    edge, undecided = found["told"]
    assert edge == "fnw chose 0.5, the largest rate that was tried: a larger one may suit it better still."
    assert undecided == (
        "All rates were the same to mature_daily, as to a model that has not begun to learn: the scenario's own was "
        f"taken, {own:g}. A later evaluate_from leaves more days to choose on."
    )
    assert not any(cell["chosen"] for cell in found["rows"][1]["cells"])


def test_what_did_not_stay_finite_is_a_dash(table, tmp_path):
    cell = table["rows"][3]["cells"][1]
    assert (cell["text"], cell["sort"], cell["best"]) == ("\u2014", None, False)
    run = write_fake_run(tmp_path)
    for label, method in run["methods"].items():
        method.update(kept([0.3, None, 0.4], 0.01 if label != "fnw" else 0.5))
    (tmp_path / "run.json").write_text(json.dumps(run))
    assert 'title="the model did not stay finite">\u2014</td>' in write_report(tmp_path).read_text("utf-8")


@given(LOSSES)
def test_marked_is_the_lowest_of_each_rate_and_never_the_bound(losses):
    labels = ["oracle", *"abcde"][: len(losses)]
    rows = tables({label: kept(row, 0.1) for label, row in zip(labels, losses, strict=True)})[0]["rows"]
    for column in range(3):
        values = [row[column] for row in losses[1:]]
        known = [value for value in values if value is not None]
        expected = [len(values) > 1 and value is not None and value == min(known) for value in values]
        assert [row["cells"][column]["best"] for row in rows] == [False, *expected]


def test_losses_of_different_kinds_have_tables_of_their_own():
    entries = {"fnw": kept(LOSS["fnw"], 0.5), "direct": kept([5.0, 4.0, 3.0], 0.5, on="poisson_deviance")}
    assert [(one["loss"], one["name"], len(one["rows"])) for one in tables(entries)] == [
        ("nll", "NLL", 1),
        ("poisson_deviance", "Poisson deviance", 1),
    ]


def test_a_method_that_breaks_down_does_not_flatten_the_others(tmp_path):
    run = write_fake_run(tmp_path)
    for number, method in enumerate(run["methods"].values()):
        method.update(kept([0.30 + number / 100, 0.29, 0.31 if number else 50.0], 0.1))
    (tmp_path / "run.json").write_text(json.dumps(run))
    low, high = charts(summarize(tmp_path))["tuning-nll"]["layout"]["yaxis"]["range"]
    assert 0.28 < low < 0.29
    assert 0.35 < high < 0.4
