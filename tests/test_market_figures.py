"""The figures of a market: responses to events, what metrics.parquet says, the report, and the command line."""

import json

import numpy as np
import pytest
from markets import SMALL, market

from replay.log import MICROS
from scenarios import ScenarioError
from scenarios.durations import HOUR
from simulator import build, load, run
from simulator.cli import main
from simulator.market.on_a_log import estimators_on_log
from simulator.market.response import respond
from simulator.report.market import summarize_market

TIMES = np.arange(101, dtype=np.int64) * HOUR
TABLES = market(
    log={"clicks": 6_000},
    market={
        "campaigns": [{"name": "campaign_2", "launch": "2d", "target": 0.8}],
        "change": [{"of": "traffic", "at": "4d", "before": 0.6}],
        "bidder": [{"controller": "clairvoyant"}, {"estimator": "counted"}, {"estimator": "bornhuetter_ferguson"}],
    },
)


def response(ratio):
    """Return the response of a cost per value that is this, hour by hour, with as much value in each."""
    worth = np.full(100, 2.0)
    return respond(TIMES[:-1], TIMES[1:], np.asarray(ratio) * worth, worth)


def test_a_step_that_dies_out_overshoots_and_settles():
    """1 + exp(-t / 10 h) over six hours is within a tenth once the mean of its last six hours is."""
    ratio = 1 + np.exp(-np.arange(100) / 10)
    found = response(ratio)
    smooth = np.convolve(ratio, np.ones(6) / 6, "valid")
    assert found.overshoot == pytest.approx(smooth[0] - 1)
    assert found.undershoot == 0
    assert found.settling_hours == np.flatnonzero(smooth <= 1.1)[0] + 6
    assert found.swing < 0.01


def test_what_never_settles_has_no_settling_time():
    assert np.isnan(response(np.full(100, 1.2)).settling_hours)
    assert response(np.full(100, 1.05)).settling_hours == 0
    assert np.isnan(respond(TIMES[:-1], TIMES[1:], np.zeros(100), np.zeros(100)).overshoot)


def test_a_lasting_swing_is_measured_by_its_amplitude():
    found = response(1 + 0.5 * np.sin(2 * np.pi * np.arange(100) / 48))
    assert found.swing == pytest.approx(0.48, abs=0.03)
    assert found.overshoot == pytest.approx(0.49, abs=0.02)
    assert found.undershoot == pytest.approx(0.49, abs=0.02)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run(load(TABLES), out=tmp_path_factory.mktemp("market") / "run")


def figure(result, label, metric, segment="", span="overall"):
    metrics = result.metrics
    chosen = metrics[(metrics["method"] == label) & (metrics["metric"] == metric) & (metrics["curve"] == "market")]
    return chosen[(chosen["segment"] == segment) & (chosen["span"] == span)]["value"]


def test_windows_and_campaigns_add_up_to_the_whole(result):
    campaigns = [f"campaign={name}" for name in ("campaign_1", "campaign_2", "campaign_3")]
    for label in result.record["methods"]:
        whole = figure(result, label, "cost").item()
        assert sum(figure(result, label, "cost", name).item() for name in campaigns) == pytest.approx(whole)
        spent = float(result.ledger[label]["money"]["spend"]["read"])
        assert figure(result, label, "cost", span="window").sum() == pytest.approx(spent, rel=0.02)
        assert figure(result, label, "cost", span="update").sum() == pytest.approx(spent, rel=0.02)
        assert whole < spent


def test_the_bound_has_no_regret_and_the_others_some(result):
    assert figure(result, "clairvoyant", "regret").item() == 0
    for label in ("pid-counted", "pid-bornhuetter_ferguson"):
        share = figure(result, label, "share_of_best").item()
        bought = figure(result, label, "regret").item()
        assert 0 < share < 1
        assert bought > 0


def test_a_campaign_buys_nothing_before_its_launch(result):
    clicks = result.metrics
    early = clicks[(clicks["segment"] == "campaign=campaign_2") & (clicks["span"] == "update")]
    early = early[early["window_end"] <= early["window_start"].min() + np.timedelta64(2, "D")]
    assert len(early)
    assert early["clicks"].sum() == 0
    spans = set(clicks["span"])
    assert {"after start", "after launch of campaign_2", "after step in traffic"} <= spans


def test_the_report_says_what_the_metrics_say(result):
    summary = summarize_market(result.folder)
    row = next(row for row in summary["table"] if row["method"]["label"] == "pid-counted")
    place = [column["name"] for column in summary["columns"]].index("cost_ratio")
    ratio = figure(result, "pid-counted", "cost_ratio").item()
    assert row["cells"][place]["text"] == f"{ratio:.3f}"
    assert all(account["balanced"] for one in summary["ledgers"] for account in one["accounts"])
    page = result.report.read_text(encoding="utf-8")
    assert "after each event" in page.lower()
    figures = json.loads(page.split('id="figures">')[1].split("</script>")[0])
    assert {"ratio", "estimate", "multiplier-1"} <= set(figures)
    assert "http://" not in page.split("<script>")[0]


