"""Changes and faults are listed in run.json, and marked on the charts over time."""

import json
import tomllib

import pytest
from frames import changed, frame, played

from scenarios import ScenarioError
from simulator import load, run
from simulator.lookahead import inspect
from simulator.report.charts import charts
from simulator.report.summary import summarize

WORLD = {
    "name": "marked",
    "log": {
        "kind": "synthetic",
        "clicks": 4_000,
        "days": 10,
        "gifts": {"share": 0.5},
        "refunds": {"share": 0.5, "mean": "6h"},
        "change": [
            {"kind": "promotion", "at": "6d", "until": "7d", "traffic": 3.0, "factor": 1.5},
            {"kind": "cvr_step", "at": "8d", "log_odds": -0.5, "column": "device", "values": ["device_1"]},
            {"kind": "traffic_cycle", "factor": 2.0},
            {"kind": "cvr_walk", "per_day": 0.1},
            {"kind": "new_levels", "at": "5d", "column": "campaign", "values": 3, "share": 0.5, "delay_factor": 2.0},
            {"kind": "traffic_growth", "at": "1d", "factor": 1.1},
            {"kind": "covariate_shift", "at": "5d", "until": "6d", "column": "site"},
            {"kind": "effect_step", "at": "5d", "column": "site"},
            {"kind": "delay_ramp", "at": "5d", "until": "6d", "factor": 2.0},
            {"kind": "cvr_season", "period": "7d", "factor": 1.2},
            {"kind": "traffic_step", "at": "9d", "factor": 0.5},
        ],
    },
    "feed": {
        "fault": [
            {
                "kind": "outage",
                "at": "5d",
                "until": "6d",
                "flush_per_hour": 40.0,
                "column": "device",
                "value": "device_2",
            },
            {"kind": "loss", "share": 0.05},
            {"kind": "duplicates", "share": 0.25},
            {"kind": "reordering", "latency": "1h", "at": "1d"},
            {"kind": "clock_skew", "behind": "5m"},
        ]
    },
    "clock": {"attribution_window": "1d", "evaluate_from": "3d"},
    "learner": {"bits": 10},
    "metrics": {"bootstrap": 0},
    "method": [{"name": "oracle"}, {"name": "fnw"}],
}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LATELABEL_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield run(load(WORLD), out=tmp_path_factory.mktemp("run") / "out")


def test_run_json_lists_what_was_done_and_when(result):
    marks = json.loads((result.folder / "run.json").read_text())["marks"]
    assert [mark["key"] for mark in marks] == [f"log.change[{n}]" for n in range(11)] + [
        f"feed.fault[{n}]" for n in range(5)
    ]
    assert marks[0] == {
        "key": "log.change[0]",
        "kind": "promotion",
        "text": "promotion: clicks \u00d73, CVR \u00d71.5",
        "from": "2025-01-07T00:00:00Z",
        "until": "2025-01-08T00:00:00Z",
    }
    assert [mark["text"] for mark in marks[1:]] == [
        "CVR of device_1 log-odds -0.5",
        "clicks \u00d72 at peaks, every 1d",
        "CVR wanders, 0.1 of log-odds a day",
        "3 new in campaign: 50\u00a0% of clicks, delays \u00d72",
        "clicks \u00d71.1 every 7d",
        "other levels of site are common",
        "site means something else",
        "delays \u00d72, bit by bit",
        "CVR \u00d71.2 every 7d",
        "clicks \u00d70.5",
        "no labels of device_2, then 40 an hour",
        "5\u00a0% of labels lost",
        "25\u00a0% of labels come twice",
        "labels 1h later, out of order",
        "outcome clock 5m behind",
    ]
    assert [(mark["from"], mark["until"]) for mark in marks[2:4]] == [(None, None)] * 2
    assert marks[11]["from"] > "2025-01-06T00:00:00Z"  # faults count from the first click
    assert marks[11]["until"] < marks[11]["drained"] < "2025-01-07T12:00:00Z"
    assert "drained" not in marks[12]


def test_charts_over_time_shade_what_ends_and_draw_a_line_where_it_begins(result):
    summary = summarize(result.folder)
    assert [mark["when"] for mark in summary["marks"]][:3] == [
        "from 7 Jan 2025, 00:00 UTC to 8 Jan 2025, 00:00 UTC",
        "from 9 Jan 2025, 00:00 UTC on",
        "all along",
    ]
    figures = charts(summary)
    for name in ("ratio", "nll"):
        shapes, notes = figures[name]["layout"]["shapes"], figures[name]["layout"]["annotations"]
        begins = {mark["start"] for mark in summary["marks"] if mark["start"] is not None}
        begins |= {mark["end"] for mark in summary["marks"] if mark["drained"] is not None}
        lines = {shape["x0"] for shape in shapes if shape["type"] == "line" and shape["x0"] == shape["x1"]}
        first, last = figures[name]["layout"]["xaxis"]["range"]
        assert lines == {moment for moment in begins if first <= moment < last}
        assert len(lines) >= 4
        bands = [(shape["x0"], shape["x1"]) for shape in shapes if shape["type"] == "rect"]
        assert (summary["marks"][0]["start"], summary["marks"][0]["end"]) in bands
        assert "promotion: clicks \u00d73, CVR \u00d71.5" in [note["text"] for note in notes]
    page = (result.folder / "report.html").read_text()
    assert "What was done to it" in page
    assert "no labels of device_2" in page


def test_the_ledger_shows_losses_second_deliveries_and_refunds(result):
    ledger = result.ledger
    assert ledger["conversions"]["lost"] > 0
    assert ledger["deliveries"]["duplicate"] > 0
    assert ledger["refunds"]["read"] > 0
    assert float(ledger["money"]["refund"]["read"]) < 0
    names = [account["name"] for account in summarize(result.folder)["accounts"]]
    assert "Deliveries" in names
    assert all(account["balanced"] for account in summarize(result.folder)["accounts"])


def test_the_report_says_how_to_do_it_again(result):
    assert load(tomllib.loads(summarize(result.folder)["scenario"])).hash() == load(WORLD).hash()


def test_a_calm_run_has_no_marks():
    calm = played(frame())
    assert calm.record["marks"] == []
    assert "lost" not in calm.ledger["conversions"]
    assert "deliveries" not in calm.ledger
    assert "What was done to it" not in (calm.folder / "report.html").read_text()


def test_faults_that_do_not_fit_a_log_are_told_once_it_is_read():
    faults = [
        {"kind": "loss", "share": 0.1, "at": "9d"},
        {"kind": "outage", "at": "1d", "until": "2d", "column": "campaign", "value": "A"},
    ]
    with pytest.raises(ScenarioError) as error:
        played(frame(), changed(feed={"fault": faults}, clock={"evaluate_from": "30d"}))
    told = [(problem.key, problem.message) for problem in error.value.problems]
    assert [key for key, _ in told] == ["feed.fault[0].at", "feed.fault[1].value", "clock.evaluate_from"]
    assert told[0][1].startswith("expected less than the log's length, 7.99 days, got '9d'")
    assert told[1][1].startswith("no campaign in the log is called 'A'; did you mean 'a'?")
    with pytest.raises(ScenarioError, match="did you mean 'a'"):
        inspect(load(changed(feed={"fault": faults})), log=frame())


def test_a_column_that_the_log_does_not_have_is_told():
    fault = {"kind": "outage", "at": "1d", "until": "2d", "column": "campain", "value": "a"}
    with pytest.raises(Exception, match="campain") as error:
        played(frame(), changed(feed={"fault": [fault]}))
    assert "did you mean 'campaign'" in str(error.value)
