"""Boosted trees on the simulated clock: columns equal events, checkpoints, and methods with a learner of their own."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from frames import changed, frame, played
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import WINDOW, delivered, feeds, logs
from test_checkpoint import Killed, Killer
from test_same_bytes import bytes_of, same

from learners import GradientBoosting
from scenarios import ScenarioError
from simulator import load
from simulator.clock import Clock
from simulator.engine import replay
from simulator.exact import replay_exactly
from simulator.methods import METHODS, Timing
from simulator.trainer import Trainer

TREES = {"kind": "gbdt", "trees": 3, "leaves": 3, "retrain_every": "1d", "history": "3d"}
CASES = {
    "waiting_window": {"window": 100},
    "calibrated_wait": {"window": 100, "by_features": True},
    "frozen": {"window": 200},
    "value_mature": {},
    "two_stage": {"conversion": "waiting_window window=100us", "mature": True, "amount": "poisson"},
    "gifts_only": {"mature": True},
}


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=5, deadline=None)
@given(
    log=logs(max_clicks=25),
    feed=feeds,
    every=st.sampled_from([0, 50, 170, 400]),
    lag=st.sampled_from([0, 90]),
    retrain=st.sampled_from([170, 600]),
)
def test_columns_equal_events(name, log, feed, every, lag, retrain):
    """Trainings fall inside intervals, at their ends, and in the middle of batches."""
    log = replace(
        log,
        columns=pa.table({"a": pa.array((np.arange(log.n_clicks) % 3).astype(str)), "b": np.arange(log.n_clicks) % 7}),
        outcomes=log.outcomes._replace(amount=np.abs(log.outcomes.amount)),
    )
    method = METHODS[name](Timing(WINDOW, 1_500), **CASES[name])
    learner = GradientBoosting(trees=2, leaves=3, retrain_every=retrain, history=2 * retrain)
    says = []
    for how in (replay, replay_exactly):
        clock = Clock.of(log, every or 1, lag, 4) if how is replay else Clock.of(log, every, lag, 4)
        prediction, shown = np.full(log.n_clicks, np.nan, np.float32), np.zeros(log.n_clicks, np.bool_)
        how(Trainer(log, delivered(log, feed), method, learner, 4, prediction, shown), clock, lambda _: None)
        says.append(prediction)
    np.testing.assert_array_equal(*says)


def test_a_frozen_model_is_not_trained_again():
    """It stops three days after the first click; from the next training on, the others change."""
    log, models = frame(), {}
    later = log["click_time"] >= log["click_time"].iloc[0] + np.timedelta64(4, "D")
    log.loc[later, ["campaign", "user", "price"]] = ["a", 1, 2.0]
    for name in ("frozen", "waiting_window"):
        method = [{"name": name, "window": "12h", "learner": TREES}]
        says = played(log, changed(method=method, clock={"publish_every": "12h"})).predictions(name)["prediction"]
        models[name] = says[later.to_numpy()].nunique()
    assert models["frozen"] == 1
    assert models["waiting_window"] > 3


def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path):
    log = frame(500)
    methods = [
        {"name": "waiting_window", "window": "12h", "learner": TREES},
        {"name": "two_stage", "conversion": "waiting_window window=12h", "mature": True, "learner": TREES},
        {"name": "fnw"},
    ]
    scenario = changed(method=methods, clock={"publish_every": "12h"}, metrics={"bootstrap": 0, "window": "4d"})
    count = Killer(1_000)
    whole = bytes_of(played(log, scenario, out=tmp_path / "whole", watcher=count).folder)
    for after in (12, 30):
        with pytest.raises(Killed):
            played(log, scenario, out=tmp_path / "run", checkpoint_every=0.0, watcher=Killer(after))
        result = played(
            log, scenario, out=tmp_path / "run", checkpoint_every=0.0, watcher=Killer(1_002 - count.left - after)
        )
        same(whole, bytes_of(result.folder))


def test_methods_with_a_learner_of_their_own_say_what_they_say_alone():
    """Beside linear models, in one run, with tuning of those that bring no rate."""
    log = frame()
    trees = {"name": "waiting_window", "label": "trees", "window": "12h", "learner": {**TREES, "learning_rate": 0.3}}
    linear = {"name": "waiting_window", "label": "linear", "window": "12h"}
    tune = {"learning_rates": [0.05, 0.2]}
    clock = {"evaluate_from": "5d", "publish_every": "6h"}
    both = played(log, changed(method=[trees, linear], tune=tune, clock=clock))
    alone = {
        "trees": changed(method=[{**trees, "learner": {}}], learner=trees["learner"], clock=clock),
        "linear": changed(method=[linear], tune=tune, clock=clock),
    }
    for label, scenario in alone.items():
        other = played(log, scenario).predictions(label)["prediction"]
        assert both.predictions(label)["prediction"].equals(other) is (label == "linear")
    scenario = changed(
        method=[{k: v for k, v in trees.items() if k != "learner"}], learner=trees["learner"], clock=clock
    )
    assert both.predictions("trees")["prediction"].equals(played(log, scenario).predictions("trees")["prediction"])
    assert "tuning" not in both.record["methods"]["trees"]
    assert both.record["methods"]["trees"]["learner"] == trees["learner"]
    assert both.record["methods"]["linear"]["learning_rate"] in tune["learning_rates"]


def test_what_was_left_to_defaults_stays_so_in_the_resolved_scenario():
    own = {"kind": "gbdt", "history": "7d"}
    scenario = load(changed(method=[{"name": "oracle"}, {"name": "mature_daily", "learner": own}]))
    plain = scenario.resolved()
    assert [method.get("learner") for method in plain["method"]] == [None, own]
    assert load(plain).hash() == scenario.hash()
    labelled = load(changed(method=[{"name": "mature_daily"}, {"name": "mature_daily", "learner": own}]))
    assert [spec.label for spec in labelled.methods] == ["mature_daily", "mature_daily-gbdt"]


def test_what_is_wrong_with_a_learner_of_a_method_is_told_with_the_rest():
    own = {"kind": "gbdt", "optimizer": "sgd", "history": "1h", "bits": 12}
    with pytest.raises(ScenarioError) as error:
        load(changed(method=[{"name": "oracle", "learner": own, "speed": 3}]))
    assert [problem.key for problem in error.value.problems] == [
        "method[0].learner.optimizer",
        "method[0].learner.history",
        "method[0].learner.bits",
        "method[0].speed",
    ]
