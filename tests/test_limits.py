"""Every method converges to its closed form, in expectation and in replays: steady, growing and shrinking traffic."""

import inspect
from functools import partial

import numpy as np
import pytest
from targets import CONVERSION

from learners.corrections import FakeNegativeCalibration, FakeNegativeWeight
from replay.policies import WaitThenLate
from scenarios.durations import DAY, HOUR
from simulator.limits import LIMITS, limit, p
from simulator.limits_elapsed import Masses
from simulator.limits_table import NOT_REACHED
from simulator.methods import METHODS, Method, Timing, parameters
from simulator.population import Population, settle
from simulator.proof import prove, shake
from simulator.toy import Toy

WINDOW = 10 * DAY
WEEKLY = np.log(2) / 7
TRAFFIC = {
    "steady": Toy(clicks=30_000, days=30, attribution_window=WINDOW),
    "x2 per week": Toy(clicks=20_000, days=30, attribution_window=WINDOW, growth=WEEKLY),
    "x0.5 per week": Toy(clicks=40_000, days=30, attribution_window=WINDOW, growth=-WEEKLY),
}
SEEDS = {"steady": 16, "x2 per week": 10, "x0.5 per week": 10}
LONG = Toy(attribution_window=400 * DAY)  # p = .2, as if for ever; F(1h) = .4392
VARIANTS = {
    "prior_correction, waiting": ("prior_correction", {"window": HOUR}),
    "prior_correction, a tenth": ("prior_correction", {"keep": 0.1}),
    "prior_correction, both": ("prior_correction", {"keep": 0.1, "window": HOUR}),
    "calibrated_wait, by features": ("calibrated_wait", {"window": HOUR, "by_features": True}),
}


def waiting(name):
    """Return the parameters under which a method waits an hour, if it waits at all."""
    window = parameters(METHODS[name]).get("window")
    return {"window": HOUR} if window and window.default else {}


EVERY = {name: (name, waiting(name)) for name in CONVERSION}
REACHED = {name: case for name, case in EVERY.items() if name not in NOT_REACHED}  # the others' own tests do
TIMING = Timing(WINDOW, 2 * WINDOW)
ARMED = [name for name in CONVERSION if METHODS[name](TIMING, **waiting(name)).arms > 1]
JOINT = ["dfm", "dfm_em", "nodef", "ftp", "miss", "tesla"]  # no curvature; their own tests find where they settle


ASSUMED = {"real_negative"}  # what a head says, where a form is asked what a wrong one would lead to


def test_every_method_has_a_limit_in_its_own_parameters():
    assert set(LIMITS) == set(CONVERSION)
    for name, form in LIMITS.items():
        world, *own = inspect.signature(form).parameters
        assert world == "toy"
        assert set(own) <= {*parameters(METHODS[name]), *ASSUMED}


def proved(name, given, traffic):
    """Return what replays reach, and how many standard errors that is from the closed form."""
    proof = prove(partial(METHODS[name], **given), TRAFFIC[traffic], SEEDS[traffic])
    return proof, abs(proof.away(limit(name, TRAFFIC[traffic], given)))


@pytest.mark.parametrize("case", REACHED | VARIANTS)
def test_replays_reach_the_limit(case):
    proof, away = proved(*(REACHED | VARIANTS)[case], "steady")
    assert away < 4
    assert proof.error < 0.005


@pytest.mark.parametrize("traffic", ["x2 per week", "x0.5 per week"])
@pytest.mark.parametrize("case", REACHED)
def test_replays_reach_the_limit_of_changing_traffic(case, traffic):
    assert proved(*REACHED[case], traffic)[1] < 4


@pytest.mark.parametrize("name", [name for name in CONVERSION if name not in ARMED and name not in JOINT])
def test_expectations_settle_at_the_limit(name):
    toy = TRAFFIC["steady"]
    population = Population((toy,), np.ones(1), np.ones((1, 1)), (HOUR, DAY, WINDOW))
    method = METHODS[name](TIMING, **waiting(name))
    assert settle(method, population)[0] == pytest.approx(limit(name, toy, waiting(name)), abs=1e-6)


