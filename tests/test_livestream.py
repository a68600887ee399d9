"""The livestream world: its truths are true, and its shape is the published one."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats

from replay.encoding import Encoding
from replay.errors import LogError
from replay.log import MICROS, OutcomeKind
from replay.prepare import prepare
from replay.worlds import DelayPart, GiftRefunds, LivestreamWorld
from replay.worlds.arrivals import BLOCK
from replay.worlds.crowd import Crowd
from replay.worlds.giving import Giving, Traits
from replay.worlds.livestream import DAY, DELAY, NEVER_COMES, START
from replay.worlds.prices import Prices
from scenarios import Scenario
from simulator import run
from simulator.cuts import clicks_before, thinned
from simulator.sources import reader_of

HOUR = DAY // 24
WINDOW = HOUR
TAME = {"spread": 0.5, "whales": 0.5, "late_factor": 2.0}  # few gifts decide nothing, so plain means are sharp


def whole(**changes):
    """Return the blocks of a world as one: columns of all clicks and of all outcomes."""
    blocks = list(LivestreamWorld(**{"clicks": 200_000, "users": 1_000, "seed": 5} | changes).clicks())
    names = ("user_id", "streamer_id")
    return {name: np.concatenate([b.features[name].to_numpy() for b in blocks]) for name in names} | {
        "time": np.concatenate([b.click_time for b in blocks]),
        "tier": np.concatenate([b.features["user_tier"].to_numpy() for b in blocks]),
        "chance": np.concatenate([b.true_probability for b in blocks]).astype(float),
        "value": np.concatenate([b.true_value for b in blocks]).astype(float),
        "row": np.concatenate([b.outcome_row + b.first_row for b in blocks]),
        "kind": np.concatenate([b.outcome_kind for b in blocks]),
        "outcome_time": np.concatenate([b.outcome_time for b in blocks]),
        "amount": np.concatenate([b.outcome_amount for b in blocks]),
    }


def money(world, window):
    """Return what each click brought within the window, refunds taken off."""
    inside = world["outcome_time"] - world["time"][world["row"]] <= window
    return np.bincount(world["row"][inside], world["amount"][inside], minlength=len(world["time"]))


def gifted(world, window):
    """Return which clicks brought a gift within the window."""
    inside = (world["outcome_time"] - world["time"][world["row"]] <= window) & (world["kind"] == OutcomeKind.GIFT)
    return np.bincount(world["row"][inside], minlength=len(world["time"])) > 0


def second_moments(giving, traits, window):
    """Return E[Y**2] of each click without refunds, from the moments of prices and counts."""
    shares = np.stack(_shares(giving, traits))
    counted = np.array([part.cdf(window) for part in giving.delay])[:, None] * shares
    sizes = [traits.size] * (len(giving.delay) - 1) + [traits.size + math.log(giving.late_factor)]
    first = sum(c * giving.prices.mean(s) for c, s in zip(counted, sizes, strict=True))
    squares = [giving.prices.moment(s, 2) + 2 * giving.prices.moment(s, 1) + 1.25 for s in sizes]  # 0.25: rounding
    second = sum(c * square for c, square in zip(counted, squares, strict=True))
    mean = 1 + giving.extra
    return traits.chance * (mean * (second - first**2) + (giving.extra + mean**2) * first**2)


def _shares(giving, traits):
    weights = np.array([part.share for part in giving.delay]) / sum(part.share for part in giving.delay)
    odds = weights[-1] / (1 - weights[-1]) * np.exp(traits.slower)
    late = odds / (1 + odds)
    return [*(weight / (1 - weights[-1]) * (1 - late) for weight in weights[:-1]), late]


@pytest.mark.parametrize(("spread", "largest"), [(1.7, 30_000.0), (1.0, 5.0), (3.0, 1e6), (0.0, 100.0)])
@pytest.mark.parametrize("size", [-6.0, 0.0, 3.0, 12.0])
@pytest.mark.parametrize("order", [1, 2])
def test_moments_of_prices(spread, largest, size, order):
    def height(z):
        return min(math.exp(size + spread * z), largest) ** order * stats.norm.pdf(z)

    kink = np.clip((math.log(largest) - size) / spread, -11, 11) if spread else 0.0
    expected = sum(integrate.quad(height, *ends, epsabs=0, limit=200)[0] for ends in ((-12, kink), (kink, 12)))
    assert Prices(spread, largest).moment(np.array([size]), order)[0] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("size", [-4.0, -0.3, 1.0, 5.0])
def test_prices_are_whole_and_have_their_mean(size):
    prices, n = Prices(0.8, 400.0), 400_000
    drawn = prices.draw(np.random.default_rng(2), np.full(n, size))
    assert (drawn == np.floor(drawn)).all()
    assert drawn.min() >= 1
    assert drawn.max() <= 401
    assert drawn.mean() == pytest.approx(prices.mean(np.array([size]))[0], abs=4 * drawn.std() / math.sqrt(n))


@pytest.mark.parametrize("window", [5 * 60 * MICROS, HOUR, DAY, NEVER_COMES])
@pytest.mark.parametrize("refunds", [None, GiftRefunds(0.4, 2 * HOUR)])
@pytest.mark.parametrize("slower", [-1.0, 1.5])
def test_one_click_drawn_again_and_again(window, refunds, slower):
    n = 300_000
    parts = (DelayPart(0.6, HOUR // 6), DelayPart(0.1, HOUR, "weibull", 0.6), DelayPart(0.3, 6 * HOUR))
    giving = Giving(parts, 0.8, 3.0, Prices(0.5, 1e4), refunds)
    traits = Traits(np.full(n, 0.3), np.full(n, 1.0), np.full(n, slower))
    gifts = giving.draw(np.random.default_rng(3), np.random.default_rng(4), traits, NEVER_COMES)
    inside = gifts.delay <= window
    got = np.bincount(gifts.row[inside], gifts.amount[inside], minlength=n)
    given = np.bincount(gifts.row[inside & (gifts.kind == OutcomeKind.GIFT)], minlength=n) > 0
    chance, value = giving.chance_within(traits, window)[0], giving.value_within(traits, window)[0]
    assert given.mean() == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / n))
    assert got.mean() == pytest.approx(value, abs=4 * got.std() / math.sqrt(n))


@pytest.mark.parametrize("window", [10 * 60 * MICROS, HOUR, None])
def test_labels_are_drawn_from_the_truth(window):
    world = whole(attribution_window=window)
    label = gifted(world, window or math.inf)
    for part in [slice(None), *np.array_split(np.argsort(world["chance"], kind="stable"), 10)]:
        truth = world["chance"][part]
        assert abs(label[part].sum() - truth.sum()) < 4 * math.sqrt((truth * (1 - truth)).sum())


@pytest.mark.parametrize("refunds", [None, GiftRefunds(0.3, HOUR)])
@pytest.mark.parametrize("window", [10 * 60 * MICROS, DAY, None])
def test_money_is_drawn_from_the_true_value(window, refunds):
    world = whole(attribution_window=window, refunds=refunds, **TAME)
    excess = money(world, window or math.inf) - world["value"]
    for part in [slice(None), *np.array_split(np.argsort(world["value"], kind="stable"), 10)]:
        error = excess[part].std() * math.sqrt(len(excess[part]))
        assert abs(excess[part].sum()) < 4 * error


@pytest.mark.parametrize(("spread", "groups"), [(1.0, 20), (1.7, 1)])
def test_money_with_whales_is_drawn_from_the_true_value(spread, groups):
    """The error of a sum is known from the second moments, which a sample of so heavy a tail would understate.

    Where single gifts decide a group it is no normal error, so small groups are for the lighter tail.
    """
    excess, variance, value = [], [], []
    world = LivestreamWorld(clicks=1_000_000, users=5_000, seed=1, spread=spread, attribution_window=WINDOW)
    for number, block in enumerate(world.clicks()):
        traits = world._traits(world._visits(number, block.click_time))
        inside = block.outcome_time - block.click_time[block.outcome_row] <= WINDOW
        got = np.bincount(block.outcome_row[inside], block.outcome_amount[inside], minlength=len(block.click_time))
        excess.append(got - block.true_value)
        value.append(block.true_value.astype(float))
        variance.append(second_moments(world._giving, traits, WINDOW) - value[-1] ** 2)
    excess, variance, value = map(np.concatenate, (excess, variance, value))
    assert (variance > 0).all()
    parts = np.array_split(np.argsort(value, kind="stable"), groups)
    scores = [excess[part].sum() / math.sqrt(variance[part].sum()) for part in parts]
    assert np.abs(scores).max() < 4
    assert groups == 1 or 0.5 < np.std(scores) < 1.5  # neither too good nor too bad to be draws


def test_the_shape_is_the_published_one():
    world = whole(clicks=1_500_000, users=7_500)  # 200 clicks a viewer, as published
    gift = world["amount"]
    quantiles = dict(zip((50, 90, 95, 99), np.quantile(gift, [0.5, 0.9, 0.95, 0.99]), strict=True))
    assert 2 <= quantiles[50] <= 3  # published 2
    assert 44 <= quantiles[90] <= 132  # 88, within a half
    assert 149 <= quantiles[95] <= 447  # 298, within a half
    assert 1_000 <= quantiles[99] <= 2_000  # 1,488, within a third
    assert 60 <= gift.mean() <= 125  # 82.7; its own error is a tenth
    assert 10_000 < gift.max() <= 60_000  # 56,246
    total = np.sort(np.bincount(world["user_id"][world["row"]], gift, minlength=7_500))
    share = total[-75:].sum() / total.sum()
    ranks = 2 * np.arange(1, 7_501) - 7_501
    assert 0.5 <= share <= 0.7  # of the money, from one viewer in a hundred: 59.9 %
    assert ranks @ total / (7_500 * total.sum()) == pytest.approx(0.942, abs=0.02)  # Gini of viewers
    assert gifted(world, math.inf).mean() == pytest.approx(0.02, rel=0.03)  # 1.9 %


def test_money_comes_later_than_gifts():
    world = whole(clicks=400_000, **TAME | {"late_factor": 3.0})
    delay = world["outcome_time"] - world["time"][world["row"]]
    for age in (HOUR // 6, HOUR):
        count, value = (delay <= age).mean(), world["amount"][delay <= age].sum() / world["amount"].sum()
        assert value < count - 0.05


def test_a_pair_that_gave_gives_again():
    world = whole(clicks=400_000, users=2_000, streamers=2_000)
    label, half = gifted(world, math.inf), 200_000
    pair = world["user_id"].astype(np.int64) * 10_000 + world["streamer_id"]
    gave = np.isin(pair[half:], pair[:half][label[:half]])
    user_gave = np.isin(world["user_id"][half:], world["user_id"][:half][label[:half]]) & ~gave
    later = label[half:]
    assert later[gave].mean() > 1.5 * later[user_gave].mean()  # more than the viewer alone tells
    assert later[user_gave].mean() > later[~user_gave & ~gave].mean()


def test_tiers_tell_of_whales():
    world = whole()
    values = [world["value"][world["tier"] == f"tier_{number}"].mean() for number in range(1, 6)]
    assert sorted(values) == values
    assert values[-1] > 10 * values[0]


def test_window_and_refunds_change_no_click_and_no_gift():
    plain = whole(attribution_window=None)
    for change in ({"attribution_window": HOUR}, {"refunds": GiftRefunds(0.5, HOUR)}):
        other = whole(**change)
        kept = other["kind"] == OutcomeKind.GIFT
        assert plain["time"].tobytes() == other["time"].tobytes()
        assert plain["user_id"].tobytes() == other["user_id"].tobytes()
        for name in ("row", "outcome_time", "amount"):
            assert plain[name].tobytes() == other[name][kept].tobytes()
        assert (other["value"] < plain["value"]).mean() > 0.99


def test_a_refund_follows_its_gift_and_takes_all_of_it_back():
    world = whole(refunds=GiftRefunds(1.0, HOUR), clicks=50_000)
    gifts, refunds = (world["kind"] == kind for kind in (OutcomeKind.GIFT, OutcomeKind.REFUND))
    assert gifts.sum() == refunds.sum() > 500
    assert money(world, math.inf).tolist() == [0] * 50_000
    assert (np.abs(world["value"]) < 1e-4).all()
    waits = [world["outcome_time"][chosen].sum() for chosen in (gifts, refunds)]
    assert (waits[1] - waits[0]) / gifts.sum() == pytest.approx(HOUR, rel=4 / math.sqrt(gifts.sum()))


@pytest.mark.parametrize("part", [DelayPart(1, HOUR), DELAY[0], DelayPart(1, HOUR, "weibull", 0.5)])
def test_refunds_within_a_window(part):
    refunds, rng, n = GiftRefunds(0.7, 3 * HOUR), np.random.default_rng(5), 400_000
    for window in (HOUR, 10 * HOUR, 30 * DAY):
        drawn = 0.7 * (part.draw(rng, n) + rng.exponential(3 * HOUR, n) <= window)
        expected = refunds.back_within(part, window)
        assert drawn.mean() == pytest.approx(expected, abs=4 * 0.7 * math.sqrt(0.25 / n))


@pytest.mark.parametrize("seed", [0, 7])
def test_traits_have_the_spread_they_are_given(seed):
    crowd = Crowd(seed, 20_000, 3_000, 2.3)
    assert crowd.user_pays.std() == pytest.approx(2.3, rel=1e-3)
    assert stats.kstest(crowd.user_pays / 2.3, "norm").pvalue > 0.99  # quantiles, not draws
    everyone = np.arange(20_000)
    pair = crowd._normal(0, everyone, everyone % 3_000)
    assert stats.kstest(pair, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(pair, crowd._normal(1, everyone, everyone % 3_000))[0, 1]) < 0.03
    assert np.array_equal(pair[:5], crowd._normal(0, everyone[:5], everyone[:5]))


def test_rooms_open_and_close():
    (block,) = LivestreamWorld(clicks=20_000, streamers=50).clicks()
    minutes = block.features["live_minutes"].to_numpy()
    assert minutes.min() >= 0
    assert minutes.max() < 240
    opened = block.click_time - (minutes * 60e6).round().astype(np.int64)
    rooms, where = np.unique(block.features["live_id"].to_numpy(), return_inverse=True)
    spread = [np.ptp(opened[where == number]) for number in range(0, len(rooms), 97)]
    assert max(spread) <= 1  # all clicks on a room agree on when it opened, to rounding
    streamer = block.features["streamer_id"].to_numpy()
    assert all(len(np.unique(streamer[where == number])) == 1 for number in range(0, len(rooms), 97))


def test_same_arguments_same_bytes_however_consumed():
    arguments = {"clicks": 150_000, "users": 500, "refunds": GiftRefunds(0.2, HOUR), "attribution_window": HOUR}
    world, again = LivestreamWorld(**arguments), LivestreamWorld(**arguments)
    straight = list(world.clicks())
    last_first = [again._block(number) for number in reversed(range(len(straight)))][::-1]
    abandoned = world.clicks()
    next(abandoned)
    for blocks in zip(straight, last_first, world.clicks(), strict=True):
        columns = [[block.features, *map(np.ndarray.tobytes, (block.click_time, *block[5:11]))] for block in blocks]
        assert all(one == columns[0] for one in columns)
    assert [block.first_row for block in straight] == [0, BLOCK, 2 * BLOCK]
    first, second = itertools.islice(straight, 2)
    assert abs(np.corrcoef(first.true_value, second.true_value)[0, 1]) < 0.02
    assert next(LivestreamWorld(**arguments, seed=1).clicks()).features != first.features


CHANGES = [
    {"clicks": 3},
    {"days": 22.0},
    {"seed": 1},
    {"start": 0},
    {"users": 7},
    {"streamers": 7},
    {"gift_rate": 0.03},
    {"extra_gifts": 0.0},
    {"median": 3.0},
    {"spread": 1.0},
    {"whales": 1.0},
    {"largest": 1e3},
    {"delay": (DelayPart(1, HOUR),)},
    {"late_factor": 1.0},
    {"refunds": GiftRefunds(0.1, HOUR)},
    {"refunds": GiftRefunds(0.1, HOUR), "net": True},
    {"attribution_window": DAY},
    {"rooms_close": True},
]


def test_the_fingerprint_tells_worlds_apart():
    prints = [LivestreamWorld(**change).fingerprint() for change in [{}, *CHANGES]]
    assert len(set(prints)) == len(prints)
    assert LivestreamWorld().fingerprint() == prints[0]
    assert {name for change in CHANGES for name in change} == set(LivestreamWorld.__init__.__kwdefaults__)


def test_a_world_is_a_reader(tmp_path):
    world = LivestreamWorld(clicks=100_000, users=500, attribution_window=WINDOW, refunds=GiftRefunds(0.2, HOUR))
    assert world.observed_until == START + 21 * DAY + WINDOW
    assert LivestreamWorld().observed_until is None
    assert (list(world.outcomes()), world.notes, world.replayed) == ([], (), ())
    log = prepare(world, encoding=Encoding(), cache=tmp_path, segments=["user_tier"], keep_columns=True)
    blocks = list(world.clicks())
    assert log.true_value.tobytes() == np.concatenate([block.true_value for block in blocks]).tobytes()
    assert log.true_probability.tobytes() == np.concatenate([block.true_probability for block in blocks]).tobytes()
    assert log.feature_names == (*world.categorical, *world.numeric)
    assert sum(log.intake.money_read.values()) == sum(int(block.outcome_amount.sum()) for block in blocks) * MICROS
    assert not log.intake.clicks_quarantined
    assert not any(log.intake.outcomes_quarantined.values())
    assert list(LivestreamWorld(clicks=0).clicks()) == []


def test_everything_wrong_is_told_at_once():
    with pytest.raises(LogError) as error:
        LivestreamWorld(
            clicks=-1,
            users=0,
            gift_rate=0.0,
            extra_gifts=-1.0,
            median=1.0,
            spread=5.0,
            whales=-1.0,
            largest=0.5,
            delay=(DelayPart(0, HOUR),),
            late_factor=0.0,
            refunds=GiftRefunds(2.0, 0),
        )
    assert error.value.problems == (
        "expected at least 0 clicks in a time above 0, got -1 clicks in 1814400000000 us",
        "users, streamers: expected 1 to 1,000,000 of each, got 0 and 5000",
        "gift_rate: expected a number between 0 and 1, got 0.0",
        "median: expected a number above 1, to 1e6, got 1.0",
        "whales: expected a number from 0 to 4, got -1.0",
        "delay: expected one or more parts with shares of at least 0, not all 0, got [0]",
        "extra_gifts: expected a number from 0 to 100, got -1.0",
        "late_factor: expected a number from 0.01 to 100, got 0.0",
        "spread: expected a number from 0 to 4, got 5.0",
        "largest: expected a number from 1 to 1e9, got 0.5",
        "refunds: expected a share from 0 to 1 and a mean of at least 1 microsecond, got 2.0 and 0",
    )


def test_truths_reach_predictions_and_stay_with_their_clicks(tmp_path):
    scenario = Scenario.load(
        {
            "name": "live",
            "log": {"kind": "livestream", "clicks": 5_000, "users": 50, "refunds": {"share": 0.1, "mean": "2h"}},
            "clock": {"attribution_window": "1h", "evaluate_from": "2d"},
            "method": [{"name": "oracle"}],
        }
    )
    result = run(scenario, out=tmp_path / "out")
    (block,) = reader_of(scenario).clicks()
    predictions = result.predictions("oracle")
    np.testing.assert_array_equal(predictions["true_value"], block.true_value)
    np.testing.assert_array_equal(predictions["true_probability"], block.true_probability)
    log = prepare(reader_of(scenario), encoding=Encoding(), cache=tmp_path / "cache")
    np.testing.assert_array_equal(thinned(log, 1_000).true_value, block.true_value[::5])
    half = clicks_before(log, int(block.click_time[2_500]))
    np.testing.assert_array_equal(half.true_value, block.true_value[:2_500])


def test_a_scenario_asks_for_everything():
    scenario = Scenario.load(
        {
            "name": "live",
            "seed": 4,
            "log": {"kind": "livestream", "late_factor": 2.0, "delay": [{"share": 1, "mean": "5m"}]},
            "clock": {"attribution_window": "2h"},
            "method": [{"name": "oracle"}],
        }
    )
    parts = (DelayPart(1.0, 5 * 60 * MICROS),)
    expected = LivestreamWorld(seed=4, late_factor=2.0, delay=parts, attribution_window=2 * HOUR)
    assert reader_of(scenario).fingerprint() == expected.fingerprint()
    plain = Scenario.load({"name": "live", "log": {"kind": "livestream"}, "method": [{"name": "oracle"}]})
    window = plain.clock.attribution_window
    assert reader_of(plain).fingerprint() == LivestreamWorld(attribution_window=window).fingerprint()
