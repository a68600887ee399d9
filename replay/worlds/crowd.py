"""Who watches whom, and what that says of gifts: viewers, streamers, rooms, and pairs that belong together."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.log import Floats, Ints
from replay.uniform import uniform
from replay.worlds.levels import Levels, Zipf
from replay.worlds.streams import stream

CATEGORIES = ("chat", "music", "dance", "game", "beauty", "shop", "outdoor", "food", "talk", "other")
TIERS = 5
ROOM = 4 * 3_600_000_000  # us: a streamer opens a new room so often, from a moment of its own
_MINUTE = 60_000_000
FAVOURITES = 4  # streamers that a viewer comes back to
LOYALTY = 0.6  # share of clicks that go to one of them
ACTIVITY, POPULARITY = 0.5, 1.0  # Zipf exponents of viewers and of streamers

# Standard deviations of what shifts the log-odds of a gift, and the log of its price.
GIVES = {"user": 0.8, "streamer": 0.5, "category": 0.3, "pair": 0.7, "room": 0.2}
PAYS = {"streamer": 0.4, "category": 0.3, "pair": 0.5}
FAN = 1.0  # log-odds of a gift to a favourite, against another
TIRES = -0.4  # log-odds of a gift from the start of a room to its end
SLOWER = 0.7  # standard deviation over streamers of the log-odds that a gift comes late
_TIER_NOISE = 0.7  # a tier tells the viewer's size only so well
_HASHES = 1 << 40  # apart from the streams of label feeds
_STREAMER, _CATEGORY, _PLACE = range(1, 4)  # purposes of streams of random numbers, below those of one world
_PAIR_GIVES, _PAIR_PAYS, _ROOM_GIVES = range(3)


class Visits(NamedTuple):
    """Who clicks on what; columns of shape (n_clicks,)."""

    user: Levels
    streamer: Levels
    room: Ints  # of the streamer's rooms, from 0
    minutes: Floats  # since the room opened


class Crowd:
    """Viewers and streamers with all their traits, drawn once from the seed.

    Traits of viewers are the quantiles of a normal distribution in a random order, so that every seed has the same
    share of whales.  What ties a pair together, and what a room is like, is a hash of their numbers: the same whenever
    they meet.

    Parameters
    ----------
    seed : int
    users, streamers : int
    whales : float
        Standard deviation over viewers of the log of what they give at a time.
    """

    def __init__(self, seed: int, users: int, streamers: int, whales: float) -> None:
        rng = stream(seed, 0)
        self._hash = _HASHES + 8 * seed
        self._who, self._whom = Zipf(users, ACTIVITY), Zipf(streamers, POPULARITY)
        self.favourites = self._whom.draw(rng, users * FAVOURITES).reshape(users, FAVOURITES)
        self.user_gives, self.user_pays = (spread * _quantiles(rng, users) for spread in (GIVES["user"], whales))
        noisy = _quantiles_of(self.user_pays) + _TIER_NOISE * rng.standard_normal(users)
        self.tier = (np.argsort(np.argsort(noisy)) * TIERS // users).astype(np.int8)
        traits = stream(seed, _STREAMER).standard_normal((3, streamers))
        self.category = stream(seed, _CATEGORY).integers(0, len(CATEGORIES), streamers).astype(np.int8)
        of_category = stream(seed, _CATEGORY, 1).standard_normal((2, len(CATEGORIES)))[:, self.category]
        self.streamer_gives = GIVES["streamer"] * traits[0] + GIVES["category"] * of_category[0]
        self.streamer_pays = PAYS["streamer"] * traits[1] + PAYS["category"] * of_category[1]
        self.streamer_slower = SLOWER * traits[2]
        self._opens = stream(seed, _PLACE).integers(0, ROOM, streamers)

    def visits(self, rng: np.random.Generator, after: Ints) -> Visits:
        """Draw who clicks on what at each time, us since the log began."""
        n = len(after)
        user, streamer = self._who.draw(rng, n), self._whom.draw(rng, n)
        loyal, which = rng.random(n) < LOYALTY, rng.integers(0, FAVOURITES, n)
        streamer = np.where(loyal, self.favourites[user, which], streamer)
        room, open_for = np.divmod(after + self._opens[streamer], ROOM)
        return Visits(user, streamer, room, open_for / _MINUTE)

    def log_odds(self, visits: Visits) -> Floats:
        """Return what shifts the log-odds of a gift, shape (n_clicks,)."""
        user, streamer, room, minutes = visits
        fan = (self.favourites[user] == streamer[:, None]).any(axis=1)
        pair = GIVES["pair"] * self._normal(_PAIR_GIVES, user, streamer)
        of_room = GIVES["room"] * self._normal(_ROOM_GIVES, streamer, room)
        tired = TIRES * minutes * _MINUTE / ROOM
        return np.asarray(self.user_gives[user] + self.streamer_gives[streamer] + pair + FAN * fan + of_room + tired)

    def size(self, visits: Visits) -> Floats:
        """Return what shifts the log of a price, shape (n_clicks,)."""
        pair = PAYS["pair"] * self._normal(_PAIR_PAYS, visits.user, visits.streamer)
        return np.asarray(self.user_pays[visits.user] + self.streamer_pays[visits.streamer] + pair)

    def slower(self, visits: Visits) -> Floats:
        """Return what shifts the log-odds that a gift comes late, shape (n_clicks,)."""
        return np.asarray(self.streamer_slower[visits.streamer])

    def closes(self, visits: Visits) -> Ints:
        """Return when the room of each visit closes, us since the log began."""
        return np.asarray((visits.room + 1) * ROOM - self._opens[visits.streamer])

    def columns(self, visits: Visits) -> pa.Table:
        """Return what is known at the click, under the names that the KuaiLive reader gives them."""
        names = {"live_content_category": CATEGORIES, "user_tier": tuple(f"tier_{i + 1}" for i in range(TIERS))}
        codes = self.category[visits.streamer], self.tier[visits.user]
        named = {
            name: pa.DictionaryArray.from_arrays(pa.array(code), pa.array(names[name]))
            for name, code in zip(names, codes, strict=True)
        }
        numbers = {"user_id": visits.user, "streamer_id": visits.streamer, "live_id": self._live_id(visits)}
        whole = {name: pa.array(values) for name, values in numbers.items()}
        return pa.table({**whole, **named, "live_minutes": pa.array(visits.minutes)})

    def _live_id(self, visits: Visits) -> Ints:
        """Return a number for every room; no two rooms of any streamers share one."""
        return np.asarray(visits.room * len(self.category) + visits.streamer)

    def _normal(self, purpose: int, first: NDArray[np.integer], second: NDArray[np.integer]) -> Floats:
        from scipy.special import ndtri  # noqa: PLC0415  (only who makes this world pays for it)

        drawn = uniform(self._hash + purpose, first.astype(np.int64), second.astype(np.int64))
        return np.asarray(ndtri(np.minimum(drawn, 1 - 2.0**-53)))


def _quantiles(rng: np.random.Generator, n: int) -> Floats:
    """Return the quantiles of a standard normal distribution at the middles of n equal parts, in a random order."""
    from scipy.special import ndtri  # noqa: PLC0415  (as above)

    return np.asarray(ndtri((rng.permutation(n) + 0.5) / n))


def _quantiles_of(values: Floats) -> Floats:
    """Return values standardised, or zeros where all are alike."""
    spread = values.std()
    return np.asarray((values - values.mean()) / spread) if spread else np.zeros(len(values))
