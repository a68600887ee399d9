"""Nothing that happens after a moment changes anything up to it: the promise that matters most.

The whole pipeline is run, from a raw dataframe to predictions and metrics as seen, on a log and on others that differ
from it only after a moment.
"""

import numpy as np
import pandas as pd
import pytest
from frames import START, changed, frame, played

from learners.corrections import Plain
from replay.policies import Wait
from simulator import methods
from simulator.methods import METHODS, Method

MOMENT = START + pd.Timedelta(days=5, hours=7, minutes=13)
HONEST = [name for name in METHODS if name not in ("oracle", "value_oracle")]
FEED = {"kind": "exponential", "latency": "30m"}


def priced(log):
    """Return the log with an amount wherever there is a conversion, and nowhere else."""
    return log.assign(amount=log["amount"].fillna(1.0).where(log["conversion_time"].notna()))


def deleted(log):
    """Return the log without what happens after the moment."""
    past = log[log["click_time"] <= MOMENT].copy()
    return priced(past.assign(conversion_time=past["conversion_time"].where(past["conversion_time"] <= MOMENT)))


def rewritten(log):
    """Return the log with labels, features and times after the moment changed, and clicks never seen before."""
    log = log.copy()
    later = log["conversion_time"] > MOMENT
    log.loc[later & (log.index % 2 == 0), "conversion_time"] = pd.NaT
    log.loc[later & (log.index % 2 == 1), "conversion_time"] += pd.Timedelta(hours=3)
    silent = log["conversion_time"].isna() & (log.index % 3 == 0)
    log.loc[silent, "conversion_time"] = np.maximum(log["click_time"][silent], MOMENT) + pd.Timedelta(hours=1)
    future = log["click_time"] > MOMENT
    log.loc[future, "campaign"] = "new"
    log.loc[future, "price"] = 1e9
    log.loc[future, "click_time"] += pd.Timedelta(minutes=1)
    log.loc[future & log["conversion_time"].notna(), "conversion_time"] += pd.Timedelta(minutes=1)
    return priced(log)


def added(log):
    """Return the log with a day of further clicks after it."""
    more = log[log["click_time"] > MOMENT].copy()
    more[["click_time", "conversion_time"]] += pd.Timedelta(days=3)
    return pd.concat([log, more], ignore_index=True)


CHANGES = [deleted, rewritten, added]


def past(result, method):
    """Return all that a run says up to the moment: served predictions, and windows as they were seen then."""
    predictions = result.predictions(method)
    served = predictions.loc[predictions["click_time"] <= MOMENT, ["click", "click_time", "prediction"]]
    metrics = result.metrics
    seen = metrics[(metrics["curve"] == "as_seen") & (metrics["span"] == "window") & (metrics["window_end"] <= MOMENT)]
    whole = seen["window_end"] == seen["window_end"].dt.floor("D")  # the last is cut where the log ends
    seen = seen[whole & (seen["method"] == method)].drop(columns="method")
    drift = [alarm for alarm in result.record["methods"][method]["drift"] if pd.Timestamp(alarm["time"]) <= MOMENT]
    return served.reset_index(drop=True), seen.reset_index(drop=True), drift


def check(scenario, change, method, **options):
    log = frame()
    served, seen, drift = past(played(log, scenario, **options), method)
    served_then, seen_then, drift_then = past(played(change(log), scenario, **options), method)
    assert len(served) > 500
    assert served["prediction"].nunique() > 100
    pd.testing.assert_frame_equal(served, served_then, check_exact=True)
    pd.testing.assert_frame_equal(seen, seen_then, check_exact=True)
    assert drift == drift_then


@pytest.mark.parametrize("method", HONEST)
@pytest.mark.parametrize("change", CHANGES)
def test_the_future_changes_nothing_for_any_method(method, change):
    check(changed(method=[{"name": method}], feed=FEED), change, method)


@pytest.mark.parametrize("optimizer", ["sgd", "ftrl"])
@pytest.mark.parametrize("change", CHANGES)
def test_nor_for_any_optimizer(optimizer, change):
    check(changed(method=[{"name": "fnw"}], learner={"optimizer": optimizer}), change, "fnw")


@pytest.mark.parametrize("clock", [{"publish_lag": "90m"}, {"publish_every": "1d"}, {"batch": 7}])
def test_nor_for_any_clock(clock):
    check(changed(method=[{"name": "fnw"}], clock=clock), rewritten, "fnw")


AGGREGATES = [
    {"name": "user_conversions", "of": "conversions", "what": "count", "by": ["user"], "window": "2d"},
    {"name": "pair_spent", "of": "outcomes", "what": "mean", "by": ["user", "campaign"]},
    {"name": "since_conversion", "of": "conversions", "what": "time_since_last", "by": ["campaign"]},
    {"name": "pair_clicks", "of": "clicks", "what": "count", "by": ["user", "campaign"]},
]


@pytest.mark.parametrize("change", CHANGES)
def test_nor_for_aggregates(change):
    check(changed(log={"aggregate": AGGREGATES}, method=[{"name": "fnw"}], feed=FEED), change, "fnw")


@pytest.mark.parametrize("change", [deleted, rewritten])
def test_an_aggregate_of_what_has_not_arrived_is_caught(change, monkeypatch):
    monkeypatch.setattr(
        "replay.aggregates.sweep.arrives", lambda outcomes, feed: np.zeros(len(outcomes.time), np.int64)
    )
    feed = {"kind": "exponential", "latency": "31m"}  # of its own, since what is made is kept
    with pytest.raises(AssertionError):
        check(changed(log={"aggregate": AGGREGATES}, method=[{"name": "fnw"}], feed=feed), change, "fnw")


class Leaky(Wait):
    """A policy that peeks, past the view, at how its clicks end."""

    def due(self, view, start, end):
        examples = super().due(view, start, end)
        return examples._replace(label=view.deliveries.label[examples.row])


@pytest.mark.parametrize("change", [deleted, rewritten])
def test_a_leaky_policy_is_caught(change, monkeypatch):
    leaky = lambda timing: Method(Leaky(3_600_000_000), Plain())  # noqa: E731  (a recipe, as short as can be)
    monkeypatch.setattr(methods, "METHODS", {**METHODS, "leaky": leaky})
    monkeypatch.setattr("simulator.build.METHODS", methods.METHODS)
    monkeypatch.setattr("simulator.record.METHODS", methods.METHODS)
    with pytest.raises(AssertionError):
        check(changed(method=[{"name": "leaky"}]), change, "leaky")


@pytest.mark.parametrize("name", ["oracle", "value_oracle"])
def test_the_oracles_look_ahead_and_say_so(name):
    with pytest.raises(AssertionError):
        check(changed(method=[{"name": name}]), rewritten, name)
