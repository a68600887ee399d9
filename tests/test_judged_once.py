"""Methods that judge all clicks at one age, or at each of several: their losses, and where they settle."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learners_for_tests import PlainLogistic
from logs import WINDOW, delivered, make_log

from learners.base import MAIN, Shown
from learners.corrections import LabelCorrection, Plain, Preference, Revealed, Synthesis
from learners.corrections.auxiliary import REAL_NEGATIVE
from learners.corrections.feedback_shift import FeedbackShift
from learners.corrections.follow_prophet import PREFERRED, SERVED, WAITED, FollowProphet
from learners.corrections.revealed import BY, RATE
from replay.policies import Behind, Reveals, Since, Wait
from replay.view import View
from scenarios.durations import DAY, HOUR
from simulator.limits import limit
from simulator.methods import METHODS, Method, Timing
from simulator.population import Population, settle
from simulator.proof import prove
from simulator.toy import Toy
from simulator.trainer import Trainer

TOY = Toy()  # p = .2, half of the conversions after half an hour, half after three days, a window of 30 days
WEEKLY = np.log(2) / 7
LOOKS = (0, 15 * HOUR // 60, HOUR, DAY, 7 * DAY, 30 * DAY)
REVEALS = "15m,1h,1d,7d,30d"
unit = st.floats(0.02, 0.98)
logits = st.floats(-4, 4)


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def gradient(correction, f, kind, label, **seen):
    """Return the gradient by the logit of one example."""
    told = {name: np.array([value], np.float32) for name, value in seen.items()}
    shown = Shown(np.array([label]), np.array([kind], np.int8), np.array([1_000]))
    positive, negative = (float(part[0]) for part in correction.parts(shown, told))
    return negative * f - positive * (1 - f)


def slope(loss, s, step=1e-5):
    return (loss(s + step) - loss(s - step)) / (2 * step)


@given(st.booleans(), logits, unit)
def test_a_soft_label_is_cross_entropy_to_the_chance_of_a_conversion(label, s, real):
    soft = 1.0 if label else 1 - real
    numeric = slope(lambda s: -soft * np.log(sigmoid(s)) - (1 - soft) * np.log(sigmoid(-s)), s)
    found = gradient(LabelCorrection(), sigmoid(s), 0, label, real_negative=real)
    assert found == pytest.approx(numeric, rel=1e-4, abs=1e-6)


@given(st.booleans(), logits, unit)
def test_both_looks_together_are_cross_entropy_to_the_true_label(label, s, real):
    looks = [gradient(LabelCorrection(), sigmoid(s), *look, real_negative=real) for look in ((0, False), (1, label))]
    assert sum(looks) == pytest.approx(sigmoid(s) - label, abs=1e-5)


@given(st.booleans(), logits, unit, unit)
def test_feedback_shift_is_the_gradient_of_its_loss(label, s, late, real):
    weight = min(1 / (1 - late), 3.0) if label else real
    numeric = slope(lambda s: -weight * np.log(sigmoid(s if label else -s)), s)
    found = gradient(FeedbackShift(3.0), sigmoid(s), 0, label, late=late, real_negative=real)
    assert found == pytest.approx(numeric, rel=1e-4, abs=1e-6)


@given(logits, unit, st.lists(unit, min_size=3, max_size=3, unique=True), st.integers(0, 3), st.data())
def test_revealed_is_the_gradient_of_the_composite_likelihood(s, rate, shares, look, data):
    nothing = data.draw(st.integers(0, look + 1))
    by, ages = [*sorted(shares), 1.0], np.array([0, 10, 50, 400])
    without = 1 - rate * np.array(by)
    entropy = np.zeros(4)  # a look that finds a conversion leaves nothing unsure
    for j, b in enumerate(by[:-1]):
        later = rate * (1 - b) / without[j]
        entropy[j] = -without[j] * (later * np.log(later) + (1 - later) * np.log(1 - later))
    weight = np.exp(-2 * entropy / entropy.max() - ages / ages.max())
    weight = weight / weight.mean() / np.arange(4, 0, -1)

    def loss(s):
        found = [np.log(b * sigmoid(s)) if j >= nothing else np.log(1 - b * sigmoid(s)) for j, b in enumerate(by)]
        return -np.dot(weight[: look + 1], found[: look + 1])

    seen = {MAIN: sigmoid(s), RATE: rate} | {BY.format(j): b for j, b in enumerate(by[:-1])}
    kind = look * (look + 3) // 2 + nothing
    found = gradient(Revealed(tuple(ages.tolist())), sigmoid(s), kind, nothing <= look, **seen)
    assert found == pytest.approx(slope(loss, s), rel=1e-3, abs=1e-5)


@given(st.lists(logits, min_size=3, max_size=3), st.integers(0, 2), st.integers(0, 2))
def test_trust_is_softmax_regression_on_who_was_nearest_to_the_prophet(trust, model, nearest):
    said = [0.3, 0.5, 0.7]

    def loss(own):
        every = [own if k == model else value for k, value in enumerate(trust)]
        return np.log(np.sum(np.exp(every))) - every[nearest]

    seen = {MAIN: said[nearest] + 0.02}
    seen |= {SERVED.format(k): says for k, says in enumerate(said)}
    seen |= {PREFERRED.format(k): sigmoid(value) for k, value in enumerate(trust)}
    found = gradient(Preference(model, 3), sigmoid(trust[model]), 0, False, **seen)
    assert found == pytest.approx(slope(loss, trust[model]), rel=1e-3, abs=1e-5)


def test_a_mixture_goes_by_the_odds():
    correction = FollowProphet(2)
    seen = {"waited_0": 0.1, MAIN: 0.4, "preferred_0": 0.5, "preferred_1": 0.75}
    served = correction.serve({name: np.array([value], np.float32) for name, value in seen.items()})
    assert served[0] == pytest.approx((0.1 + 3 * 0.4) / 4)


def settled(name, toy, **given):
    """Return where a method comes to rest, from its own policies and corrections, without drawing anything."""
    window = toy.attribution_window
    ages = {given.get("window", HOUR), given.get("window", HOUR) + given.get("deadline", 0), *LOOKS[1:], window}
    ages = tuple(sorted(age for age in ages if age <= window))
    return settle(METHODS[name](Timing(window, 2 * window), **given), Population((toy,), np.ones(1), np.eye(1), ages))[
        0
    ]


CASES = {
    "ulc": ("ulc", {"window": HOUR}, 0.2),
    "ulc, deadline": ("ulc", {"window": HOUR, "deadline": DAY - HOUR}, None),
    "ulc, later": ("ulc", {"window": HOUR, "deadline": DAY}, 0.1293),
    "ulc, updated": ("ulc", {"window": HOUR, "update": True}, 0.2),
    "ulc, both": ("ulc", {"window": HOUR, "deadline": HOUR, "update": True}, 0.2),
    "fsiw": ("fsiw", {"window": HOUR}, 0.2),
    "fsiw, later": ("fsiw", {"window": HOUR, "deadline": DAY}, 0.1293),
    "fsiw, clipped": ("fsiw", {"window": HOUR, "clip": 1.5}, None),
    "gdfm": ("gdfm", {"reveals": REVEALS}, 0.2),
    "gdfm, uniform": ("gdfm", {"reveals": REVEALS, "alpha": 0.0, "beta": 0.0}, 0.2),
}


@pytest.mark.parametrize("growth", [0.0, WEEKLY, -WEEKLY])
@pytest.mark.parametrize("case", CASES)
def test_closed_forms_are_where_the_expected_gradient_is_zero(case, growth):
    name, given, value = CASES[case]
    toy = replace(TOY, growth=growth)
    assert settled(name, toy, **given) == pytest.approx(limit(name, toy, given), rel=1e-6)
    if value and not growth:
        assert limit(name, toy, given) == pytest.approx(value, abs=5e-5)


@settings(max_examples=15)
@given(rate=st.floats(0.01, 0.7), fast=st.floats(0.05, 0.95), window=st.integers(1, 12), deadline=st.integers(1, 200))
def test_one_look_settles_where_the_deadline_is(rate, fast, window, deadline):
    toy = Toy(rate=rate, delays=((fast, HOUR), (1 - fast, 30 * HOUR)), attribution_window=10 * DAY)
    given = {"window": window * HOUR, "deadline": deadline * HOUR}
    expected = rate * toy.converted_by((window + deadline) * HOUR)
    for name in ("ulc", "fsiw"):
        assert limit(name, toy, given) == pytest.approx(expected, rel=1e-9)
        assert settled(name, toy, **given) == pytest.approx(expected, rel=1e-6)


class FirstLook(Reveals):
    """The first of several looks."""

    def due(self, view, start, end):
        examples = super().due(view, start, end)
        return examples.part(examples.kind < 2)


class TooSmall(Revealed):
    """GDFM told shares four fifths of what they are."""

    def parts(self, shown, seen):
        return super().parts(shown, {k: v * (0.8 if k.startswith("by_") else 1) for k, v in seen.items()})


def test_shares_that_are_too_small_make_the_prediction_too_large():
    timing = Timing(TOY.attribution_window, 2 * TOY.attribution_window)
    method = METHODS["gdfm"](timing, reveals=REVEALS)
    reveals = method.correction.reveals
    method = replace(method, policy=FirstLook(reveals), correction=TooSmall(reveals))
    reached = settle(method, Population((TOY,), np.ones(1), np.eye(1), LOOKS[1:]))[0]
    assert reached == pytest.approx(0.25, abs=1e-4)


def test_the_update_makes_up_for_a_wrong_auxiliary_model():
    window = TOY.attribution_window
    timing = Timing(window, 2 * window)
    population = Population((TOY,), np.ones(1), np.eye(1), (HOUR, window))
    for update, expected in ((False, 0.0878 + 0.9122 * 0.5), (True, 0.2)):
        method = METHODS["ulc"](timing, window=HOUR, update=update)
        wrong = replace(method, correction=Guessing())
        assert settle(wrong, population)[0] == pytest.approx(expected, abs=1e-4)


class Guessing(LabelCorrection):
    """ULC with a coin for a model."""

    def parts(self, shown, seen):
        return super().parts(shown, {REAL_NEGATIVE: np.full_like(seen[REAL_NEGATIVE], 0.5)})


KINDS = tuple(
    Toy(rate=rate, delays=((fast, HOUR // 2), (1 - fast, 72 * HOUR)))
    for rate, fast in ((0.1, 0.9), (0.4, 0.2), (0.2, 0.7))
)
POOR = Population(
    KINDS, np.array([0.5, 0.2, 0.3]), np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), (900_000_000, HOUR, DAY, 30 * DAY)
)


def away_from_the_oracle(name, **given):
    timing = Timing(POOR.attribution_window, 2 * POOR.attribution_window)
    both = (settle(METHODS[each](timing, **own), POOR) for each, own in ((name, given), ("oracle", {})))
    return np.abs(np.subtract(*both)).max()


@pytest.mark.parametrize(("name", "given"), [("ulc", {}), ("ulc", {"update": True}), ("fsiw", {})])
def test_true_auxiliary_models_give_the_oracles_fit_in_a_class_that_is_wrong(name, given):
    assert away_from_the_oracle(name, window=HOUR, **given) < 1e-6


def test_the_likelihood_of_looks_does_not():
    assert away_from_the_oracle("gdfm", reveals="1h,1d,30d") > 0.005


def test_looks_say_what_the_earlier_ones_found():
    log = make_log([0, 10, 20], [(0, 5), (1, 170)])
    examples = Reveals((0, 100, 350)).due(View(log, delivered(log), now=1_000), 0, 1_000)
    found = [(int(d), int(r), bool(y), int(k)) for r, d, y, k in zip(*examples[:4], strict=True)]
    assert found == [
        (0, 0, False, 1),
        (10, 1, False, 1),
        (20, 2, False, 1),
        (100, 0, True, 3),
        (110, 1, False, 4),
        (120, 2, False, 4),
        (350, 0, True, 6),
        (360, 1, True, 7),
        (370, 2, False, 8),
    ]


def test_every_look_is_told_as_often_as_it_can_be_and_counts_its_weight():
    n = 3
    correction = Revealed((0, 100, 350), alpha=0.0, beta=0.0)
    kinds = np.array([look * (look + 3) // 2 + look + 1 for look in range(n)], np.int8)
    seen = {name: np.full(n, 0.5, np.float32) for name in correction.needs}
    parts = correction.parts(Shown(np.zeros(n, np.bool_), kinds, np.zeros(n, np.int64)), seen)
    np.testing.assert_allclose(parts.positive + parts.negative, [1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2 + 1], rtol=1e-6)


def model(log, policy):
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    return Trainer(log, delivered(log), Method(policy, Plain()), PlainLogistic(), 4, prediction, shown)


def test_what_is_behind_is_what_was():
    log = make_log(range(0, 2_000, 10), [(row, 10 * row + 40 + row % 7 * 30) for row in range(0, 200, 3)])
    now, then = model(log, Wait(100)), model(log, Behind(Wait(100), WINDOW))
    for moment in range(0, 1_500, 100):
        now.learn(moment, moment + 100)
        then.learn(moment + WINDOW, moment + WINDOW + 100)
        weights = [each.models[MAIN].learner.weights for each in (now, then)]
        np.testing.assert_array_equal(*weights)
    assert np.any(weights[0])


def test_since_leaves_out_the_first_clicks():
    log = make_log([5, 10, 20, 25])
    examples = Since(Wait(100), 15).due(View(log, delivered(log), now=1_000), 0, 1_000)
    assert examples.row.tolist() == [2, 3]


@pytest.mark.parametrize("growth", [0.0, WEEKLY])
def test_trust_goes_to_the_longest_window(growth):
    toy = Toy(clicks=40_000, days=30, attribution_window=3 * DAY, growth=growth)
    proof = prove(lambda timing: METHODS["ftp"](timing, windows="1h"), toy, seeds=6)
    assert proof.error < 0.004
    assert abs(proof.away(limit("ftp", toy, {}))) < 4


@pytest.mark.parametrize("growth", [0.0, WEEKLY])
def test_the_mixture_of_miss_ends_at_the_longest_window(growth):
    toy = Toy(clicks=40_000, days=30, attribution_window=3 * DAY, growth=growth)
    proof = prove(lambda timing: METHODS["miss"](timing, windows="1h"), toy, seeds=6)
    assert proof.error < 0.004
    assert abs(proof.away(limit("miss", toy, {}))) < 4


@given(st.lists(st.floats(-3, 3), min_size=6, max_size=6), st.booleans(), st.integers(0, 2))
def test_the_gradient_of_a_mixture_is_that_of_its_cross_entropy(s, label, which):
    says, trust = (1 / (1 + np.exp(-np.array(half))) for half in (s[:3], s[3:]))
    names = (WAITED.format(0), WAITED.format(1), MAIN, *(PREFERRED.format(k) for k in range(3)))
    seen = {name: np.array([value]) for name, value in zip(names, (*says, *trust), strict=True)}
    parts = Synthesis(which, 3).parts(Shown(np.array([label]), np.zeros(1, np.int8), np.zeros(1, np.int64)), seen)

    def loss(z):
        f = np.exp(z) @ says / np.exp(z).sum()
        return -np.log(f if label else 1 - f)

    step = 1e-5 * np.eye(3)[which]
    numeric = (loss(np.array(s[3:]) + step) - loss(np.array(s[3:]) - step)) / 2e-5
    assert parts.negative[0] == pytest.approx(np.clip(numeric, -10, 10), rel=1e-3, abs=1e-5)
    assert parts.positive[0] == -parts.negative[0]


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("ulc", {"window": 40 * DAY}, "window: expected at most the attribution window, 30d, got 40d"),
        ("ulc", {"window": DAY, "deadline": 30 * DAY}, "deadline: expected at most 29d, .* got 30d"),
        ("fsiw", {"clip": 0.5}, "clip: expected a largest weight of at least 1, got 0.5"),
        ("gdfm", {"reveals": "1h,soon"}, 'reveals: expected durations such as "1h,1d,7d": expected a duration'),
        ("gdfm", {"reveals": ",".join(f"{h}h" for h in range(20))}, "reveals: expected at most 14, .* got 21"),
        ("gdfm", {"alpha": -1.0}, "alpha: expected a number from 0 to 20, got -1.0"),
        ("miss", {"windows": "soon"}, "windows: expected durations"),
        ("ftp", {"windows": ""}, "windows: expected durations"),
    ],
)
def test_recipes_say_what_they_expect(name, given, message):
    with pytest.raises(ValueError, match=message):
        METHODS[name](Timing(30 * DAY, 60 * DAY), **given)
