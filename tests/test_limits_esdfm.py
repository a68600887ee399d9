"""Limits of the methods that wait a window and learn of late conversions: closed forms, expectations and replays."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learners.base import MAIN, Correction, Parts
from learners.corrections import ElapsedTimeExact, FakeNegativeSplit, Plain
from learners.corrections.auxiliary import DELAYED, LATE, REAL_NEGATIVE
from learners.corrections.defuse import split
from replay.policies import NegativeThenLate, Twice, Wait, WaitThenLate
from scenarios.durations import DAY, HOUR
from simulator import limits_elapsed
from simulator.methods import METHODS, Method, Timing
from simulator.methods.heads import heads
from simulator.population import Population, settle
from simulator.proof import prove
from simulator.toy import Toy

TOY = Toy()  # p = .2, half of the conversions after half an hour, half after three days, a window of 30 days
SHORT = Toy(clicks=40_000, days=40, attribution_window=10 * DAY)
WEEKLY = np.log(2) / 7
FORMS = {
    "es_dfm": limits_elapsed.elapsed_time,
    "es_dfm_exact": limits_elapsed.elapsed_time,
    "defer": limits_elapsed.defer,
    "defer_exact": limits_elapsed.defer_exact,
    "defuse": limits_elapsed.defuse,
    "bi_defuse": limits_elapsed.bi_defuse,
    "ddfm": limits_elapsed.ddfm,
}
CONFIRMING = ["defer", "defer_exact", "ddfm"]


@dataclass(frozen=True)
class Told(Plain):
    """A correction that is told a probability instead of asking an auxiliary model for it."""

    correction: Correction = field(default_factory=ElapsedTimeExact)
    name: str = REAL_NEGATIVE
    value: float = 0.95
    needs = ()

    def parts(self, shown, seen):
        return self.correction.parts(shown, {self.name: np.full(len(shown.label), self.value, np.float32)})


class DefuseAsCoded(Plain):
    """DEFUSE as in its authors' code: every positive, immediate or delayed, weighs w1 + w4."""

    needs = (DELAYED, REAL_NEGATIVE)

    def parts(self, shown, seen):
        one, delayed = np.float32(1), seen[DELAYED]
        both = one + delayed + one
        return split(shown, seen[REAL_NEGATIVE], both, delayed, one + delayed, both)


class DeferAsCoded(Plain):
    """DEFER as in DEFUSE's code: 2 p / p * (2 - S), and S again where the delayed mass belongs."""

    needs = (MAIN, LATE)

    def parts(self, shown, seen):
        f, late = seen[MAIN], seen[LATE]
        negative = (1 - f) / (1 - f + late / 2)
        return Parts(np.where(shown.label, 2 * (2 - late), 0 * f), np.where(shown.label, 0 * f, negative))


def wrong_head(timing):
    return Method(WaitThenLate(HOUR), Told())


def defuse_as_coded(timing):
    return Method(WaitThenLate(HOUR), DefuseAsCoded(), heads(timing, HOUR, DELAYED, REAL_NEGATIVE))


def defer_as_coded(timing):
    return Method(Twice(HOUR, timing.attribution_window), DeferAsCoded(), heads(timing, HOUR, LATE))


def in_window(timing):
    return Method(Wait(HOUR), Plain())


def out_window(timing):
    return Method(NegativeThenLate(HOUR), FakeNegativeSplit(MAIN))


def masses(toy, window=HOUR):
    of = limits_elapsed.Masses.of(toy, window)
    return of.p, of.delayed, of.delayed / of.p


def wrong_head_form(toy):
    return limits_elapsed.elapsed_time(toy, HOUR, real_negative=0.95)


def defuse_as_coded_form(toy):
    p, delayed, _ = masses(toy)
    positive = p * (2 + delayed) + delayed**2
    return positive / (positive + (1 - p) * (1 + delayed))


def defer_as_coded_form(toy):
    p, _, late = masses(toy)
    a, b = 2 * p * (2 - late) ** 2, 2 * (1 - p) + p * late
    return a * (1 + late / 2) / (a + b)


BUILT = {
    "wrong_head": (wrong_head, wrong_head_form, 0.1875),
    "defuse_as_coded": (defuse_as_coded, defuse_as_coded_form, 0.3284),
    "defer_as_coded": (defer_as_coded, defer_as_coded_form, 0.4176),
    "in_window": (in_window, lambda toy: masses(toy)[0] - masses(toy)[1], 0.0878),
    "out_window": (out_window, lambda toy: masses(toy)[1], 0.1122),
}


