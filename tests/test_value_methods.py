"""Methods for money in whole runs, on a log with gifts, refunds and what comes too late: what they write."""

import numpy as np
import pandas as pd
import pytest
from frames import START, changed, played
from scipy.special import digamma
from targets import VALUE

from scenarios import ScenarioError
from simulator import load
from simulator.cli import FAILED, main
from simulator.methods import METHODS, Timing
from simulator.metrics import METRICS

MOMENT = START + pd.Timedelta(days=5, hours=7)
WINDOW = pd.Timedelta(days=2)
METHOD = [{"name": name} for name in VALUE] + [
    {"name": "two_stage", "label": "logs", "conversion": "waiting_window window=6h", "amount": "log1p"},
    {"name": "two_stage", "label": "arms", "conversion": "hazard", "amount": "poisson", "mature": True},
    {"name": "value_delta", "label": "unlevelled", "level": False},
    {"name": "log1p", "label": "smeared", "retransform": "smearing"},
    {"name": "value_delta", "label": "tweedie", "loss": "tweedie-1.5"},
]
LABELS = [one.get("label", one["name"]) for one in METHOD]


def tables(n=1_500, seed=1, days=8):
    """Return clicks, and what came of them: up to three gifts each, refunds, some after the window."""
    random = np.random.default_rng(seed)
    time = START + pd.to_timedelta(np.sort(random.integers(0, days * 86_400_000, n)), unit="ms")
    clicks = pd.DataFrame(
        {
            "click_id": np.arange(n),
            "click_time": time,
            "campaign": random.choice(["a", "b", "c"], n),
            "user": random.integers(0, 50, n),
            "price": random.gamma(2, 3, n),
        }
    )
    which = np.repeat(np.arange(n), random.choice([0, 1, 2, 3], n, p=[0.7, 0.15, 0.1, 0.05]))
    delay = pd.to_timedelta(random.exponential(12 * 3_600_000, len(which)).astype(np.int64), unit="ms")
    kind = random.choice(["gift", "refund"], len(which), p=[0.85, 0.15])
    amount = np.round(random.lognormal(1, 1, len(which)), 2) + 0.01
    gifts = pd.DataFrame({"click_id": which, "time": time[which] + delay, "kind": kind, "amount": amount})
    return clicks, gifts


def run(folder, clicks, gifts, **options):
    folder.mkdir(exist_ok=True)
    clicks.to_parquet(folder / "clicks.parquet")
    gifts.to_parquet(folder / "gifts.parquet")
    outcomes = {"path": str(folder / "gifts.parquet"), "click_id": "click_id", "time": "time"}
    log = {
        "path": str(folder / "clicks.parquet"),
        "click_id": "click_id",
        "observed_until": str(START + pd.Timedelta(days=10)),
        "outcomes": outcomes | {"amount": "amount", "kind": "kind"},
    }
    return played(None, changed(log=log, method=METHOD), out=folder / "run", **options)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run(tmp_path_factory.mktemp("money") / "a", *tables())


def test_the_value_is_the_money_inside_the_window_and_null_while_immature(result):
    clicks, gifts = tables()
    signed = gifts["amount"].where(gifts["kind"] == "gift", -gifts["amount"])
    inside = gifts["time"] - clicks["click_time"].iloc[gifts["click_id"]].array <= WINDOW
    expected = signed[inside].groupby(gifts["click_id"][inside]).sum().reindex(range(len(clicks)), fill_value=0.0)
    mature = clicks["click_time"] <= START + pd.Timedelta(days=10) - WINDOW
    for label in LABELS:
        found = result.predictions(label)
        np.testing.assert_array_equal(found["value"].notna(), mature)
        np.testing.assert_allclose(found["value"][mature], expected[mature], atol=1e-9)
        assert np.isfinite(found["prediction"]).all()
        assert result.record["methods"][label]["target"] == "value"


def test_two_stages_are_kept_and_their_product_is_served(result):
    for label in ("two_stage", "logs", "arms"):
        found = result.predictions(label)
        product = found["probability"] * found["amount"]
        np.testing.assert_allclose(found["prediction"], product, rtol=1e-5)
        assert found["probability"].between(0, 1, inclusive="neither").all()
        assert found["amount"].nunique() > 20
    assert "probability" not in result.predictions("value_delta").columns


def test_the_first_stage_has_figures_and_money_alone_has_none_of_conversions(result):
    assert result.overall.loc["two_stage", "nll"] > 0.3
    assert result.overall.loc["two_stage", "calibration_ratio"] == pytest.approx(1, abs=0.3)
    metrics = result.metrics
    for label in ("value_delta", "log1p", "gifts_only"):
        own = metrics[(metrics["method"] == label) & metrics["metric"].isin(METRICS)]
        assert own["value"].isna().all()
        assert set(own["reason"]) == {"predicts money, not conversions"}
    assert result.record["ledger"]["balanced"]
    assert result.report.is_file()


def test_the_money_predicted_is_about_the_money_received(result):
    """The oracle's, of the last days, within what 500 heavy-tailed clicks allow."""
    last = result.predictions("value_oracle").tail(500)
    assert last["prediction"].sum() == pytest.approx(last["value"].sum(), rel=0.4)
    gifted = result.predictions("gifts_only").tail(500)
    assert gifted["prediction"].mean() > 2.5 * last["prediction"].mean()


def deleted(clicks, gifts):
    return clicks[clicks["click_time"] <= MOMENT], gifts[gifts["time"] <= MOMENT]


