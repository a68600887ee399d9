"""The gain at which delay makes a bid controller swing: predicted, and found in the market."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from markets import market, played, stall_of

from simulator.market.stability import limit, roots_inside, sensitivity

WINDOW, LOOKBACK = 48, 12  # hours
AGES = np.arange(WINDOW)[:, None] + (np.arange(100) + 0.5) / 100
COME = (1 - (np.exp(-AGES / 0.5) + np.exp(-AGES / 12)) / 2).mean(axis=1)
WORLD = market(
    seed=5,
    log={
        "clicks": 120_000,
        "days": 12,
        "categorical": [{"name": "campaign", "values": 1, "effect": 0.0}],
        "delay_by": None,
        "delay_strength": 0.0,
        "delay": [{"share": 0.5, "mean": "30m"}, {"share": 0.5, "mean": "12h"}],
    },
    clock={"publish_every": "12h"},
    method=[{"name": "oracle"}],
)
KINDS = {"bornhuetter_ferguson": "known", "counted": "counted", "arrived": "arrived"}


@pytest.mark.parametrize("lookback", [6, 24, 96])
def test_with_all_value_known_the_limit_is_that_of_a_moving_average(lookback):
    """An integral of a moving average over L swings at K = pi^2 / (2 L) with period 2 L, up to the time step."""
    found = limit(sensitivity("known", 1.0, np.ones(10), lookback), 0.0, 1.0)
    assert found.gain == pytest.approx(np.pi**2 / 2 / lookback, rel=2 / lookback)
    assert found.period == pytest.approx(2 * lookback, rel=3e-3)


def test_mature_clicks_make_a_pure_delay():
    """An integral behind a delay D swings at K = pi / (2 D); half of the stretch looked back on counts as delay."""
    found = limit(sensitivity("mature", 1.0, np.ones(200), 4), 0.0, 1.0)
    assert found.gain == pytest.approx(np.pi / 2 / (200 + 2 + 0.5), rel=0.01)
    assert found.period == pytest.approx(4 * 202.5, rel=0.01)


@given(
    st.sampled_from(["known", "counted", "arrived", "mature"]),
    st.floats(0.0, 2.0),
    st.integers(1, 30),
    st.floats(0.05, 3.0),
    st.floats(0.0, 0.3),
)
def test_the_limit_is_where_a_root_leaves_the_unit_circle(kind, elasticity, lookback, slow, proportional):
    come = 1 - np.exp(-(np.arange(20) + 0.5) / (20 * slow))
    answer = sensitivity(kind, elasticity, come / come[-1], lookback)
    gains = np.array([proportional, 1.0])
    found = limit(answer, *gains)
    assume(found.gain < 5)  # beyond, a limit may be one at which a loop that swung becomes stable again
    assert roots_inside(answer, *gains * found.gain * 0.98)
    assert not roots_inside(answer, *gains * found.gain * 1.02)


@given(st.sampled_from(["known", "counted", "arrived", "mature"]), st.floats(0.0, 3.0), st.integers(1, 40))
def test_a_lasting_change_of_bids_is_answered_in_full(kind, elasticity, lookback):
    """However value is counted, a bid that stays 1 % higher ends up 1 % dearer."""
    come = np.linspace(0.1, 1.0, 25)
    assert sensitivity(kind, elasticity, come, lookback).sum() == pytest.approx(1.0)


@pytest.fixture(scope="module")
def swings():
    """The logarithms of the multipliers in the market, by estimator and by gain over its predicted limit."""
    found = {}
    for estimator, kind in KINDS.items():
        gain = limit(sensitivity(kind, 1.0, COME / COME[-1], LOOKBACK), 0.0, 1.0).gain
        bidders = [
            {"label": f"{scale}", "estimator": estimator, "integral": scale * gain, "proportional": 0.0}
            for scale in (0.6, 1.6)
        ]
        terms = {"auction": "first", "lookback": f"{LOOKBACK}h", "prices": {"kind": "power", "median": 0.2}}
        stall = stall_of({**WORLD, "market": {**terms, "bidder": [{**one, **WIDE} for one in bidders]}})
        for number, scale in enumerate((0.6, 1.6)):
            found[estimator, scale] = np.log(played(stall, number)[1].multiplier[:, 0])
    return found


WIDE = {"least": 0.05, "most": 20.0}


@pytest.mark.parametrize("estimator", KINDS)
def test_below_the_limit_swings_die_and_above_it_they_stay(swings, estimator):
    calm, wild = (swings[estimator, scale][-120:] for scale in (0.6, 1.6))
    assert calm.std() < 0.2
    assert wild.std() > 0.3
    assert wild.std() > 3 * calm.std()


@pytest.mark.parametrize("estimator", KINDS)
def test_the_period_of_the_swing_is_the_predicted_one(swings, estimator):
    wild = swings[estimator, 1.6][-192:]
    spectrum = np.abs(np.fft.rfft(wild - wild.mean()))
    answer = sensitivity(KINDS[estimator], 1.0, COME / COME[-1], LOOKBACK)
    assert len(wild) / np.argmax(spectrum) == pytest.approx(limit(answer, 0.0, 1.0).period, rel=0.25)


def test_as_counted_settles_below_the_target(swings):
    """It holds cost over what it counts on target, so what it pays is the share that has come by then."""
    settled = swings["counted", 0.6][-120:].mean()
    assert settled == pytest.approx(np.log(COME[:LOOKBACK].mean() / COME[-1]), abs=0.06)
    assert abs(swings["bornhuetter_ferguson", 0.6][-120:].mean()) < 0.06