@pytest.mark.parametrize(
    "name", ["fnw", "fnc", "pu", "prior_correction", "late_positives", "pu_wait", "fnw_wait", "fnc_rn"]
)
def test_growth_acts_on_whatever_lags_behind_the_clicks(name):
    """Conversions fall behind growing traffic, and confirmed negatives further behind."""
    steady, growing, shrinking = (limit(name, toy, waiting(name)) for toy in TRAFFIC.values())
    assert (growing > steady > shrinking) if name == "fnc_rn" else (growing < steady < shrinking)


@pytest.mark.parametrize(
    "name", ["oracle", "waiting_window", "frozen", "calibrated_wait", "mature_daily", "elkan_noto"]
)
def test_growth_leaves_alone_what_judges_clicks_at_one_age(name):
    assert len({limit(name, toy, waiting(name)) for toy in TRAFFIC.values()}) == 1


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("waiting_window", {"window": HOUR}, 0.0878),
        ("fake_negative", {}, 0.1667),
        ("late_positives", {"window": HOUR}, 0.1798),
        ("fnw", {}, 0.2),
        ("fnc", {}, 0.2),
        ("pu", {}, 0.2),
        ("pu_wait", {"window": HOUR}, 0.2),
        ("prior_correction", {}, 0.2),
        ("prior_correction", {"window": HOUR}, 0.2),
        ("fnw_wait", {"window": HOUR}, 0.2),
        ("fnc_wait", {"window": HOUR}, 0.2),
        ("fnc_rn", {}, 0.2),
        ("fnw_rn", {}, 0.2),
        ("es_dfm", {"window": HOUR}, 0.2),
        ("defer", {"window": HOUR}, 0.2),
        ("defuse", {"window": HOUR}, 0.2),
        ("bi_defuse", {"window": HOUR}, 0.2),
        ("ddfm", {"window": HOUR}, 0.2),
        ("ddfm", {"window": HOUR, "confirm": DAY}, 0.1928),
    ],
)
def test_closed_forms_have_the_values_of_the_literature(name, given, value):
    assert limit(name, LONG, given) == pytest.approx(value, abs=5.1e-5)


@pytest.mark.parametrize(
    ("factor", "immediate", "waiting_an_hour"),
    [(2, 0.1769, 0.1792), (1.1, 0.1960, 0.1965), (1 / 1.1, 0.2043, 0.2038), (0.5, 0.2423, 0.2372)],
)
def test_closed_forms_under_growth(factor, immediate, waiting_an_hour):
    """Values of a calculation by hand: p E[e^(-gamma d)], and what an hour's wait makes of it."""
    toy = Toy(growth=np.log(factor) / 7)
    assert limit("fnw", toy, {}) == pytest.approx(immediate, abs=5.1e-5)
    assert limit("fnw_wait", toy, {"window": HOUR}) == pytest.approx(waiting_an_hour, abs=5.1e-5)


@pytest.mark.parametrize("correction", [FakeNegativeWeight(), FakeNegativeCalibration()], ids=str)
def test_what_is_right_where_nothing_waits_is_wrong_on_a_stream_that_waits(correction):
    """FNW and FNC there come to p / (1 - p + D), .2193 where p is .2."""
    toy = TRAFFIC["steady"]
    population = Population((toy,), np.ones(1), np.ones((1, 1)), (HOUR, WINDOW))
    predicted = p(toy) / (1 - p(toy) + Masses.of(toy, HOUR).delayed)
    assert settle(Method(WaitThenLate(HOUR), correction), population)[0] == pytest.approx(predicted, abs=1e-6)
    assert 0.2 / (1 - 0.2 + Masses.of(LONG, HOUR).delayed) == pytest.approx(0.2193, abs=5.1e-5)


def test_an_outage_shakes_what_learns_from_what_has_not_come():
    toy = Toy(clicks=20_000, days=24, attribution_window=4 * DAY)
    waves = {name: shake(METHODS[name], toy, DAY, 2) for name in ("oracle", "mature_daily", "fnw", "waiting_window")}
    for name in ("oracle", "mature_daily"):  # the one knows, the other waits for the watermark
        assert waves[name].lowest == waves[name].before == waves[name].highest
    dip, overshoot = waves["fnw"], waves["fnw"].highest - waves["fnw"].before
    assert dip.lowest < 0.8 * dip.before
    assert DAY <= dip.lowest_after <= dip.highest_after <= 2 * DAY
    assert overshoot > 0.05 * dip.before
    assert waves["waiting_window"].lowest < 0.9 * waves["waiting_window"].before
    assert waves["waiting_window"].highest == waves["waiting_window"].before