def rewritten(clicks, gifts):
    """Other amounts, kinds and times after the moment, never before it."""
    later = gifts["time"] > MOMENT
    gifts = gifts.assign(
        amount=gifts["amount"].where(~later, gifts["amount"] * 100),
        kind=gifts["kind"].where(~later | (gifts.index % 3 > 0), "refund"),
        time=gifts["time"].where(~later, gifts["time"] + pd.Timedelta(hours=1)),
    )
    return clicks, gifts


@pytest.mark.parametrize("change", [deleted, rewritten])
def test_the_future_of_money_changes_nothing_before_it(result, tmp_path, change):
    clicks, gifts = tables()
    clicks, gifts = change(clicks, gifts)
    gifts = gifts[gifts["click_id"].isin(clicks["click_id"])]
    other = run(tmp_path / "a", clicks, gifts)
    for label in LABELS:
        columns = ["click", "click_time", "prediction"]
        columns += ["probability", "amount"] if label in ("two_stage", "logs", "arms") else []
        now, then = (one.predictions(label) for one in (result, other))
        now, then = (one.loc[one["click_time"] <= MOMENT, columns] for one in (now, then))
        assert len(now) > 800
        same = now.reset_index(drop=True).equals(then.reset_index(drop=True))
        assert same == (label != "value_oracle"), label


def test_threads_leave_the_same_bytes(result, tmp_path):
    other = run(tmp_path / "a", *tables(), jobs=3)
    for label in LABELS:
        pd.testing.assert_frame_equal(result.predictions(label), other.predictions(label), check_exact=True)


def test_rates_are_tuned_by_money():
    random = np.random.default_rng(2)
    clicks, _ = tables(3_000)
    log = clicks.drop(columns="click_id").assign(
        conversion_time=clicks["click_time"] + pd.Timedelta(hours=1), amount=random.gamma(2, 5, len(clicks))
    )
    tune = {"learning_rates": [1e-6, 0.2]}
    result = played(log, changed(method=[{"name": "value_delta", "level": False}], tune=tune))
    method = result.record["methods"]["value_delta"]
    assert method["learning_rate"] == 0.2
    slow, quick = (trial["poisson_deviance"] for trial in method["tuning"])
    assert slow == pytest.approx(20 * (digamma(3) + np.log(5)) - 18, rel=0.1)  # it says 1 unit for every click
    assert quick == pytest.approx(20 * (digamma(3) - np.log(2)), rel=0.15)  # about 10


TIMING = Timing(2 * 86_400_000_000, 3 * 86_400_000_000)
WRONG = {
    "conversion: expected the name of a method for conversions, such as 'fnw', got 'fnww'": {"conversion": "fnww"},
    "conversion: expected the name of a method for conversions, such as 'fnw', got ''": {"conversion": ""},
    "conversion: expected a method for conversions, and value_delta predicts money": {"conversion": "value_delta"},
    "it has window": {"conversion": "waiting_window windo=6h"},
    "expected a duration for window of waiting_window, got '6'": {"conversion": "waiting_window window=6"},
    "window: expected at most the attribution window, 2d, got 3d": {"conversion": "waiting_window window=3d"},
    "amount: expected 'poisson', 'gamma', 'squared', or 'tweedie-1.5' with its power between 1 and 2; got 'mae'": {
        "amount": "mae"
    },
    "retransform: expected 'none', 'lognormal' or 'smearing', got 'duan'": {"amount": "log1p", "retransform": "duan"},
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_parameters_are_told(message):
    with pytest.raises(ScenarioError) as error:
        load(changed(method=[{"name": "two_stage", **WRONG[message]}]))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "given"), [("value_delta", {"loss": "logistic"}), ("value_wait", {"scaling": "guess"}), ("log1p", {})]
)
def test_so_are_those_of_the_others(name, given):
    given = given or {"retransform": "exp"}
    with pytest.raises(ValueError, match=r"expected '(poisson|value|none)'"):
        METHODS[name](TIMING, **given)


def test_trees_refuse_money_bit_by_bit_and_say_what_to_do(tmp_path, capsys):
    clicks, gifts = tables(400)
    clicks.to_parquet(tmp_path / "clicks.parquet")
    gifts.to_parquet(tmp_path / "gifts.parquet")
    (tmp_path / "trees.toml").write_text(
        """
        name = "trees"
        [log]
        kind = "table"
        path = "clicks.parquet"
        click_id = "click_id"
        [log.outcomes]
        path = "gifts.parquet"
        click_id = "click_id"
        time = "time"
        amount = "amount"
        kind = "kind"
        [learner]
        kind = "gbdt"
        [[method]]
        name = "value_delta"
        """
    )
    assert main(["run", str(tmp_path / "trees.toml"), "--out", str(tmp_path / "out")]) == FAILED
    assert "use a method that waits for it, such as 'value_mature'" in capsys.readouterr().err.replace("\n", " ")


def test_a_log_without_money_is_told():
    log = tables(300)[0].drop(columns="click_id")
    log["conversion_time"] = log["click_time"] + pd.Timedelta(hours=1)
    with pytest.raises(ScenarioError, match="expected a log with amounts for value_delta, which predict money"):
        played(log, changed(method=[{"name": "value_delta"}, {"name": "fnw"}]))
    log["conversion_time"] = pd.Series(pd.NaT, index=log.index, dtype="datetime64[us, UTC]")
    silent = played(log, changed(method=[{"name": "value_delta"}]))
    assert silent.predictions("value_delta")["prediction"].iloc[-1] < 0.5
