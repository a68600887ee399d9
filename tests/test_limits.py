"""Every method converges to its closed form (no features, constant rate, a mixture of delays, steady traffic)."""

import numpy as np
import pytest

from learners import LEARNERS
from replay.feed import LabelFeed, deliver
from scenarios.durations import DAY, HOUR
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import METHODS, Timing
from simulator.toy import Toy
from simulator.trainer import Trainer

SEEDS = 12
TOY = Toy(clicks=60_000, days=60, attribution_window=20 * DAY)
GROWING = Toy(clicks=60_000, days=60, attribution_window=20 * DAY, growth=np.log(2) / 7)


def p(toy):
    return toy.rate * toy.converted_by(toy.attribution_window)


LIMITS = {
    "oracle": ({}, p),
    "waiting_window": ({"window": HOUR}, lambda toy: toy.rate * toy.converted_by(HOUR)),
    "fake_negative": ({}, lambda toy: p(toy) / (1 + p(toy))),
    "fnw": ({}, p),
    "fnc": ({}, p),
    "frozen": ({}, p),
}


def reached(toy, name, parameters, seed):
    """Return the mean prediction over the last third of a replay."""
    log = toy.log(seed)
    evaluate_after = toy.days * DAY * 2 // 3
    method = METHODS[name](Timing(toy.attribution_window, evaluate_after), **parameters)
    learner = LEARNERS["logistic"](bits=8, optimizer="sgd", learning_rate=0.002)
    prediction = np.zeros(log.n_clicks, np.float32)
    trainer = Trainer(
        log,
        deliver(log, toy.attribution_window, LabelFeed()),
        method,
        learner,
        256,
        prediction,
        np.zeros(log.n_clicks, np.bool_),
    )
    replay(trainer, Clock.of(log, HOUR), lambda _: None)
    return prediction[log.click_time >= evaluate_after].mean(dtype=np.float64)


def test_every_method_has_a_limit():
    assert set(LIMITS) == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_methods_converge_to_their_limits(name):
    parameters, limit = LIMITS[name]
    means = np.array([reached(TOY, name, parameters, seed) for seed in range(SEEDS)])
    error = means.std(ddof=1) / np.sqrt(SEEDS)
    assert error < 0.004
    assert abs(means.mean() - limit(TOY)) < 4 * error


@pytest.mark.parametrize("name", ["fnw", "fnc"])
def test_growing_traffic_multiplies_the_limit_by_the_delays_laplace_transform(name):
    means = np.array([reached(GROWING, name, {}, seed) for seed in range(SEEDS)])
    error = means.std(ddof=1) / np.sqrt(SEEDS)
    limit = GROWING.rate * GROWING.discounted()
    assert limit < 0.95 * p(GROWING)
    assert abs(means.mean() - limit) < 4 * error


def test_waiting_keeps_its_limit_in_growing_traffic():
    means = np.array([reached(GROWING, "waiting_window", {"window": HOUR}, seed) for seed in range(SEEDS)])
    error = means.std(ddof=1) / np.sqrt(SEEDS)
    assert abs(means.mean() - LIMITS["waiting_window"][1](GROWING)) < 4 * error
