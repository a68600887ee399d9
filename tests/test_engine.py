"""The columnar engine equals the event-by-event one, and both serve with what they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learners_for_tests import PlainLogistic
from logs import WINDOW, delivered, feeds, logs, make_log

from simulator.clock import Clock
from simulator.engine import replay
from simulator.exact import replay_exactly
from simulator.methods import METHODS, Timing
from simulator.trainer import Trainer

TIMING = Timing(attribution_window=WINDOW, evaluate_after=1_500)
BUILT = {
    "pu_wait": {"window": 100},
    "late_positives": {"window": 100},
    "fnw_wait": {"window": 100},
    "fnc_wait": {"window": 100},
    "elkan_noto": {"window": 100},
    "prior_correction": {"keep": 0.5, "window": 100},
    "calibrated_wait": {"window": 100, "by_features": True},
    "waiting_window": {"window": 350},
    "frozen": {"window": 200},
    "es_dfm": {"window": 100},
    "es_dfm_exact": {"window": 100},
    "defer": {"window": 100},
    "defer_exact": {"window": 100, "confirm": 350},
    "defuse": {"window": 100},
    "bi_defuse": {"window": 100},
    "ddfm": {"window": 100, "confirm": 350},
    "hazard": {"ages": "50us,100us,350us"},
    "dfm": {"checks": "50us,100us,350us", "family": "weibull"},
    "dfm_em": {"checks": "50us,100us,350us"},
    "nodef": {"checks": "50us,100us,350us"},
    "ulc": {"window": 100, "deadline": 250, "update": True},
    "fsiw": {"window": 100},
    "tesla": {"window": 100, "refund_window": 50},
    "gdfm": {"reveals": "0s,100us,350us,1ms"},
    "miss": {"windows": "100us,1ms"},
    "ftp": {"windows": "100us,350us,1ms"},
    "value_delta": {"loss": "gamma", "level": True},
    "value_mature": {"loss": "tweedie-1.5"},
    "value_wait": {"window": 100, "loss": "squared"},
    "two_stage": {"conversion": "hazard ages=50us,100us,350us", "amount": "log1p"},
    "log1p": {"retransform": "lognormal"},
}


def built(name):
    return METHODS[name](TIMING, **BUILT.get(name, {}))


def trained(log, feed, method, clock, how=replay, *, net=False):
    prediction = np.full(log.n_clicks, np.nan, np.float32)
    stages = {name: np.full(log.n_clicks, np.nan, np.float32) for name in method.stages}
    shown = np.zeros(log.n_clicks, np.bool_)
    trainer = Trainer(
        log, delivered(log, feed, net=net), method, PlainLogistic(), clock.batch, prediction, shown, stages
    )
    ticks = []
    how(trainer, clock, ticks.append)
    assert ticks == sorted(ticks)
    return trainer


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=15)
@given(
    log=logs(),
    feed=feeds,
    every=st.sampled_from([1, 50, 170, 400, 5_000]),
    lag=st.sampled_from([0, 1, 90, 400]),
    batch=st.integers(1, 7),
    net=st.booleans(),
)
def test_columns_equal_events(name, log, feed, every, lag, batch, net):
    clock = Clock.of(log, every, lag, batch)
    fast = trained(log, feed, built(name), clock, net=net)
    slow = trained(log, feed, built(name), clock, replay_exactly, net=net)
    np.testing.assert_array_equal(fast.prediction, slow.prediction)
    np.testing.assert_array_equal(fast.shown_positive, slow.shown_positive)
    assert np.isfinite(fast.prediction).all()
    for stage, recorded in fast.recorded.items():
        assert np.isfinite(recorded).all()
        np.testing.assert_array_equal(recorded, slow.recorded[stage])
    for count in ("served", "examples", "positives", "head_examples"):
        assert getattr(fast.tally, count) == getattr(slow.tally, count)
    assert fast.tally.served == log.n_clicks


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=8)
@given(log=logs(), feed=feeds)
def test_every_event_by_itself_equals_drains_of_a_microsecond(name, log, feed):
    exact = trained(log, feed, built(name), Clock.of(log, 0))
    drains = trained(log, feed, built(name), Clock.of(log, 1))
    np.testing.assert_array_equal(exact.prediction, drains.prediction)


def test_a_model_serves_only_after_it_was_published():
    log = make_log([0, 10, 20, 30, 40], [(0, 1)], slots=np.zeros((5, 1)))
    untrained = np.float32(0.5)
    prompt = trained(log, None, built("oracle"), Clock.of(log, 20))
    assert prompt.prediction[:2].tolist() == [untrained] * 2
    assert prompt.prediction[2] != untrained
    late = trained(log, None, built("oracle"), Clock.of(log, 20, publish_lag=15))
    assert late.prediction[:4].tolist() == [untrained] * 4
    assert late.prediction[4] == prompt.prediction[2]


def test_a_click_is_predicted_before_its_own_instant_is_learned():
    log = make_log([0, 0, 7], [(0, 0)], slots=np.zeros((3, 1)))
    for clock in (Clock.of(log, 0), Clock.of(log, 1)):
        prediction = trained(log, None, built("oracle"), clock).prediction
        assert prediction[:2].tolist() == [0.5, 0.5]
        assert prediction[2] != 0.5


def test_an_empty_log_runs():
    log = make_log([])
    for every in (0, 10):
        assert trained(log, None, built("fnw"), Clock.of(log, every)).tally.served == 0


def test_drains_fall_on_round_times():
    clock = Clock.of(make_log([1_234, 5_000]), 1_000)
    assert (clock.start, clock.drains, clock.end) == (1_000, 5, 6_000)


def test_missed_counts_conversions_known_but_never_shown_as_positive():
    log = make_log([0, 0, 0, 900], [(0, 100), (1, 500), (2, 990)])
    clock = Clock.of(log, 1_000)
    trainer = trained(log, None, METHODS["waiting_window"](TIMING, window=200), clock)
    assert trainer.missed(clock.end) == 2
    assert trainer.missed(500) == 0
    assert trainer.missed(501) == 1


def test_a_tick_can_stop_the_run():
    def stop(now):
        raise KeyboardInterrupt

    log = make_log([0, 10])
    method = built("oracle")
    trainer = Trainer(log, delivered(log), method, PlainLogistic(), 1, np.empty(2, np.float32), np.zeros(2, np.bool_))
    with pytest.raises(KeyboardInterrupt):
        replay(trainer, Clock.of(log, 5), stop)
