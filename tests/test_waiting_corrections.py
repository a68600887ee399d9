"""Corrections of methods that wait a window and learn of late conversions: their losses, and how they are related."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from learners.base import MAIN, Shown
from learners.corrections import CORRECTIONS, OUT_WINDOW, FakeNegativeSplit
from learners.corrections.auxiliary import DELAYED, LATE, REAL_NEGATIVE
from learners.corrections.defuse import split

OBSERVED, DELAYED_POSITIVE, CONFIRMED, AGAIN = range(4)
unit = st.floats(0.02, 0.98)
logits = st.floats(-4, 4)
rows = st.sampled_from(
    [(OBSERVED, True), (OBSERVED, False), (DELAYED_POSITIVE, True), (CONFIRMED, False), (AGAIN, True)]
)


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def shown(kind, label):
    return Shown(np.array([label]), np.array([kind], np.int8), np.array([1_000]))


def parts(name, row, **seen):
    given_as = {key: np.array([value], np.float32) for key, value in seen.items()}
    positive, negative = CORRECTIONS[name]().parts(shown(*row), given_as)
    return float(positive[0]), float(negative[0])


def es_dfm(f, kind, label, D, rn, S, p):
    return -(label * (1 + D) * np.log(f) + (1 - label) * (1 + D) * rn * np.log(1 - f))


def es_dfm_exact(f, kind, label, D, rn, S, p):
    return -(label * np.log(f) + (1 - label) * rn * np.log(1 - f))


def defer(f, kind, label, D, rn, S, p):
    return -(label * p / (p - D / 2) * np.log(f) + (1 - label) * (1 - p) / (1 - p + D / 2) * np.log(1 - f))


def defer_exact(f, kind, label, D, rn, S, p):
    return -(label / (1 - S / 2) * np.log(f) + (1 - label) * 2 * rn / (1 + rn) * np.log(1 - f))


def defuse(f, kind, label, D, rn, S, p):
    z, w1, w2, w3, w4 = 1 - rn, 1 + D, D, 1 + D, 1
    if label:
        return -(w1 if kind == OBSERVED else w4) * np.log(f)
    return -(z * w2 * np.log(f) + (1 - z) * w3 * np.log(1 - f))


def dual(f, kind, label, D, rn, S, p):
    z = 1 - p + D if kind == CONFIRMED else rn
    return -np.log(f) if label else -((1 - z) * np.log(f) + z * np.log(1 - f))


def fake_negative_split(f, kind, label, D, rn, S, p):
    return -(label * np.log(f) + (1 - label) * ((1 - p) * (1 + p) * np.log(1 - f) + p**2 * np.log(f)))


LOSSES = {
    "elapsed_time": es_dfm,
    "elapsed_time_exact": es_dfm_exact,
    "defer": defer,
    "defer_exact": defer_exact,
    "defuse": defuse,
    "dual": dual,
    "fake_negative_split": fake_negative_split,
}


@pytest.mark.parametrize("name", LOSSES)
@given(rows, logits, unit, unit, unit)
def test_parts_are_the_gradient_of_the_papers_loss_with_the_plug_ins_held_still(name, row, s, share, rn, late):
    f, step = sigmoid(s), 1e-5
    delayed = share * f  # what converts late is part of what converts
    seen = {MAIN: f, DELAYED: delayed, REAL_NEGATIVE: rn, LATE: late}
    positive, negative = parts(name, row, **{key: seen[key] for key in CORRECTIONS[name]().needs})
    above, below = (LOSSES[name](sigmoid(s + e), *row, delayed, rn, late, f) for e in (step, -step))
    assert negative * f - positive * (1 - f) == pytest.approx((above - below) / (2 * step), rel=1e-4, abs=1e-6)


@given(rows, unit, unit)
def test_es_dfm_is_its_exact_form_times_one_plus_the_delayed_mass(row, delayed, rn):
    published = parts("elapsed_time", row, delayed=delayed, real_negative=rn)
    exact = parts("elapsed_time_exact", row, real_negative=rn)
    assert published == pytest.approx(tuple(part * (1 + delayed) for part in exact), rel=1e-5)


@given(rows, unit)
def test_defuse_with_weights_of_one_and_no_fake_negatives_is_es_dfm_exact(row, rn):
    one, zero = np.float32(1), np.float32(0)
    real = np.array([rn], np.float32)
    plain = split(shown(*row), real, one, zero, one, one)
    exact = CORRECTIONS["elapsed_time_exact"]().parts(shown(*row), {REAL_NEGATIVE: real})
    np.testing.assert_array_equal(plain, exact)


@given(unit, unit)
def test_defuse_asks_of_a_click_what_es_dfm_asks(p, late):
    """Over the fates of a click both forms add up to (1 + D)(p, 1 - p)."""
    delayed = p * late
    seen = {"delayed": delayed, "real_negative": (1 - p) / (1 - p + delayed)}
    stream = [
        ((OBSERVED, True), p - delayed),
        ((OBSERVED, False), 1 - p + delayed),
        ((DELAYED_POSITIVE, True), delayed),
    ]
    for name in ("defuse", "elapsed_time"):
        total = sum(mass * np.array(parts(name, row, **seen)) for row, mass in stream)
        np.testing.assert_allclose(total, [(1 + delayed) * p, (1 + delayed) * (1 - p)], rtol=1e-5)


@given(rows, unit, unit)
def test_defer_is_its_exact_form_where_the_prediction_is_true(row, p, late):
    delayed = p * late
    published = parts("defer", row, main=p, delayed=delayed)
    exact = parts("defer_exact", row, late=late, real_negative=(1 - p) / (1 - p + delayed))
    assert published == pytest.approx(exact, rel=1e-4)


@given(unit, unit)
def test_defers_weights_are_bounded_whatever_the_models_say(f, delayed):
    positive, _ = parts("defer", (OBSERVED, True), main=f, delayed=delayed)
    _, negative = parts("defer", (OBSERVED, False), main=f, delayed=delayed)
    assert 1 <= positive <= 2
    assert 0 <= negative <= 1


@given(unit, unit)
def test_a_confirmed_negative_gives_back_the_early_conversions(f, delayed):
    assume(delayed < f)
    positive, negative = parts("dual", (CONFIRMED, False), main=f, delayed=delayed, real_negative=0.7)
    assert (positive, negative) == pytest.approx((f - delayed, 1 - f + delayed), abs=1e-6)
    assert parts("dual", (CONFIRMED, False), main=delayed, delayed=f, real_negative=0.7) == (0, 1)


@given(unit, unit)
def test_a_split_first_look_is_balanced_by_its_positives(f, target):
    """The expected gradient over a first look and `target` positives is (1 - f)(f - target)."""
    model = FakeNegativeSplit("own")
    assert model.needs == model.serves_from == ("own",)
    seen = {"own": np.array([f], np.float32)}
    total = 0.0
    for label, mass in ((False, 1.0), (True, target)):
        positive, negative = (float(part[0]) for part in model.parts(shown(OBSERVED, label), seen))
        total += mass * (negative * f - positive * (1 - f))
    assert total == pytest.approx((1 - f) * (f - target), abs=1e-5)
    assert model.serve(seen) == seen["own"]


def test_two_windows_serve_their_sum_inside_one():
    seen = {MAIN: np.array([0.1, 0.7], np.float32), OUT_WINDOW: np.array([0.2, 0.6], np.float32)}
    served = CORRECTIONS["two_windows"]().serve(seen)
    assert served[0] == pytest.approx(0.3)
    assert 0.999 < served[1] < 1
