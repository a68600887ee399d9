"""The nonparametric delayed feedback model: its kernels, gradients, and how near they come to any delays."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize

from learners.base import MAIN, Shown
from learners.corrections import SoftConverted, SoftConvertedDelay, Telescoped, TelescopedDelay
from learners.corrections.delay_curves import KERNELS
from learners.corrections.kernel_delays import KernelDelays
from scenarios.durations import DAY
from simulator.limits_dfm import _world
from simulator.methods import METHODS, Timing
from simulator.methods.dfm import checked_ages
from simulator.proof import prove
from simulator.toy import Toy

CHECKS = "15m,1h,6h,1d,3d,7d,14d,30d"
AGES = checked_ages(CHECKS, 30 * DAY)
WEEKLY = np.log(2) / 7
CLUSTERS = Toy(clicks=20_000, days=20, attribution_window=5 * DAY)
PAIRS = {"dfm": (Telescoped, TelescopedDelay), "nodef": (SoftConverted, SoftConvertedDelay)}
points = st.lists(st.floats(-3, 3), min_size=1 + len(KERNELS), max_size=1 + len(KERNELS))


def sigmoid(s):
    return 1 / (1 + np.exp(-np.asarray(s)))


def hazard(alpha, ages=AGES):
    """Return the cumulative hazard at age 0 and at each age, by quadrature of the kernels."""
    end = np.log1p(ages[-1] / ages[0])
    step = end / (len(KERNELS) - 1)

    def at(u):
        return 4 * sum(a * np.exp(-((u - k * step) ** 2) / (2 * (0.7 * step) ** 2)) for k, a in enumerate(alpha))

    return np.array([quad(at, 0, np.log1p(age / ages[0]), epsabs=1e-12)[0] for age in (0, *ages)])


def model(s):
    return {name: np.array([value]) for name, value in zip((MAIN, *KERNELS), sigmoid(s), strict=True)}


@given(points, st.integers(0, len(AGES) - 1))
def test_the_hazard_is_the_integral_of_its_kernels(s, kind):
    over = KernelDelays(AGES).interval(np.array([kind], np.int8), model(s))
    expected = hazard(sigmoid(s[1:]))
    assert (over.before[0], over.after[0]) == pytest.approx(expected[[kind, kind + 1]], abs=1e-9)
    assert KernelDelays(AGES).converted(model(s))[0] == pytest.approx(-np.expm1(-expected[-1]), abs=1e-12)


def loss(name, s, kind, label):
    """Return the negative log-likelihood of an interval (dfm), or of all known at its end (nodef)."""
    p, a = sigmoid(s[0]), hazard(sigmoid(s[1:]))[[kind, kind + 1]]
    left = 1 - p * -np.expm1(-a)
    so_far = -(np.log(p) - a[0] + np.log(-np.expm1(a[0] - a[1]))) if label else -np.log(left[1])
    return so_far + np.log(left[0]) if name == "dfm" else so_far


@pytest.mark.parametrize("name", PAIRS)
@given(points, st.integers(0, 4), st.booleans(), st.integers(0, len(KERNELS)))
def test_gradients_are_those_of_the_likelihood(name, s, kind, label, which):
    whether, when = PAIRS[name]
    correction = whether(AGES, "kernel") if not which else when(AGES, "kernel", KERNELS[which - 1])
    shown = Shown(np.array([label]), np.array([kind], np.int8), np.zeros(1, np.int64))
    parts, f = correction.parts(shown, model(s)), sigmoid(s[which])
    given_ = float((parts.negative * f - parts.positive * (1 - f))[0])
    step = 1e-5 * np.eye(len(s))[which]
    numeric = (loss(name, s + step, kind, label) - loss(name, s - step, kind, label)) / 2e-5
    assert given_ == pytest.approx(np.clip(numeric, -10, 10) if which else numeric, rel=1e-3, abs=1e-5)


def settled(toy):
    """Return p F(W) where the likelihoods at all ages together are highest, over that which is true."""
    ages, weight, by_age = _world(toy, CHECKS)
    later = np.cumsum(weight[::-1])[::-1]
    each = np.stack(
        [KernelDelays(ages).interval(np.arange(len(ages)), corner(k, len(ages))).after for k in range(len(KERNELS))]
    )

    def by_then(s):
        return -np.expm1(-np.concatenate([[0.0], sigmoid(s[1:]) @ each])) * sigmoid(s[0])

    def expected(s):
        f = by_then(s)
        return -later * np.diff(by_age) @ np.log(np.diff(f)) - (weight * (1 - by_age[1:])) @ np.log1p(-f[1:])

    best = minimize(expected, np.full(1 + len(KERNELS), -2.0), method="BFGS", options={"gtol": 1e-8}).x
    return by_then(best)[-1] / by_age[-1]


def corner(k, n):
    """Return a model in which one kernel is as high as can be, and the others are nothing."""
    return {name: np.full(n, float(number == k)) for number, name in enumerate(KERNELS)}


@pytest.mark.parametrize(
    "toy",
    [Toy(), Toy(growth=WEEKLY), Toy(growth=-WEEKLY), Toy(attribution_window=DAY), CLUSTERS],
    ids=["steady", "grows", "shrinks", "short", "clusters"],
)
def test_kernels_draw_two_clusters_of_delays(toy):
    """`dfm_em` is up to 8 % off in these."""
    assert settled(toy) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("growth", [0.0, WEEKLY])
@pytest.mark.parametrize(("name", "given"), [("nodef", {}), ("dfm", {"family": "kernel"})])
def test_replays_reach_what_is_true(name, given, growth):
    toy = replace(CLUSTERS, growth=growth)
    proof = prove(lambda timing: METHODS[name](timing, checks=CHECKS, **given), toy, seeds=4)
    assert proof.error < 0.004
    assert abs(proof.away(toy.rate * toy.converted_by(toy.attribution_window))) < 4


def test_kernels_may_depend_on_the_features():
    heads = METHODS["nodef"](
        Timing(CLUSTERS.attribution_window, 2 * CLUSTERS.attribution_window), by_features=True
    ).heads
    assert len(heads) == len(KERNELS)
    assert not any(head.constant for head in heads.values())