def test_the_command_runs_a_market_and_lists_its_parts(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = ['name = "tiny"', "[log]", 'kind = "synthetic"', "clicks = 1500", "days = 3", "[[log.categorical]]"]
    lines += ['name = "campaign"', "values = 2", "[clock]", 'attribution_window = "1d"', "[[method]]", 'name = "fnw"']
    lines += ["[market]", 'update_every = "6h"', "[[market.bidder]]", "[[market.bidder]]", 'controller = "fixed"']
    (tmp_path / "tiny.toml").write_text("\n".join(lines), encoding="utf-8")
    assert main(["run", "tiny.toml"]) == 0
    shown = capsys.readouterr().out
    assert "pid-counted" in shown
    assert "ledger balances" in " ".join(shown.split())
    assert main(["report", "runs/tiny"]) == 0
    assert main(["list"]) == 0
    assert "bornhuetter_ferguson" in capsys.readouterr().out
    assert main(["estimators", "tiny.toml", "--by", "campaign", "--after", "1h,12h"]) == 0
    assert "12h after" in capsys.readouterr().out
    assert main(["estimators", "tiny.toml", "--by", "campain"]) == 2


def test_estimators_on_a_log_are_right_where_delays_are_learned():
    tables = {
        **SMALL,
        "log": {**SMALL["log"], "clicks": 60_000, "days": 12},
        "clock": {**SMALL["clock"], "evaluate_from": "4d"},
    }
    del tables["market"]
    for value in ("conversions", "money"):
        gifts = {"gifts": {"share": 1.0, "median": 5.0, "p99": 20.0}} if value == "money" else {}
        found = estimators_on_log(build.load({**tables, "log": {**tables["log"], **gifts}}), by="campaign", value=value)
        bias = {(error.estimator, error.after // HOUR): error.bias for error in found.errors}
        assert found.campaigns == 3
        assert found.days == 7
        assert bias["counted", 1] < -0.15
        for name in ("chain_ladder", "posterior_fill", "bornhuetter_ferguson", "arrived", "mature"):
            assert abs(bias[name, 1]) < 0.03, name


def test_the_cost_of_a_click_may_be_one_of_its_features():
    tables = market(log={"clicks": 2_000, "numeric": [{"name": "price"}]})
    del tables["market"]
    with pytest.raises(ScenarioError, match="no numeric feature of the log is called 'prise'; did you mean 'price'"):
        estimators_on_log(build.load(tables), cost="prise")
    with pytest.raises(ScenarioError, match=r"--cost: expected a column price of at least 0, got -"):
        estimators_on_log(build.load(tables), cost="price")
    assert MICROS == 1_000_000


WRONG = [
    ({"campaign": "campain"}, "market.campaign: no categorical feature is called 'campain'; did you mean 'campaign'?"),
    ({"lookback": "10m"}, "market.lookback: expected at least market.update_every, 1h, got '10m'"),
    (
        {"bidder": [{"estimator": "counte"}]},
        "market.bidder[0].estimator: no estimator is called 'counte'; did",
    ),
    ({"bidder": [{"least": 2.0}]}, "market.bidder[0].least: expected a number above 0, at most 1, got 2.0"),
    ({"bidder": [{"prior": 5.0}]}, "market.bidder[0].prior: no such key"),
    ({"bidder": [{"delays": "given"}]}, 'market.bidder[0].delays: expected "learned", as no [[market.delay]] says'),
    ({"bidder": [{"method": "pu"}]}, "market.bidder[0].method: no method of the scenario is called 'pu'"),
    (
        {"prices": {"elasticity": 2.0}},
        'market.prices.elasticity: expected no elasticity, which only kind = "power" has',
    ),
    (
        {"change": [{"of": "traffic", "at": "1d"}]},
        "market.change[0].after: expected another share than before, got 1.0",
    ),
]


@pytest.mark.parametrize(("terms", "told"), WRONG, ids=[told.partition(":")[0] for _, told in WRONG])
def test_what_is_wrong_is_told(terms, told):
    with pytest.raises(ScenarioError) as error:
        build.load(market(market=terms))
    assert told in str(error.value)


def test_a_campaign_that_the_log_does_not_have_is_told():
    with pytest.raises(ScenarioError, match="no campaign of the log is called 'campaign_9'"):
        run(load(market(log={"clicks": 500}, market={"campaigns": [{"name": "campaign_9", "target": 1.0}]})))
