"""The delay's cdf as it is learned from what has arrived: right in growing traffic, through outages, for campaigns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.durations import DAY, HOUR, MINUTE
from simulator.market.curves import DelayCurves, ages, share_at

WINDOW, SPAN, MEAN = 4 * DAY, 8 * DAY, 20 * HOUR
EDGES = ages(WINDOW)


def truth(mean):
    """Return the cdf of an exponential delay, of those inside the window."""
    return -np.expm1(-EDGES / mean) / -np.expm1(-WINDOW / mean)


def learned(click_time, delay, group, n_groups, watermark, given=None):
    """Return what is learned from all that happened before the watermark."""
    curves = DelayCurves(n_groups, EDGES, 0, HOUR, SPAN // HOUR + 1, given, 30.0)
    known = (click_time + delay < watermark) & (delay <= WINDOW)
    curves.add(group[known], click_time[known], delay[known], np.ones(int(known.sum())))
    curves.grow(watermark)
    return curves.table()


def world(rng, n, doublings=0.0, mean=MEAN):
    """Return times of clicks whose traffic grows, and their delays; all of them convert."""
    place = np.sort(rng.random(n))
    if doublings:
        place = np.log1p(place * np.expm1(doublings * np.log(2))) / (doublings * np.log(2))
    return (place * SPAN).astype(np.int64), rng.exponential(mean, n).astype(np.int64)


@pytest.mark.parametrize("doublings", [0.0, 3.0, -3.0])
def test_the_cdf_is_right_whatever_traffic_does(doublings):
    """What is seen of young clicks is short; in traffic that doubles, most clicks are young."""
    time, delay = world(np.random.default_rng(1), 60_000, doublings)
    found = learned(time, delay, np.zeros(60_000, np.int64), 1, SPAN)[0]
    assert np.abs(found - truth(MEAN)).max() < 0.03
    if doublings > 0:
        seen = delay[time + delay < SPAN]
        assert np.abs(np.searchsorted(np.sort(seen), EDGES) / len(seen) - truth(MEAN)).max() > 0.06


def test_a_campaign_has_a_curve_of_its_own_once_it_has_conversions():
    rng = np.random.default_rng(2)
    fast, slow = world(rng, 20_000, mean=2 * HOUR), world(rng, 20_000, mean=30 * HOUR)
    new = world(rng, 3, mean=30 * HOUR)
    time, delay = (np.concatenate(columns) for columns in zip(fast, slow, new, strict=True))
    group = np.repeat([0, 1, 2], [20_000, 20_000, 3])
    order = np.argsort(time, kind="stable")
    found = learned(time[order], delay[order], group[order], 3, SPAN)
    assert np.abs(found[0] - truth(2 * HOUR)).max() < 0.03
    assert np.abs(found[1] - truth(30 * HOUR)).max() < 0.03
    between = (found[2] >= found[1] - 0.05) & (found[2] <= found[0] + 0.05)
    assert between.all()


def test_before_anything_is_known_the_given_curve_holds():
    none = np.zeros(0, np.int64)
    assert np.allclose(learned(none, none, none, 2, HOUR, given=truth(MEAN)), truth(MEAN), atol=1e-12)
    even = learned(none, none, none, 1, HOUR)[0]
    assert np.allclose(even, np.arange(1, len(EDGES) + 1) / len(EDGES))


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_how_it_grows_does_not_matter(seed, pieces):
    """Taken in and grown bit by bit, it is what it is taken in at once."""
    rng = np.random.default_rng(seed)
    time, delay = world(rng, 300)
    group = rng.integers(0, 2, 300)
    whole = learned(time, delay, group, 2, SPAN)
    curves = DelayCurves(2, EDGES, 0, HOUR, SPAN // HOUR + 1, None, 30.0)
    before = 0
    for watermark in [*np.sort(rng.integers(0, SPAN, pieces)).tolist(), SPAN]:
        new = (time + delay >= before) & (time + delay < watermark) & (delay <= WINDOW)
        curves.add(group[new], time[new], delay[new], np.ones(int(new.sum())))
        curves.grow(watermark)
        before = watermark
    assert np.allclose(curves.table(), whole)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_shares_are_linear_between_ages(seed, n):
    rng = np.random.default_rng(seed)
    age = np.sort(rng.integers(0, 2 * WINDOW, n))[::-1].copy()
    group, table = rng.integers(0, 3, n), np.sort(rng.random((3, len(EDGES))), axis=1)
    table[:, -1] = 1.0
    out = np.empty(n)
    share_at(age, group, EDGES, table, out)
    assert np.allclose(out, [np.interp(a, EDGES, table[g]) for a, g in zip(age, group, strict=True)])


def test_ages_reach_from_nothing_to_the_window():
    assert EDGES[0] == 0
    assert EDGES[1] == MINUTE
    assert EDGES[-1] == WINDOW
    assert (np.diff(EDGES) > 0).all()
    assert ages(1_000_000).tolist() == [0, 1_000_000]
