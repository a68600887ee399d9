"""Synthetic worlds: what they say is true is true."""

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from replay.errors import LogError
from replay.log import OutcomeKind
from replay.worlds import Category, DelayPart, Drift, Gifts, Growth, Numeric, Refunds, Step, SyntheticWorld
from replay.worlds.delays import Mixture
from replay.worlds.levels import Zipf
from replay.worlds.synthetic import BLOCK, DAY, START

HOUR = DAY // 24
CLICKS = 200_000
PARTS = (DelayPart(0.5, HOUR), DelayPart(0.2, 5 * HOUR, "weibull", 0.6), DelayPart(0.3, 50 * HOUR, "lognormal", 1.5))
WORLD = {
    "clicks": CLICKS,
    "seed": 11,
    "categorical": (Category("campaign", 100, effect=0.8), Category("site", 1_000)),
    "numeric": (Numeric("age", 0.4),),
    "delay": PARTS,
    "delay_by": "campaign",
    "delay_strength": 1.5,
}


def whole(**changes):
    """Return the blocks of a world as one: columns of all clicks and of all outcomes."""
    blocks = list(SyntheticWorld(**WORLD | changes).clicks())
    assert all(block.first_row == at * BLOCK for at, block in enumerate(blocks))
    shifted = [block.outcome_row + block.first_row for block in blocks]
    return {
        "features": pa.concat_tables([block.features for block in blocks], promote_options="default"),
        "time": np.concatenate([block.click_time for block in blocks]),
        "truth": np.concatenate([block.true_probability for block in blocks]).astype(float),
        "row": np.concatenate(shifted),
        "kind": np.concatenate([block.outcome_kind for block in blocks]),
        "outcome_time": np.concatenate([block.outcome_time for block in blocks]),
        "amount": np.concatenate([block.outcome_amount for block in blocks]),
    }


def labels(world, window=None):
    """Return who converted, within the window if there is one."""
    label = np.zeros(len(world["time"]), bool)
    inside = world["outcome_time"] - world["time"][world["row"]] <= (window or math.inf)
    label[world["row"][inside]] = True
    return label


def assert_rate(label, truth, errors=4):
    """Labels are independent draws of the truth: their sum lies within some standard errors of its sum."""
    error = math.sqrt((truth * (1 - truth)).sum())
    assert abs(label.sum() - truth.sum()) < errors * error


@pytest.mark.parametrize("window", [None, 7 * DAY, 2 * HOUR, 10 * 60 * 1_000_000])
def test_labels_are_drawn_from_the_truth(window):
    world = whole(attribution_window=window)
    label = labels(world, window)
    assert_rate(label, world["truth"])
    for decile in np.array_split(np.argsort(world["truth"], kind="stable"), 10):
        assert_rate(label[decile], world["truth"][decile])
    campaign = world["features"]["campaign"].to_numpy()
    for level in ("campaign_1", "campaign_2", "campaign_3", "campaign_4"):
        mine = campaign == level  # campaigns differ in their delays too
        assert_rate(label[mine], world["truth"][mine])


def test_the_window_changes_the_truth_alone():
    long, short = whole(attribution_window=None), whole(attribution_window=HOUR)
    assert long["features"].equals(short["features"])
    for name in ("time", "row", "kind", "outcome_time", "amount"):
        assert long[name].tobytes() == short[name].tobytes()
    share = short["truth"] / long["truth"]
    campaign = long["features"]["campaign"].combine_chunks().dictionary_decode().to_numpy(zero_copy_only=False)
    by_campaign = [share[campaign == name].mean() for name in np.unique(campaign)]
    assert np.std(by_campaign) > 0.05  # fast and slow campaigns
    assert 0.2 < share.mean() < 0.8


@pytest.mark.parametrize("rate", [0.003, 0.1, 0.6])
def test_conversion_rate_is_met(rate):
    truth = whole(conversion_rate=rate)["truth"]
    assert truth.mean() == pytest.approx(rate, abs=0.01 * rate + 4 * truth.std() / math.sqrt(CLICKS))


