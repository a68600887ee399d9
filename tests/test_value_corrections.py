"""Corrections of money are held to the same promises; a new one is tested unasked."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learners import LearnerError
from learners.base import MAIN, Shown
from learners.corrections import SPREAD, VALUE_CORRECTIONS, OfHead, Plain, TwoStage

amounts = st.floats(-1e5, 1e6, width=32)
says = st.floats(2.0**-7, 8, width=32)
rows_of = st.lists(st.tuples(st.sampled_from([0, 1]), amounts, says), min_size=1, max_size=20)


def shown(rows):
    kind, amount = (np.array([row[at] for row in rows]) for at in (0, 1))
    n = len(rows)
    return Shown(amount > 0, kind.astype(np.int8), np.full(n, 1_000, np.int64), amount.astype(np.float32))


def plugged(names, rows):
    return {name: np.array([row[2] for row in rows], np.float32) for name in names}


@pytest.mark.parametrize("name", VALUE_CORRECTIONS)
@given(rows_of)
def test_parts_are_finite_float32_of_the_right_length(name, rows):
    correction = VALUE_CORRECTIONS[name]()
    for part in correction.parts(shown(rows), plugged(correction.needs, rows)):
        assert part.shape == (len(rows),)
        assert part.dtype == np.float32
        assert np.all(np.isfinite(part))


@pytest.mark.parametrize("name", VALUE_CORRECTIONS)
@given(rows_of, st.randoms())
def test_each_example_is_weighed_by_itself(name, rows, random):
    correction = VALUE_CORRECTIONS[name]()
    whole = correction.parts(shown(rows), plugged(correction.needs, rows))
    i = random.randrange(len(rows))
    one = correction.parts(shown(rows[i : i + 1]), plugged(correction.needs, rows[i : i + 1]))
    assert [part[i] for part in whole] == [part[0] for part in one]


@pytest.mark.parametrize("name", VALUE_CORRECTIONS)
@given(st.lists(says, min_size=2, max_size=50), says)
def test_what_is_served_is_finite_and_in_order(name, raw, other):
    """In the order of the main model, whatever one constant the other says."""
    correction = VALUE_CORRECTIONS[name]()
    raw = np.sort(np.array(raw, np.float32))
    seen = dict.fromkeys(correction.serves_from, np.full(len(raw), other, np.float32)) | {MAIN: raw}
    out = correction.serve(seen)
    assert out.dtype == np.float32
    assert np.all(np.isfinite(out))
    assert np.all(np.diff(out) >= 0)


@pytest.mark.parametrize("name", VALUE_CORRECTIONS)
def test_labels_alone_are_refused(name):
    correction = VALUE_CORRECTIONS[name]()
    labels = shown([(0, 1.0, 1.0)])._replace(amount=None)
    with pytest.raises(LearnerError, match="its policy shows labels alone"):
        correction.parts(labels, plugged(correction.needs, [(0, 1.0, 1.0)]))


def test_the_ways_back_from_a_logarithm():
    log_value, log_normal, smeared = (
        VALUE_CORRECTIONS[name]() for name in ("log_value", "log_normal_value", "smeared_value")
    )
    seen = {MAIN: np.array([1.0], np.float32), SPREAD: np.array([0.5], np.float32)}
    assert log_value.serve(seen)[0] == pytest.approx(math.e - 1)
    assert log_normal.serve(seen)[0] == pytest.approx(math.exp(1.25) - 1)
    assert smeared.serve(seen)[0] == pytest.approx(0.5 * math.e - 1)


def test_smearing_is_wrong_for_clicks_whose_residuals_differ():
    """Clicks that bring 10 with chance .1 and .5, and a model that tells them apart: 1 and 5 on average."""
    mean = np.array([0.1, 0.5]) * math.log1p(10)
    residual = np.array([[math.log1p(10), 0.0]]) - mean[:, None]
    factor = (np.array([[0.1, 0.9], [0.5, 0.5]]) * np.exp(residual)).sum() / 2
    served = VALUE_CORRECTIONS["smeared_value"]().serve(
        {MAIN: mean.astype(np.float32), SPREAD: np.full(2, factor, np.float32)}
    )
    assert served == pytest.approx([1.15, 4.61], abs=0.01)


def test_two_stages_are_multiplied_and_keep_their_names():
    amount = OfHead(VALUE_CORRECTIONS["smeared_value"](), "amount")
    both = TwoStage(Plain(), amount)
    assert both.serves_from == (MAIN, "amount", SPREAD)
    seen = {name: np.array([value], np.float32) for name, value in ((MAIN, 0.2), ("amount", 1.0), (SPREAD, 2.0))}
    assert amount.serve(seen)[0] == pytest.approx(2 * math.e - 1)
    assert both.serve(seen)[0] == pytest.approx(0.2 * (2 * math.e - 1))
    residual = OfHead(VALUE_CORRECTIONS["squared_residual"](), "amount")
    assert residual.needs == ("amount",)
    parts = residual.parts(shown([(0, math.e - 1, 0.0)]), seen)
    assert parts.positive[0] == pytest.approx(0, abs=1e-6)
