"""Auctions one by one: the compiled loop, the bound's multiplier, and what prices hang on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.market import Change, Prices
from simulator.market.auctions import drawn_prices, kept, levels
from simulator.market.controllers import CONTROLLERS, best_multiplier
from simulator.market.kernel import DAY, Went, hold

NONE = np.iinfo(np.int64).max


def slowly(time, group, held, value, price, multiplier, launch, budget, second):
    """Hold auctions as one would by hand."""
    spent, today, went, paid = {}, None, [], []
    for t, g, h, v, p in zip(time, group, held, value, price, strict=True):
        if t // DAY != today:
            today, spent = t // DAY, {}
        bid = round(v * multiplier[g])
        bought = h and t >= launch[g] and spent.get(g, 0) < budget[g] and bid > p
        cost = (p if second else bid) if bought else 0
        spent[g] = spent.get(g, 0) + cost
        paid.append(cost)
        if bought:
            went.append(Went.WON)
        elif not h:
            went.append(Went.NOT_HELD)
        elif t < launch[g]:
            went.append(Went.BEFORE_LAUNCH)
        else:
            went.append(Went.BUDGET_SPENT if spent[g] >= budget[g] else Went.OUTBID)
    return went, paid


@given(st.integers(0, 2**32 - 1), st.booleans(), st.integers(1, 4))
def test_the_loop_is_what_one_would_do_by_hand(seed, second, pieces):
    rng = np.random.default_rng(seed)
    n, groups = 60, 3
    time = np.sort(rng.integers(0, 3 * DAY, n))
    group, held = rng.integers(0, groups, n).astype(np.int32), rng.random(n) < 0.9
    value, price = rng.uniform(0, 100, n), rng.integers(1, 80, n)
    multiplier, launch = rng.uniform(0.5, 2.0, groups), rng.integers(0, DAY, groups)
    budget = np.array([NONE, 150, 60])
    spent, day = np.zeros(groups, np.int64), np.full(1, -1, np.int64)
    went, paid = np.empty(n, np.int8), np.empty(n, np.int64)
    for cut in np.array_split(np.arange(n), pieces):
        rows = slice(cut[0], cut[-1] + 1)
        columns = [each[rows] for each in (time, group, held, value, price)]
        hold(*columns, multiplier, launch, budget, spent, day, second, went[rows], paid[rows])
    found = slowly(time, group, held, value, price, multiplier, launch, budget, second)
    assert (went.tolist(), paid.tolist()) == (found[0], found[1])


@given(st.integers(0, 2**32 - 1), st.booleans(), st.sampled_from([np.inf, 2.0, 0.5]))
def test_no_other_multiplier_buys_more_within_the_terms(seed, second, budget):
    rng = np.random.default_rng(seed)
    n, target = 25, 2.0
    price, value = rng.uniform(0.05, 1.0, n), rng.uniform(0.05, 0.5, n)

    def buys(multiplier):
        won = target * value * multiplier > price
        cost = price[won].sum() if second else (target * value[won] * multiplier).sum()
        inside = cost <= target * value[won].sum() * (1 + 1e-9) and cost <= budget * (1 + 1e-9)
        return value[won].sum() if inside else -1.0

    best = buys(best_multiplier(price, value, target, budget, second=second))
    others = [buys(one) for one in np.concatenate([price / (target * value) * 1.0001, [1.0, 0.01]])]
    assert best >= max(others) - 1e-12


def test_prices_hang_on_the_seed_and_the_row_alone():
    rows = np.arange(1_000, dtype=np.int64)
    for prices in (Prices(median=0.2, sigma=0.5), Prices(kind="power", median=0.2, elasticity=2.0)):
        whole = drawn_prices(prices, 3, rows)
        assert np.array_equal(whole[200:300], drawn_prices(prices, 3, rows[200:300]))
        assert not np.array_equal(whole, drawn_prices(prices, 4, rows))


def test_prices_have_the_distribution_that_was_asked_for():
    rows = np.arange(200_000, dtype=np.int64)
    logs = np.log(drawn_prices(Prices(median=0.2, sigma=0.5), 3, rows))
    assert np.median(logs) == pytest.approx(np.log(0.2), abs=0.01)
    assert logs.std() == pytest.approx(0.5, rel=0.01)
    power = drawn_prices(Prices(kind="power", median=0.2, elasticity=2.0), 3, rows)
    for bid in (0.05, 0.1, 0.2):
        assert np.mean(power < bid) == pytest.approx(0.5 * (bid / 0.2) ** 2, rel=0.05)


def test_changes_leave_the_share_that_they_say():
    time, rows = np.arange(100_000, dtype=np.int64) * 1_000_000, np.arange(100_000, dtype=np.int64)
    changes = (Change(of="traffic", at="50000s", before=0.5, after=0.8),)
    held = kept(levels(changes, "traffic", time, 0), 1, 7, rows)
    assert held[:50_000].mean() == pytest.approx(0.5, abs=0.01)
    assert held[50_000:].mean() == pytest.approx(0.8, abs=0.01)
    assert kept(levels(changes, "conversions", time, 0), 1, 7, rows).all()


@pytest.mark.parametrize("name", ["pid", "dual"])
def test_controllers_stop_at_their_limits_and_turn_round_at_once(name):
    """Anti-windup: however long value was too dear, the first good news raises the multiplier."""
    controller = CONTROLLERS[name](least=0.5, most=2.0)
    for _ in range(500):
        low = controller.update(-1.0, 1.0)
    assert low == pytest.approx(0.5)
    assert controller.update(1.0, 1.0) > low
    for _ in range(500):
        high = controller.update(1.0, 1.0)
    assert high == pytest.approx(2.0)
    assert controller.update(-1.0, 1.0) < high


def test_the_integral_is_that_of_the_error_over_hours():
    controller = CONTROLLERS["pid"](proportional=0.5, integral=0.1)
    assert np.log(controller.update(0.2, 2.0)) == pytest.approx(0.5 * 0.2 + 0.1 * 0.2 * 2)
    assert np.log(controller.update(-0.1, 1.0)) == pytest.approx(0.5 * -0.1 + 0.1 * (0.2 * 2 - 0.1))


def test_near_the_target_the_dual_is_an_integral():
    dual, pid = CONTROLLERS["dual"](gain=0.05), CONTROLLERS["pid"](proportional=0.0, integral=0.05)
    for error in (0.01, -0.02, 0.015):
        assert dual.update(error, 1.0) == pytest.approx(pid.update(error, 1.0), rel=1e-4)