def settled(build, toy, ages):
    """Return where a method comes to rest, from its own policies and corrections, without drawing anything."""
    window = toy.attribution_window
    ages = tuple(sorted({*ages, window}))
    population = Population((toy,), np.ones(1), np.ones((1, 1)), ages)
    return settle(build(Timing(window, 2 * window)), population)[0]


def recipe(name, window=HOUR, **given):
    return lambda timing: METHODS[name](timing, window=window, **given)


@pytest.mark.parametrize("name", FORMS)
def test_methods_settle_on_p(name):
    p = TOY.rate * TOY.converted_by(TOY.attribution_window)
    assert FORMS[name](TOY, HOUR) == pytest.approx(p, rel=1e-12)
    assert settled(recipe(name), TOY, [HOUR]) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize(("name", "value"), [("defer", 0.1950), ("defer_exact", 0.1935), ("ddfm", 0.1928)])
def test_confirming_negatives_after_a_day_costs_what_converts_later(name, value):
    form = FORMS[name](TOY, HOUR, DAY)
    assert form == pytest.approx(value, abs=5e-5)
    assert settled(recipe(name, confirm=DAY), TOY, [HOUR, DAY]) == pytest.approx(form, rel=1e-9)


@pytest.mark.parametrize("name", BUILT)
def test_wrong_models_and_public_code_settle_elsewhere(name):
    build, form, value = BUILT[name]
    assert form(TOY) == pytest.approx(value, abs=1e-4)
    assert settled(build, TOY, [HOUR]) == pytest.approx(form(TOY), rel=1e-7)


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=15)
@given(
    rate=st.floats(0.01, 0.7),
    fast=st.floats(0.05, 0.95),
    hours=st.integers(1, 72),
    window=st.integers(1, 12),
    confirm=st.integers(12, 240),
)
def test_closed_forms_are_where_the_expected_gradient_is_zero(name, rate, fast, hours, window, confirm):
    toy = Toy(rate=rate, delays=((fast, HOUR), (1 - fast, hours * HOUR)), attribution_window=10 * DAY)
    window, confirm = window * HOUR, confirm * HOUR
    given = {"confirm": confirm} if name in CONFIRMING else {}
    reached = settled(recipe(name, window=window, **given), toy, {window, confirm})
    assert reached == pytest.approx(FORMS[name](toy, window, **given), rel=1e-6)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("growth", [WEEKLY, -WEEKLY, np.log(0.9) / 7])
def test_closed_forms_hold_in_growing_and_shrinking_traffic(name, growth):
    toy = replace(TOY, growth=growth)
    ages = [HOUR, *np.geomspace(HOUR // 60, toy.attribution_window - 1, 3_000).astype(int).tolist()]
    assert settled(recipe(name), toy, ages) == pytest.approx(FORMS[name](toy, HOUR), rel=1e-3)


def test_growing_traffic_hurts_late_negatives_most():
    """Limits where p = .2 and clicks double every week, or halve."""
    doubling, halving = ([form(replace(TOY, growth=g), HOUR) for form in FORMS.values()] for g in (WEEKLY, -WEEKLY))
    np.testing.assert_allclose(doubling, [0.1815, 0.1815, 0.2737, 0.2926, 0.1834, 0.1770, 0.2615], atol=5e-5)
    np.testing.assert_allclose(halving, [0.2319, 0.2319, 0.0407, 0.0289, 0.2288, 0.2422, 0.0212], atol=5e-5)


def check(build, toy, predicted):
    proof = prove(build, toy, seeds=8)
    assert proof.error < 0.004
    assert abs(proof.away(predicted)) < 4


@pytest.mark.parametrize("name", FORMS)
def test_replays_reach_the_limit(name):
    check(recipe(name), SHORT, FORMS[name](SHORT, HOUR))


@pytest.mark.parametrize("name", ["es_dfm_exact", "defer", "ddfm"])
def test_replays_of_growing_traffic_reach_the_limit(name):
    toy = replace(SHORT, growth=WEEKLY)
    predicted = FORMS[name](toy, HOUR)
    assert abs(predicted - FORMS[name](SHORT, HOUR)) > 0.01
    check(recipe(name), toy, predicted)


@pytest.mark.parametrize("name", CONFIRMING)
def test_replays_with_an_early_confirmation_reach_the_limit(name):
    check(recipe(name, confirm=6 * HOUR), SHORT, FORMS[name](SHORT, HOUR, 6 * HOUR))


@pytest.mark.parametrize("name", BUILT)
def test_replays_of_wrong_models_and_public_code_reach_the_limit(name):
    build, form, _ = BUILT[name]
    check(build, SHORT, form(SHORT))
