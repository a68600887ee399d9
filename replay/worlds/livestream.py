"""A made-up log of live streams: rare gifts, a few very large, and the true chance and worth of every click."""

import json
import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import xxhash
from numpy.typing import NDArray

from replay.errors import Problems
from replay.log import Floats, Ints
from replay.readers.base import RawClicks, RawOutcomes
from replay.worlds.arrivals import BLOCK, Arrivals
from replay.worlds.crowd import Crowd, Visits
from replay.worlds.delays import DelayPart
from replay.worlds.giving import GiftRefunds, Giving, Traits
from replay.worlds.prices import Prices
from replay.worlds.streams import stream
from replay.worlds.truth import sigmoid

START = 1_746_374_400_000_000  # us UTC, 2025-05-05 in China, where the published log begins
DAY = 86_400_000_000  # us
NEVER_COMES = 36_525 * DAY  # a gift later than a century after its click is none
DELAY = (DelayPart(0.85, DAY // 240, "lognormal", 1.2), DelayPart(0.15, DAY // 6))
_SAMPLE = 1 << 17  # clicks that set the base rate: its standard error is then well under 1 %
_SUMS, _GAPS, _CLICKS, _GIFTS, _REFUNDS, _BASE = range(8, 14)  # purposes of random numbers, after those of the crowd
_VERSION = 1  # of how a world is made from its arguments; part of the fingerprint


class LivestreamWorld:
    """Clicks on live rooms, some of which bring gifts, read as any log is.

    Clicks come in a Poisson process with exactly `clicks` events in [start, start + days).  A viewer goes to one of a
    few favourites or to any streamer; who gives, how much and how late depends on the viewer, the streamer, the pair
    and the room (`Crowd`); what is then drawn is said in `Giving`.  Outcomes are gifts, and refunds if asked for; all
    are in the log, however late.

    `RawClicks.true_probability` is the probability of at least one gift within the attribution window, and
    `RawClicks.true_value` the expected money within it, refunds taken off: both given all that decides them, which a
    model that sees the columns can come near to but not reach.  Without a window all time counts.

    Clicks are drawn in blocks of 65,536, each with random numbers of its own, so the same arguments give the same
    clicks however they are consumed, and neither the window nor refunds change a click or a gift.

    Parameters
    ----------
    clicks : int
    days : float
    seed : int
    start : int
        us UTC.
    users, streamers : int
    gift_rate : float
        Share of clicks that bring a gift, however late, in (0, 1); met to within 1 %, and sampling.
    extra_gifts : float
        Mean number of gifts after a click's first.
    median : float
        What about half of the gifts cost at most, above 1.
    spread : float
        Standard deviation of the log of the price between gifts of one viewer to one streamer.
    whales : float
        Standard deviation of the log of the price between viewers.
    largest : float
        No gift costs more than this and one.
    delay : sequence of DelayPart
    late_factor : float
        How much larger gifts of the last part are.
    refunds : GiftRefunds, optional
    rooms_close : bool
        Whether gifts stop when the room closes; the log then says when that is, as `RawClicks.outcomes_until`.  Not
        with refunds.
    attribution_window : int, optional
        Longest delay that counts, us.
    net : bool
        Whether a click of which a gift is taken back within the window is negative to the true probability.

    Raises
    ------
    LogError
        With all that is wrong with the arguments.
    """

    notes: Sequence[str] = ()
    replayed: Sequence[str] = ()
    categorical: Sequence[str] = ("user_id", "streamer_id", "live_id", "live_content_category", "user_tier")
    numeric: Sequence[str] = ("live_minutes",)

    def __init__(
        self,
        *,
        clicks: int = 500_000,
        days: float = 21.0,
        seed: int = 0,
        start: int = START,
        users: int = 2_500,
        streamers: int = 5_000,
        gift_rate: float = 0.02,
        extra_gifts: float = 0.3,
        median: float = 2.0,
        spread: float = 1.7,
        whales: float = 2.3,
        largest: float = 30_000.0,
        delay: Sequence[DelayPart] = DELAY,
        late_factor: float = 3.0,
        refunds: GiftRefunds | None = None,
        rooms_close: bool = False,
        attribution_window: int | None = None,
        net: bool = False,
    ) -> None:
        self._clicks, self._duration, self._seed, self._start = clicks, round(days * DAY), seed, start
        self._users, self._streamers, self._rate, self._whales = users, streamers, gift_rate, whales
        self._median, self._window, self._net = median, attribution_window, net
        self._close = rooms_close
        self._giving = Giving(tuple(delay), extra_gifts, late_factor, Prices(spread, largest), refunds)
        Problems(self._problems()).stop()

    @property
    def observed_until(self) -> int | None:
        """The end of the last click's attribution window, so that all labels are mature; None without a window."""
        return None if self._window is None else self._start + self._duration + self._window

    def fingerprint(self) -> str:
        """Return a digest of all arguments and of the way in which worlds are made."""
        size = self._clicks, self._duration, self._seed, self._start, self._users, self._streamers
        asked = ["livestream", _VERSION, size, self._rate, self._whales, self._median, self._window]
        asked += [self._giving.settings(), *["net"] * self._net, *["rooms close"] * self._close]
        return xxhash.xxh3_128_hexdigest(json.dumps(asked).encode())

    def clicks(self) -> Iterator[RawClicks]:
        """Yield all clicks; see `LogReader`."""
        for number in range(len(self._arrivals.sizes)):
            yield self._block(number)

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield nothing: outcomes stand with their clicks."""
        return iter(())

    def _block(self, number: int) -> RawClicks:
        time = self._arrivals.times(number)
        visits = self._visits(number, time)
        traits = self._traits(visits)
        rng, refunding = (stream(self._seed, purpose, number) for purpose in (_GIFTS, _REFUNDS))
        until = self._start + self._crowd.closes(visits) if self._close else None
        left = NEVER_COMES if until is None else until - time
        gifts = self._giving.draw(rng, refunding, traits, left)
        when = time[gifts.row] + gifts.delay
        table, truths = self._crowd.columns(visits), self._truths(traits, left)
        gave = gifts.row, gifts.kind, when, gifts.amount
        return RawClicks("livestream", number * BLOCK, table, time, None, *gave, *truths, outcomes_until=until)

    def _visits(self, number: int, time: Ints) -> Visits:
        return self._crowd.visits(stream(self._seed, _CLICKS, number), time - self._start)

    def _traits(self, visits: Visits) -> Traits:
        crowd = self._crowd
        size = crowd.size(visits) + math.log(self._median - 1)
        return Traits(sigmoid(crowd.log_odds(visits) + self._base), size, crowd.slower(visits))

    def _truths(self, traits: Traits, left: int | Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the true chance and worth of clicks that have some time left for gifts, us."""
        window: int | Floats = NEVER_COMES if self._window is None else self._window
        if not isinstance(left, int):
            window = np.minimum(left, window).astype(np.float64)
        chance = self._giving.chance_within(traits, window, net=self._net).astype(np.float32)
        value = self._giving.value_within(traits, window).astype(np.float32)
        return np.clip(chance, np.float32(1e-37), np.float32(1 - 2**-24)), value  # neither 0 nor 1

    @cached_property
    def _arrivals(self) -> Arrivals:
        return Arrivals(self._seed, (_SUMS, _GAPS), self._clicks, self._start, self._duration)

    @cached_property
    def _crowd(self) -> Crowd:
        return Crowd(self._seed, self._users, self._streamers, self._whales)

    @cached_property
    def _base(self) -> float:
        """Base log-odds that give the wanted rate, by bisection on a sample of clicks of its own."""
        rng = stream(self._seed, _BASE)
        after: Ints = np.sort(rng.integers(0, self._duration, _SAMPLE))
        return _base(self._crowd.log_odds(self._crowd.visits(rng, after)), self._rate)

    def _problems(self) -> Iterator[str]:
        if self._clicks < 0 or self._duration < 1:
            yield f"expected at least 0 clicks in a time above 0, got {self._clicks} clicks in {self._duration} us"
        if not (1 <= self._users <= _MOST and 1 <= self._streamers <= _MOST):
            yield f"users, streamers: expected 1 to {_MOST:,} of each, got {self._users} and {self._streamers}"
        if not 0 < self._rate < 1:
            yield f"gift_rate: expected a number between 0 and 1, got {self._rate}"
        if not 1 < self._median <= 1e6:
            yield f"median: expected a number above 1, to 1e6, got {self._median}"
        if not 0 <= self._whales <= 4:
            yield f"whales: expected a number from 0 to 4, got {self._whales}"
        if self._close and self._giving.refunds:
            yield "rooms_close: expected no refunds where gifts stop when the room closes"
        yield from self._giving.problems()


_MOST = 1_000_000  # viewers and streamers: the hash of a pair tells them apart


def _base(log_odds: Floats, rate: float) -> float:
    low, high = -100.0, 100.0
    for _ in range(50):  # down to rounding
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(log_odds + middle).mean() < rate else (low, middle)
    return (low + high) / 2
