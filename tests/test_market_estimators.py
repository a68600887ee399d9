"""Estimators of the value so far: their closed forms in a toy world, and what must hold of each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.market.estimators import ESTIMATORS, Known

CLICKS, RATE, TOO_HIGH, HOURS, PRIOR = 2_000, 0.05, 1.3, 48.0, 20.0
AGE = (np.arange(CLICKS) + 0.5) / CLICKS * HOURS
COME = 1 - (np.exp(-AGE / 0.5) + np.exp(-AGE / 72)) / 2  # half of the delays have mean 30 minutes, half 3 days
NAMES = [name for name in ESTIMATORS if name != "arrived"]  # that one is about other clicks


def known(converts, come, *, probability=None, share=COME, older=0.0):
    """Return what is known of one campaign's clicks that cost 1 each."""
    n = len(converts)
    predicted = np.full(n, TOO_HIGH * RATE) if probability is None else probability
    seen = (converts & come).astype(np.float64)
    share = np.broadcast_to(share, n)
    mature = np.array([float(n)]), np.array([older])
    group = np.zeros(n, np.int64)
    arrived = np.array([seen.sum()])
    return Known(group, 1, np.ones(n), predicted, predicted, seen, seen, seen > 0, share, share, *mature, arrived)


@pytest.fixture(scope="module")
def toy():
    """Estimates over many draws of 48 hours of clicks, and the conversions that there were."""
    rng = np.random.default_rng(7)
    found, truth = {name: [] for name in NAMES}, []
    for _ in range(1_500):
        converts = rng.random(CLICKS) < RATE
        delay = np.where(rng.random(CLICKS) < 0.5, rng.exponential(0.5, CLICKS), rng.exponential(72, CLICKS))
        one = known(converts, delay <= AGE, older=float(rng.binomial(CLICKS, RATE)))
        truth.append(converts.sum())
        for name in NAMES:
            found[name].append(ESTIMATORS[name]()(one)[0])
    return {name: np.array(values) for name, values in found.items()}, np.array(truth)


def closed_form(name):
    """Return the expectation of an estimate over that of the truth, less 1."""
    mean, p, q = COME.mean(), RATE, TOO_HIGH * RATE
    if name == "posterior_fill":
        return np.mean(p * COME + (1 - p * COME) * q * (1 - COME) / (1 - q * COME)) / p - 1
    if name == "bornhuetter_ferguson":  # linear in the count, so its expectation is at the expected count
        kappa = (PRIOR + CLICKS * p * mean) / (PRIOR + CLICKS * q * mean)
        return mean + kappa * TOO_HIGH * (1 - mean) - 1
    return {"counted": mean - 1, "chain_ladder": 0.0, "predicted": TOO_HIGH - 1, "mature": 0.0}[name]


@pytest.mark.parametrize(
    ("name", "bias", "error"),
    [
        ("counted", -0.369, 0.375),
        ("chain_ladder", 0.0, 0.078),
        ("predicted", 0.298, 0.315),
        ("posterior_fill", 0.115, 0.131),
        ("bornhuetter_ferguson", 0.022, 0.076),
        ("mature", 0.0, 0.138),
    ],
)
def test_bias_and_error_in_the_toy_world(toy, name, bias, error):
    found, truth = toy
    off = (found[name] - truth) / truth.mean()
    assert off.mean() == pytest.approx(bias, abs=0.01)
    assert np.sqrt(np.mean(off**2)) == pytest.approx(error, abs=0.006)


@pytest.mark.parametrize("name", NAMES)
def test_bias_is_that_of_the_closed_form(toy, name):
    found, truth = toy
    expected = CLICKS * RATE * (1 + closed_form(name))
    assert abs(found[name].mean() - expected) < 4 * max(found[name].std(), truth.std()) / np.sqrt(len(truth))


def made(name):
    """Return an estimator that answers however little is due."""
    return ESTIMATORS[name](due=0.0) if name == "chain_ladder" else ESTIMATORS[name]()


BITS = st.lists(st.booleans(), min_size=1, max_size=40).map(np.array)


@given(BITS)
@pytest.mark.parametrize("name", ["counted", "chain_ladder", "posterior_fill", "bornhuetter_ferguson"])
def test_once_all_has_come_the_truth_is_told(name, converts):
    one = known(converts, np.ones(len(converts), np.bool_), share=1.0)
    assert made(name)(one)[0] == pytest.approx(converts.sum())


