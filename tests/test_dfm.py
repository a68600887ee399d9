"""The delayed feedback model as a stream: its likelihood, gradients and limits, and what public code makes of it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import delivered, make_log
from scipy.optimize import minimize

from learners.base import MAIN, Shown
from learners.corrections import SoftConverted, SoftConvertedDelay, Telescoped, TelescopedDelay
from learners.corrections.delay_curves import HEADS, RATE, SHAPE
from replay.feed import LabelFeed
from replay.policies import Checks, Revisits
from replay.view import View
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.limits_dfm import revisited, telescoped
from simulator.methods import METHODS, Timing
from simulator.methods.dfm import checked_ages
from simulator.proof import prove
from simulator.toy import Toy

CHECKS = "15m,1h,6h,1d,3d,7d,14d,30d"
AGES = checked_ages(CHECKS, 30 * DAY)
UNIT = float(np.sqrt(float(AGES[0]) * AGES[-1]))
WEEKLY = np.log(2) / 7
CLUSTERS = Toy(clicks=20_000, days=20, attribution_window=5 * DAY)
EXPONENTIAL = replace(CLUSTERS, delays=((1.0, DAY),))
logits, kinds = st.floats(-3, 3), st.integers(0, len(AGES) - 1)
PARAMETRIC = ("exponential", "weibull")
families = st.sampled_from(PARAMETRIC)
PAIRS = {"dfm": (Telescoped, TelescopedDelay), "dfm_em": (SoftConverted, SoftConvertedDelay)}
FORMS = {"dfm": telescoped, "dfm_em": revisited}


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def hazard(at, family, age):
    """Return the cumulative hazard of the delay, from the linear predictors."""
    shape = np.exp(at[2]) if family == "weibull" else 1.0
    return (np.exp(at[1]) * age / UNIT) ** shape


def loss(name, at, family, kind, label):
    """Return the negative log-likelihood of an interval (dfm), or of all known at its end (dfm_em); no cancellation."""
    p = sigmoid(at[0])
    start, end = (hazard(at, family, float((0, *AGES)[k])) for k in (kind, kind + 1))
    left = [1 - p * -np.expm1(-a) for a in (start, end)]
    so_far = -(np.log(p) - start + np.log(-np.expm1(start - end))) if label else -np.log(left[1])
    return so_far + np.log(left[0]) if name == "dfm" else so_far


def gradients(name, at, family, kind, label):
    """Return the gradients that the corrections give, in the order of the linear predictors."""
    seen = {model: np.array([sigmoid(s)]) for model, s in zip((MAIN, RATE, SHAPE), at, strict=True)}
    shown = Shown(np.array([label]), np.array([kind], np.int8), np.zeros(1, np.int64))
    whether, when = PAIRS[name]
    corrections = [whether(AGES, family), *(when(AGES, family, head) for head in HEADS[family])]
    parts = [correction.parts(shown, seen) for correction in corrections]
    return [
        float((part.negative * f - part.positive * (1 - f))[0])
        for part, f in zip(parts, (sigmoid(s) for s in at), strict=False)
    ]


@pytest.mark.parametrize("name", PAIRS)
@given(st.tuples(logits, logits, st.floats(-1, 1)), families, kinds, st.booleans())
def test_gradients_are_those_of_the_likelihood(name, at, family, kind, label):
    for i, given_ in enumerate(gradients(name, at, family, kind, label)):
        step = 1e-5 * np.eye(3)[i]
        up, down = (loss(name, np.array(at) + shift, family, kind, label) for shift in (step, -step))
        numeric = (up - down) / 2e-5
        expected = numeric if i == 0 else np.clip(numeric, -10, 10)
        assert given_ == pytest.approx(expected, rel=1e-3, abs=1e-5)


@given(st.tuples(logits, logits, st.floats(-1, 1)), families, kinds, st.booleans())
def test_intervals_multiply_to_the_likelihood_of_the_click(at, family, kind, label):
    intervals = sum(loss("dfm", at, family, k, False) for k in range(kind)) + loss("dfm", at, family, kind, label)
    assert intervals == pytest.approx(loss("dfm_em", at, family, kind, label), rel=1e-6, abs=1e-9)


@given(st.tuples(logits, logits), kinds, st.booleans())
def test_steps_of_a_click_add_up_to_cross_entropy_to_a_soft_label(at, kind, label):
    """After surviving all intervals up to some age the steps of `dfm` add up to p - w, after a conversion to p - 1."""
    at = (*at, 0.0)
    survived = sum(gradients("dfm", at, "exponential", k, False)[0] for k in range(kind))
    total = survived + gradients("dfm", at, "exponential", kind, label)[0]
    assert total == pytest.approx(gradients("dfm_em", at, "exponential", kind, label)[0], abs=1e-5)


@pytest.mark.parametrize("of", [RATE, SHAPE])
def test_steps_stay_bounded_where_models_are_extreme(of):
    edge = np.array([1e-7, 0.5, 1 - 1.2e-7], np.float32)
    rows = list(itertools.product(edge, edge, edge, range(len(AGES)), (False, True)))
    p, rate, shape, kind, label = (np.array(column) for column in zip(*rows, strict=True))
    seen = {MAIN: p, RATE: rate, SHAPE: shape}
    shown = Shown(label, kind.astype(np.int8), np.zeros(len(rows), np.int64))
    corrections = [
        one for whether, when in PAIRS.values() for one in (whether(AGES, "weibull"), when(AGES, "weibull", of))
    ]
    for correction in corrections:
        parts = correction.parts(shown, seen)
        assert max(np.abs(part).max() for part in parts) <= 10
        served = correction.serve(seen)
        assert np.all((served > 0) & (served < 1))


def test_a_click_is_checked_at_the_watermark_until_it_converts():
    log = make_log([0, 10, 20], [(0, 30), (1, 111), (2, 2_000)])
    feed = LabelFeed("constant", 5)
    examples = Checks((40, 100, 300)).due(View(log, delivered(log, feed), now=1_000), 0, 1_000)
    assert list(zip(examples.due, examples.row, examples.kind, examples.label, strict=True)) == [
        (45, 0, 0, True),
        (55, 1, 0, False),
        (65, 2, 0, False),
        (115, 1, 1, False),
        (125, 2, 1, False),
        (315, 1, 2, True),
        (325, 2, 2, False),
    ]


def test_an_outage_holds_every_check_back_and_moves_no_conversion_to_another_interval():
    log = make_log([0, 10], [(0, 35), (1, 90)])
    feed = LabelFeed(outages=((30, 200),))
    examples = Checks((40, 100, 300)).due(View(log, delivered(log, feed), now=1_000), 0, 1_000)
    assert list(zip(examples.due, examples.row, examples.kind, examples.label, strict=True)) == [
        (200, 0, 0, True),
        (200, 1, 0, False),
        (200, 1, 1, True),
    ]


def test_a_revisit_tells_all_that_is_known_by_its_age():
    log = make_log([0, 10], [(0, 50)])
    examples = Revisits((40, 100, 300)).due(View(log, delivered(log), now=1_000), 0, 1_000)
    assert list(zip(examples.due, examples.row, examples.kind, examples.label, strict=True)) == [
        (40, 0, 0, False),
        (50, 1, 0, False),
        (100, 0, 1, True),
        (110, 1, 1, False),
        (300, 0, 1, True),
        (310, 1, 2, False),
    ]


@pytest.mark.parametrize("family", PARAMETRIC)
@pytest.mark.parametrize("toy", [Toy(), Toy(attribution_window=DAY), replace(Toy(), delays=((1.0, DAY),))], ids=str)
def test_in_steady_traffic_what_dfm_serves_is_exact_whatever_the_family(toy, family):
    p = toy.rate * toy.converted_by(toy.attribution_window)
    assert telescoped(toy, CHECKS, family) == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("form", FORMS.values())
@pytest.mark.parametrize("family", PARAMETRIC)
@pytest.mark.parametrize("growth", [WEEKLY, 0, -WEEKLY])
def test_the_right_family_is_exact_in_any_traffic(form, family, growth):
    assert form(Toy(delays=((1.0, DAY),), growth=growth), CHECKS, family) == pytest.approx(0.2, rel=1e-6)


def test_a_wrong_family_costs():
    """p = .2; half of the conversions after half an hour, half after three days; clicks double or halve in a week."""
    growing = [telescoped(Toy(growth=growth), CHECKS, family) for growth in (WEEKLY, -WEEKLY) for family in PARAMETRIC]
    np.testing.assert_allclose(growing, [0.1923, 0.2068, 0.1887, 0.2038], atol=5e-5)
    steady = [revisited(Toy(), CHECKS, family) for family in PARAMETRIC]
    np.testing.assert_allclose(steady, [0.2165, 0.2029], atol=5e-5)


@pytest.mark.parametrize(
    ("name", "toy", "family"),
    [
        ("dfm", EXPONENTIAL, "exponential"),
        ("dfm", EXPONENTIAL, "weibull"),
        ("dfm", CLUSTERS, "exponential"),
        ("dfm", replace(CLUSTERS, growth=WEEKLY), "exponential"),
        ("dfm_em", EXPONENTIAL, "exponential"),
        ("dfm_em", CLUSTERS, "exponential"),
    ],
    ids=["true", "too_wide", "wrong", "growing", "em", "em_wrong"],
)
def test_replays_reach_the_limit(name, toy, family):
    proof = prove(lambda timing: METHODS[name](timing, checks=CHECKS, family=family), toy, seeds=5)
    assert proof.error < 0.004
    assert abs(proof.away(FORMS[name](toy, CHECKS, family))) < 4


def batch_fit(elapsed_as_delay):
    """Return p of the batch likelihood over clicks seen once, at the end of their hour, as public code sees them.

    With `elapsed_as_delay` a conversion's delay is the time elapsed when it was seen, as there; else the true one.
    """
    toy, age = Toy(), (np.arange(400) + 0.5) / 400  # hours
    mean = np.array([share_mean[1] / HOUR for share_mean in toy.delays])
    spent = age[:, None] / mean
    converted = toy.rate * (0.5 * -np.expm1(-spent)).sum(axis=1)
    delay_sum = toy.rate * (0.5 * mean * (1 - np.exp(-spent) * (1 + spent))).sum(axis=1)
    total = age * converted if elapsed_as_delay else delay_sum

    def expected(at):
        p, rate = sigmoid(at[0]), np.exp(at[1])
        waiting = np.log1p(-p * -np.expm1(-rate * age))
        return -np.mean(converted * (np.log(p) + at[1]) - rate * total + (1 - converted) * waiting)

    return sigmoid(minimize(expected, np.zeros(2), method="Nelder-Mead", options={"maxiter": 5_000}).x[0])


def test_setting_delays_to_the_time_elapsed_collapses_to_one():
    assert batch_fit(elapsed_as_delay=True) > 0.99
    assert batch_fit(elapsed_as_delay=False) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("checks", ["", "1h,15m", "0s,1h", "1h,1h", "1h;2h", ",".join(f"{i}m" for i in range(1, 70))])
@pytest.mark.parametrize("name", PAIRS)
def test_checks_must_be_increasing_durations(name, checks):
    with pytest.raises(ValueError, match="checks: expected"):
        METHODS[name](Timing(DAY, 2 * DAY), checks=checks)


@pytest.mark.parametrize("name", PAIRS)
def test_the_family_must_be_known(name):
    with pytest.raises(ValueError, match="family: expected one of 'exponential', 'weibull', 'kernel', got 'gamma'"):
        METHODS[name](Timing(DAY, 2 * DAY), family="gamma")


def test_the_last_check_is_at_the_attribution_window():
    assert checked_ages("15m,1d,3d", DAY) == (15 * MINUTE, DAY)
    assert checked_ages("15m,1h", 7 * DAY) == (15 * MINUTE, HOUR, 7 * DAY)
