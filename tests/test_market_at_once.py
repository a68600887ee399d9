"""With labels at once nothing is late: all estimators agree, and every controller holds the target."""

import numpy as np
import pytest
from markets import market, played, stall_of

from simulator.market.controllers import CONTROLLERS
from simulator.market.estimators import ESTIMATORS

AT_ONCE = market(
    log={
        "clicks": 60_000,
        "days": 6,
        "delay": [{"share": 1.0, "mean": "1us"}],
        "delay_by": None,
        "delay_strength": 0.0,
    },
    clock={"attribution_window": "1s", "publish_every": "1h", "evaluate_from": "3d"},
    method=[{"name": "fnw"}],
    learner={"learning_rate": 0.05},
    market={
        "auction": "first",
        "update_every": "2h",
        "prices": {"median": 0.15, "sigma": 0.7},
        "bidder": [
            *({"controller": "pid", "estimator": name} for name in ESTIMATORS),
            *({"controller": name, "estimator": "counted"} for name in CONTROLLERS if name != "pid"),
        ],
    },
)


@pytest.fixture(scope="module")
def at_once():
    stall = stall_of(AT_ONCE)
    since = stall.yardstick.evaluate_from
    labels = [spec.label for spec in stall.market.bidder]
    return {label: played(stall, number)[1].since(since) for number, label in enumerate(labels)}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_with_labels_at_once_all_estimators_tell_the_truth(at_once, name):
    series = at_once[f"pid-{name}"]
    whole = series.estimate.sum() / series.truth.sum()
    assert whole == pytest.approx(1.0, abs=0.03 if name == "predicted" else 0.01)
    if name in ("counted", "chain_ladder", "posterior_fill", "bornhuetter_ferguson"):
        assert np.allclose(series.estimate, series.truth, rtol=0.002)


def test_with_labels_at_once_every_controller_holds_the_target(at_once):
    for name, series in at_once.items():
        if name == "clairvoyant":  # it steers by what is to be expected, the others by what comes
            assert series.cost.sum() / series.expected.sum() == pytest.approx(1.0, abs=0.005)
        else:
            assert series.cost.sum() / series.value.sum() == pytest.approx(1.0, abs=0.02), name
