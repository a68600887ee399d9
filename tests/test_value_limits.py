"""Every method for money converges to its closed form in replays: steady, growing and shrinking traffic, refunds."""

import inspect
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from learners import Logistic
from scenarios.durations import DAY, HOUR
from simulator.limits_value import VALUE_LIMITS, value_limit
from simulator.methods import METHODS, Timing, parameters
from simulator.proof import prove
from simulator.toy_money import Gift, MoneyToy

WAIT = 2 * HOUR
SMALL_FIRST = MoneyToy(gifts=(Gift(2.169), Gift(3.445, delay=24 * HOUR, chance=0.6026)))  # methods of the paper's size
REFUNDED = MoneyToy(gifts=(Gift(4.0), Gift(1.5, delay=30 * HOUR, chance=0.5), Gift(-2.0, 0.3, 48 * HOUR, 0.3)))
LOG_NORMAL = MoneyToy(gifts=(Gift(12.0, sigma=0.7, delay=20 * HOUR),))
WEEKLY = np.log(2) / 7
CASES = {
    "value_oracle": ("value_oracle", {}),
    "value_mature": ("value_mature", {}),
    "value_delta": ("value_delta", {"level": False}),
    "value_delta, levelled": ("value_delta", {"level": True}),
    "two_stage, levelled": ("two_stage", {"level": True}),
    "value_delta, gamma": ("value_delta", {"loss": "gamma"}),
    "value_delta, tweedie": ("value_delta", {"loss": "tweedie-1.5"}),
    "value_delta, squared": ("value_delta", {"loss": "squared"}),
    "value_wait": ("value_wait", {"window": WAIT}),
    "value_wait, by count": ("value_wait", {"window": WAIT, "scaling": "count"}),
    "value_wait, as it is": ("value_wait", {"window": WAIT, "scaling": "none"}),
    "two_stage": ("two_stage", {"level": False}),
    "two_stage, mature poisson": ("two_stage", {"amount": "poisson", "mature": True}),
    "gifts_only": ("gifts_only", {}),
}
LOGARITHMS = {
    f"{name}, {way}": (name, {**given, "retransform": way})
    for name, given in (("log1p", {}), ("two_stage", {"amount": "log1p"}))
    for way in ("none", "lognormal", "smearing")
}
LAGGING = ["value_delta", "value_delta, levelled", "value_delta, gamma", "value_delta, squared"]
JUDGED_AT_ONE_AGE = ["value_oracle", "value_mature", "value_wait"]


def small_steps():
    return Logistic(bits=1, optimizer="sgd", learning_rate=0.001)


def proved(case, toy, seeds=6):
    """Return what replays reach, and how many standard errors that is from the closed form."""
    name, given = (CASES | LOGARITHMS)[case]
    if name == "value_wait" or given.get("amount") == "log1p":
        toy = replace(toy, clicks=200_000)  # what is learned from mature gifts must settle too
    proof = prove(partial(METHODS[name], **given), toy, seeds, small_steps)
    return proof, abs(proof.away(value_limit(name, toy, given)))


def test_every_method_for_money_has_a_limit_in_its_own_parameters():
    timing = Timing(DAY, 2 * DAY)
    assert set(VALUE_LIMITS) == {name for name in METHODS if METHODS[name](timing).target == "value"}
    for name, form in VALUE_LIMITS.items():
        world, *own = inspect.signature(form).parameters
        assert world == "toy"
        assert set(own) <= set(parameters(METHODS[name]))


@pytest.mark.parametrize("case", CASES)
def test_replays_reach_the_limit(case):
    proof, away = proved(case, SMALL_FIRST)
    assert away < 4
    assert proof.error < 0.03 * proof.mean


@pytest.mark.parametrize("case", ["value_delta", "value_delta, gamma", "value_mature", "two_stage", "value_wait"])
def test_refunds_take_back(case):
    proof, away = proved(case, REFUNDED)
    assert away < 4
    assert abs(proof.away(REFUNDED.rate * 4.75)) > 8  # what it would be without them


@pytest.mark.parametrize("case", LOGARITHMS)
def test_logarithms_reach_theirs(case):
    proof, away = proved(case, LOG_NORMAL)
    assert away < 4
    right = case in ("log1p, smearing", "two_stage, lognormal", "two_stage, smearing")
    assert (abs(proof.away(LOG_NORMAL.value)) < 4) == right


def test_the_logarithm_is_as_far_off_as_predicted():
    """With p = .2 and amounts of 12 on average: 2.4 a click, of which log1p serves .59 and p times E[log] 1.84."""
    assert LOG_NORMAL.value == pytest.approx(2.4, abs=1e-3)
    assert value_limit("log1p", LOG_NORMAL, {}) == pytest.approx(0.590, abs=1e-3)
    p = LOG_NORMAL.rate * LOG_NORMAL.discounted()
    p_times_log = value_limit("two_stage", LOG_NORMAL, {"amount": "log1p", "retransform": "none"})
    assert p_times_log == pytest.approx(p * (13 * np.exp(-(0.7**2) / 2) - 1), abs=1e-3)


@pytest.mark.parametrize("growth", [WEEKLY, -WEEKLY])
@pytest.mark.parametrize("case", [*LAGGING, *JUDGED_AT_ONE_AGE, "two_stage"])
def test_growth_acts_on_what_lags_behind_the_clicks(case, growth):
    toy = replace(LOG_NORMAL, growth=growth)
    assert proved(case, toy)[1] < 4
    settled, steady = (value_limit(*(CASES[case][0], each, CASES[case][1])) for each in (toy, LOG_NORMAL))
    assert (settled == pytest.approx(steady)) == (case in JUDGED_AT_ONE_AGE)


def test_the_share_of_gifts_is_not_the_share_of_money():
    """Where later gifts are larger: G(2h) = .184 and F(2h) = .207, so scaling by counts gives .75 for .85."""
    assert SMALL_FIRST.value == pytest.approx(0.849, abs=1e-3)
    assert SMALL_FIRST.value_share(WAIT) == pytest.approx(0.184, abs=5e-4)
    assert SMALL_FIRST.count_share(WAIT) == pytest.approx(0.207, abs=5e-4)
    by_count = value_limit("value_wait", SMALL_FIRST, {"window": WAIT, "scaling": "count"})
    assert by_count == pytest.approx(0.849 * 0.184 / 0.207, abs=2e-3)
    proof, _ = proved("value_wait, by count", SMALL_FIRST)
    assert proof.away(SMALL_FIRST.value) < -6
