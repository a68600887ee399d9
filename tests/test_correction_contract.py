"""Every correction is held to the same promises; a new one is tested unasked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learners.base import MAIN, Clipping, Shown
from learners.corrections import CORRECTIONS
from simulator.weights import Weights

unit = st.floats(2.0**-20, 1 - 2.0**-20, width=32)


def shown(label):
    label = np.asarray(label, dtype=np.bool_)
    return Shown(label, label.astype(np.int8), np.full(len(label), 1_000, np.int64))


def plugged(correction, prediction):
    return {name: np.asarray(prediction, np.float32) for name in correction.needs}


def served(correction, raw):
    return correction.serve(dict.fromkeys(correction.serves_from, raw))


@pytest.mark.parametrize("name", CORRECTIONS)
@given(st.lists(st.tuples(st.booleans(), unit), max_size=20))
def test_parts_are_finite_float32_of_the_right_length(name, rows):
    correction = CORRECTIONS[name]()
    parts = correction.parts(shown([r[0] for r in rows]), plugged(correction, [r[1] for r in rows]))
    for part in parts:
        assert part.shape == (len(rows),)
        assert part.dtype == np.float32
        assert np.all(np.isfinite(part))


@pytest.mark.parametrize("name", CORRECTIONS)
@settings(max_examples=15)
@given(st.lists(st.tuples(st.booleans(), unit), max_size=20))
def test_weights_are_added_up_and_what_was_cut_off_is_counted_example_by_example(name, rows):
    correction = CORRECTIONS[name]()
    examples, seen = shown([r[0] for r in rows]), plugged(correction, [r[1] for r in rows])
    parts, weights = correction.parts(examples, seen), Weights()
    cut = correction.clipped(examples, parts) if isinstance(correction, Clipping) else 0
    weights.add(parts, cut)
    by_hand = [abs(float(a)) + abs(float(b)) for a, b in zip(*parts, strict=True)]
    assert (weights.examples, weights.total) == (len(rows), sum(by_hand))
    assert weights.squared == sum(weight * weight for weight in by_hand)
    assert 0 < weights.effective_share <= 1
    alone = 0
    for i in range(len(rows)):
        one = Shown(*(column[i : i + 1] for column in examples[:3]))
        part = correction.parts(one, {told: said[i : i + 1] for told, said in seen.items()})
        alone += correction.clipped(one, part) if isinstance(correction, Clipping) else 0
    assert alone == cut <= len(rows)


@pytest.mark.parametrize("name", CORRECTIONS)
@given(st.lists(st.tuples(st.booleans(), unit), min_size=1, max_size=20), st.randoms())
def test_each_example_is_weighed_by_itself(name, rows, random):
    correction = CORRECTIONS[name]()
    whole = correction.parts(shown([r[0] for r in rows]), plugged(correction, [r[1] for r in rows]))
    i = random.randrange(len(rows))
    one = correction.parts(shown([rows[i][0]]), plugged(correction, [rows[i][1]]))
    assert [part[i] for part in whole] == [part[0] for part in one]


@pytest.mark.parametrize("name", CORRECTIONS)
@given(st.lists(unit, min_size=2, max_size=50))
def test_serving_gives_probabilities_and_keeps_the_order(name, raw):
    raw = np.sort(np.array(raw, np.float32))
    out = served(CORRECTIONS[name](), raw)
    assert out.dtype == np.float32
    assert np.all((out > 0) & (out < 1))
    assert np.all(np.diff(out) >= 0)


def gradient(parts, f):
    return parts.negative * f - parts.positive * (1 - f)


@given(st.booleans(), unit)
def test_plain_is_cross_entropy(label, f):
    parts = CORRECTIONS["plain"]().parts(shown([label]), {})
    assert gradient(parts, np.float32(f))[0] == pytest.approx(f - label, abs=1e-6)


def loss_fnw(label, s, f):
    p = 1 / (1 + np.exp(-s))
    return -(label * (1 + f) * np.log(p) + (1 - label) * (1 - f) * (1 + f) * np.log(1 - p))


@given(st.booleans(), st.floats(-5, 5))
def test_fnw_is_the_gradient_of_its_loss_with_the_plug_in_held_still(label, s):
    f = 1 / (1 + np.exp(-s))
    parts = CORRECTIONS["fake_negative_weight"]().parts(shown([label]), {MAIN: np.array([f], np.float32)})
    step = 1e-5
    numeric = (loss_fnw(label, s + step, f) - loss_fnw(label, s - step, f)) / (2 * step)
    assert gradient(parts, f)[0] == pytest.approx(numeric, rel=1e-4, abs=1e-6)


@given(unit)
def test_fnw_is_pu_with_smaller_steps(f):
    f = np.float32(f)
    correction = CORRECTIONS["fake_negative_weight"]()
    positive, negative = (
        gradient(correction.parts(shown([label]), {MAIN: np.array([f])}), f)[0] for label in (True, False)
    )
    assert positive == pytest.approx(-(1 - f**2), rel=1e-5)
    assert negative == pytest.approx((1 - f**2) * f, rel=1e-5, abs=1e-7)


@given(st.floats(1e-4, 0.49))
def test_fnc_undoes_the_share_of_fake_negatives(p):
    biased = np.array([p / (1 + p)], np.float32)
    assert served(CORRECTIONS["fake_negative_calibration"](), biased)[0] == pytest.approx(p, rel=1e-4)