def test_features_have_the_effects_they_are_given():
    world = whole(categorical=(Category("noise", 5, effect=0.0),), delay_by=None, conversion_rate=0.1)
    log_odds = np.log(world["truth"] / (1 - world["truth"]))
    slope, _ = np.polyfit(world["features"]["age"].to_numpy(), log_odds, 1)
    assert slope == pytest.approx(0.4, abs=1e-3)
    world = whole(categorical=(Category("level", 20_000, 0.0, effect=0.7),), numeric=(), delay_by=None)
    log_odds = np.log(world["truth"] / (1 - world["truth"]))
    assert log_odds.std() == pytest.approx(0.7, rel=0.02)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.kind)
def test_delays_follow_their_distribution(part):
    family = {
        "exponential": lambda p: stats.expon(scale=p.mean),
        "weibull": lambda p: stats.weibull_min(p.shape, scale=p.mean / math.gamma(1 + 1 / p.shape)),
        "lognormal": lambda p: stats.lognorm(p.shape, scale=p.mean * math.exp(-(p.shape**2) / 2)),
    }[part.kind](part)
    assert family.mean() == pytest.approx(part.mean)
    for time in (1, HOUR // 10, HOUR, 30 * HOUR, 300 * HOUR):
        assert part.cdf(time) == pytest.approx(family.cdf(time), rel=1e-9, abs=1e-12)
    assert part.cdf(0) == part.cdf(-1) == 0
    drawn = part.draw(np.random.default_rng(1), 20_000)
    assert stats.kstest(drawn, family.cdf).pvalue > 1e-4


def test_delays_of_a_world_follow_the_mixture():
    world = whole(delay_by=None, conversion_rate=0.5)
    delay = world["outcome_time"] - world["time"][world["row"]]
    mixture = Mixture(PARTS)
    for quantile in (0.1, 0.5, 0.9, 0.99):
        time = int(np.quantile(delay, quantile))
        error = math.sqrt(quantile * (1 - quantile) / len(delay))
        assert mixture.cdf(time, np.zeros(1))[0] == pytest.approx(quantile, abs=4 * error)


@given(
    st.lists(st.floats(0, 10).filter(lambda share: share == 0 or share > 1e-6), min_size=1, max_size=4).filter(any),
    st.floats(-20, 20),
)
@settings(deadline=None)
def test_shares_of_the_mixture(weights, shift):
    mixture = Mixture([DelayPart(weight, HOUR) for weight in weights])
    plain, shifted = (mixture.shares(np.array([by]))[:, 0] for by in (0.0, shift))
    np.testing.assert_allclose(plain, np.array(weights) / sum(weights), rtol=1e-9)
    assert shifted.sum() == pytest.approx(1)
    if 0 < plain[-1] < 1:
        odds = [share[-1] / share[:-1].sum() for share in (plain, shifted)]
        assert math.log(odds[1] / odds[0]) == pytest.approx(shift, rel=1e-5, abs=1e-6)
        np.testing.assert_allclose(shifted[:-1] / shifted[:-1].sum(), plain[:-1] / plain[:-1].sum(), rtol=1e-6)


@pytest.mark.parametrize("exponent", [0.0, 1.1, 3.0])
def test_levels_are_as_frequent_as_zipf_says(exponent):
    expected = np.arange(1, 51.0) ** -exponent
    expected *= CLICKS / expected.sum()
    found = np.bincount(Zipf(50, exponent).draw(np.random.default_rng(2), CLICKS), minlength=50)
    deviation = np.abs(found - expected) / np.sqrt(expected * (1 - expected / CLICKS))
    assert deviation[expected > 20].max() < 4.5


@given(st.integers(1, 2_000), st.floats(0, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_level_is_where_the_distribution_reaches_its_number(levels, exponent, seed):
    zipf = Zipf(levels, exponent)
    drawn = zipf.draw(np.random.default_rng(seed), 200)
    expected = np.searchsorted(zipf._cumulative, np.random.default_rng(seed).random(200), side="right")
    assert drawn.tolist() == expected.tolist()


def test_times_are_a_poisson_process():
    time = whole(days=10.0)["time"]
    assert len(time) == CLICKS
    assert (np.diff(time) >= 0).all()
    assert time[0] >= START
    assert time[-1] < START + 10 * DAY
    assert stats.kstest((time - START) / (10 * DAY), "uniform").pvalue > 1e-4
    assert stats.kstest(np.diff(time) / np.diff(time).mean(), "expon").pvalue > 1e-4
    joints = np.diff(time)[BLOCK - 1 :: BLOCK] / np.diff(time).mean()  # no gap, no crowd where blocks meet
    assert (joints < 12).all()


def test_same_arguments_same_bytes_however_consumed():
    world, again = SyntheticWorld(**WORLD), SyntheticWorld(**WORLD)
    straight = list(world.clicks())
    last_first = [again._block(number, int(again._sizes[number])) for number in reversed(range(len(straight)))][::-1]
    first, second = itertools.tee(SyntheticWorld(**WORLD).clicks())
    abandoned = world.clicks()
    next(abandoned)
    for blocks in zip(straight, last_first, first, second, world.clicks(), strict=True):
        columns = [
            [block.features, *(array.tobytes() for array in (block.click_time, *block[5:10]))] for block in blocks
        ]
        assert all(one == columns[0] for one in columns)


def test_other_seeds_are_other_worlds():
    one, other = whole(), whole(seed=12)
    assert one["time"].tobytes() != other["time"].tobytes()
    assert abs(np.corrcoef(one["truth"], other["truth"])[0, 1]) < 0.02


def test_blocks_do_not_repeat_each_other():
    first, second = itertools.islice(SyntheticWorld(**WORLD).clicks(), 2)
    assert abs(np.corrcoef(first.true_probability, second.true_probability)[0, 1]) < 0.02
    assert not np.array_equal(first.features["age"], second.features["age"])


@pytest.mark.parametrize("gifts", [Gifts(0.3, 2.0, 1_500.0), Gifts(1.0, 10.0, 10.0), Gifts(0.0)])
def test_gifts(gifts):
    world, plain = whole(gifts=gifts, conversion_rate=0.5), whole(conversion_rate=0.5)
    gift = world["kind"] == OutcomeKind.GIFT
    conversions = np.count_nonzero(~gift)
    assert world["outcome_time"][~gift].tobytes() == plain["outcome_time"].tobytes()
    assert gift.mean() * len(gift) / conversions == pytest.approx(gifts.share, abs=0.01)
    before = np.flatnonzero(gift) - 1  # each gift stands behind the conversion that brings it
    assert (world["kind"][before] == OutcomeKind.CONVERSION).all()
    assert (world["row"][before] == world["row"][gift]).all()
    assert (world["outcome_time"][before] == world["outcome_time"][gift]).all()
    assert not world["amount"][~gift].any()
    assert (np.diff(world["row"]) >= 0).all()
    if gift.any():
        amount = world["amount"][gift]
        np.testing.assert_allclose(np.rint(amount * 100) / 100, amount)
        for quantile, expected in ((0.5, gifts.median), (0.99, gifts.p99)):
            error = 4 * math.sqrt(quantile * (1 - quantile) / len(amount))
            low, high = np.quantile(amount, [quantile - error, min(1, quantile + error)])
            assert low - 0.005 <= expected <= high + 0.005


def test_a_conversion_after_a_century_is_none():
    slow = DelayPart(1, 80_000 * DAY)
    world = whole(delay=(slow,), delay_by=None, conversion_rate=0.5)
    assert len(world["row"]) / CLICKS == pytest.approx(0.5 * slow.cdf(36_525 * DAY), abs=0.005)
    assert (world["outcome_time"] >= world["time"][world["row"]]).all()


def test_large_vocabularies_are_named_by_what_occurs():
    large = (Category("user", 1_000_000), Category("site", 3))
    block = next(SyntheticWorld(clicks=1_000, categorical=large).clicks())
    names = block.features["user"].combine_chunks()
    assert len(names.dictionary) < 1_000
    assert set(names.dictionary_decode().to_pylist()) > {"user_1", "user_2"}
    assert set(block.features["site"].to_pylist()) == {"site_1", "site_2", "site_3"}


def test_a_world_is_a_reader():
    world = SyntheticWorld(clicks=10, days=1.0, attribution_window=7 * DAY)
    assert (world.categorical[0], world.numeric) == ("campaign", ["recency", "price"])
    assert world.observed_until == START + 8 * DAY
    assert SyntheticWorld().observed_until is None
    assert (list(world.outcomes()), world.notes, world.replayed) == ([], (), ())
    (block,) = world.clicks()
    assert block.features.column_names == [*world.categorical, *world.numeric]
    assert (block.source, block.first_row, block.click_id) == ("synthetic", 0, None)


def test_small_worlds():
    assert list(SyntheticWorld(clicks=0).clicks()) == []
    bare = SyntheticWorld(clicks=3, categorical=(), numeric=(), conversion_rate=0.25)
    (block,) = bare.clicks()
    assert (block.features.num_rows, block.features.num_columns) == (3, 0)
    assert block.true_probability.tolist() == [0.25] * 3


CHANGES = [
    {"clicks": 3},
    {"days": 31.0},
    {"seed": 1},
    {"start": 0},
    {"conversion_rate": 0.2},
    {"categorical": (Category("campaign", 3),)},
    {"numeric": ()},
    {"delay": (DelayPart(1, HOUR, "weibull", 2.0),)},
    {"delay_by": "site"},
    {"delay_strength": 0.5},
    {"gifts": Gifts()},
    {"attribution_window": DAY},
    {"refunds": Refunds(0.1, DAY)},
    {"refunds": Refunds(0.1, DAY), "net": True},
    {"changes": (Drift(Step(DAY), rate=0.1),)},
    {"changes": (Drift(Growth(DAY), rate=0.1),)},
]


def test_the_fingerprint_tells_worlds_apart():
    prints = [SyntheticWorld(**change).fingerprint() for change in [{}, *CHANGES]]
    assert len(set(prints)) == len(prints)
    assert SyntheticWorld().fingerprint() == prints[0]
    assert {name for change in CHANGES for name in change} == set(SyntheticWorld.__init__.__kwdefaults__)


def test_everything_wrong_is_told_at_once():
    with pytest.raises(LogError) as error:
        SyntheticWorld(
            clicks=-1,
            conversion_rate=1.0,
            categorical=(Category("site", 0), Category("price", 2)),
            delay=(DelayPart(0, 0, "gamma", 99.0),),
            delay_by="sight",
            gifts=Gifts(2.0, 5.0, 1.0),
        )
    assert error.value.problems == (
        "expected at least 0 clicks in a time above 0, got -1 clicks in 2592000000000 us",
        "conversion_rate: expected a number between 0 and 1, got 1.0",
        "categorical, numeric: expected names that differ, got site, price, recency, price",
        "site: expected at least 1 value and zipf of at least 0, got 0 and 1.1",
        "delay_by: no categorical feature 'sight'; did you mean 'site'?",
        "delay[0].kind: expected one of exponential, weibull, lognormal, got 'gamma'",
        "delay[0].shape: expected a number from 0.05 to 20, got 99.0",
        "delay[0].mean: expected at least 1 microsecond, got 0",
        "delay: expected one or more parts with shares of at least 0, not all 0, got [0]",
        "gifts.share: expected a number from 0 to 1, got 2.0",
        "gifts: expected 0 < median <= p99, got median 5.0 and p99 1.0",
    )