@given(BITS, st.floats(0.01, 1), st.floats(1e-6, 0.9))
def test_without_a_prior_bornhuetter_ferguson_is_the_chain_ladder(converts, share, rate):
    one = known(converts, converts, share=share, probability=np.full(len(converts), rate))
    without = ESTIMATORS["bornhuetter_ferguson"](prior=0.0)(one)
    assert without == pytest.approx(made("chain_ladder")(one), nan_ok=True)


@given(BITS, st.floats(0.01, 0.99), st.floats(0.01, 0.7))
def test_with_a_boundless_prior_it_counts_and_predicts_the_rest(converts, share, rate):
    one = known(converts, converts, share=share, probability=np.full(len(converts), rate))
    rest = rate * len(converts) * (1 - share)
    assert ESTIMATORS["bornhuetter_ferguson"](prior=1e12)(one)[0] == pytest.approx(converts.sum() + rest, rel=1e-6)


@given(BITS, st.floats(0.05, 0.95), st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("name", NAMES)
def test_campaigns_do_not_touch_each_other(name, converts, share, seed):
    rng = np.random.default_rng(seed)
    n = len(converts)
    group = rng.integers(0, 2, n)
    one = known(converts, rng.random(n) < share, probability=rng.uniform(0.01, 0.9, n), share=share, older=3.0)
    both = one._replace(
        group=group,
        n_groups=2,
        mature_cost=np.array([4.0, 2.0]),
        mature_value=np.array([1.0, 3.0]),
        arrived=np.zeros(2),
    )
    together = made(name)(both)
    for which in (0, 1):
        own = [column[group == which] for column in both[2:10]]
        alone = Known(
            np.zeros(int((group == which).sum()), np.int64), 1, *own, *(m[which : which + 1] for m in both[10:])
        )
        assert made(name)(alone)[0] == pytest.approx(together[which], nan_ok=True)


def test_of_no_clicks_nothing_is_said():
    none = known(np.zeros(0, np.bool_), np.zeros(0, np.bool_), share=np.zeros(0), probability=np.zeros(0))
    assert np.isnan(ESTIMATORS["chain_ladder"]()(none)[0])
    assert np.isnan(ESTIMATORS["bornhuetter_ferguson"]()(none)[0])
    assert ESTIMATORS["counted"]()(none)[0] == 0


def test_money_fills_what_is_still_to_come():
    """Two clicks that may each bring 10; late money is larger, so less of it than of the conversions has come."""
    shares = np.array([0.5, 0.5]), np.array([0.2, 0.2])
    seen = np.array([4.0, 0.0])
    one = Known(
        np.zeros(2, np.int64),
        1,
        np.ones(2),
        np.array([0.1, 0.1]),
        np.array([1.0, 1.0]),
        seen,
        seen,
        seen > 0,
        *shares,
        np.zeros(1),
        np.zeros(1),
        np.zeros(1),
    )
    assert ESTIMATORS["posterior_fill"]()(one)[0] == pytest.approx(4 + 1.0 * 0.8 / (1 - 0.1 * 0.5))
    assert made("chain_ladder")(one)[0] == pytest.approx(4 / 0.2)
    kappa = (20 * 10 + 4) / (20 * 10 + 2 * 0.2)
    assert ESTIMATORS["bornhuetter_ferguson"]()(one)[0] == pytest.approx(4 + kappa * 2 * 0.8)


def test_the_chain_ladder_says_nothing_before_a_conversion_is_due():
    converts = np.zeros(10, np.bool_)
    young = known(converts, converts, share=0.1, probability=np.full(10, 0.5))
    assert np.isnan(ESTIMATORS["chain_ladder"]()(young)[0])
    assert ESTIMATORS["chain_ladder"]()(young._replace(share=np.full(10, 0.3)))[0] == 0.0
    with pytest.raises(ValueError, match=r"^due: "):
        ESTIMATORS["chain_ladder"](due=-1.0)


def test_a_prior_below_nothing_is_refused():
    with pytest.raises(ValueError, match=r"^prior: "):
        ESTIMATORS["bornhuetter_ferguson"](prior=-1.0)
