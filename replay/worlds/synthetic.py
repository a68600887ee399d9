"""A made-up log of a world in which the true probability of every click is known."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import cached_property

import numpy as np
import xxhash

from replay.errors import Problems, suggestion
from replay.log import Floats, Ints, OutcomeKind
from replay.readers.base import RawClicks, RawOutcomes
from replay.worlds import changes as world_changes
from replay.worlds import delays
from replay.worlds.changed import Changed, Traffic
from replay.worlds.changes import Change
from replay.worlds.columns import Columns
from replay.worlds.delays import DelayPart, Mixture
from replay.worlds.gifts import Gifts
from replay.worlds.outcomes import converted, with_gifts, with_refunds
from replay.worlds.refunds import Refunds
from replay.worlds.streams import CLICKS, GAPS, REFUNDS, TIMES, stream
from replay.worlds.truth import Category, Drawn, Numeric, Truth, sigmoid

BLOCK = 65_536  # clicks that are drawn together
START = 1_735_689_600_000_000  # us UTC, 2025-01-01
DAY = 86_400_000_000  # us
CATEGORICAL = (
    Category("campaign", 200, effect=0.6),
    Category("site", 2_000),
    Category("user_group", 5_000, effect=0.4),
    Category("country", 50, effect=0.3),
    Category("placement", 20, effect=0.3),
    Category("device", 5, effect=0.2),
)
NUMERIC = (Numeric("recency", 0.3), Numeric("price", 0.2))
SURE = 1 - 2**-24  # the largest float32 below 1
DELAY = (DelayPart(0.5, DAY // 48), DelayPart(0.5, 2 * DAY))

_VERSION = 1  # of how a world is made from its arguments; part of the fingerprint


class SyntheticWorld:
    """Clicks whose probability of converting is known, read as any log is.

    Clicks come in a Poisson process with exactly `clicks` events in [start, start + days).  The log-odds of a
    conversion are a base, plus a shift for each level of each category, drawn once from the seed, plus a slope for each
    number.  If a click converts, its delay is drawn from the mixture `delay`, whose last part may be likelier for some
    levels of `delay_by` and less likely for others.  All conversions are in the log, however late.  `changes` move
    any of this over time, and the truth with it.

    `RawClicks.true_probability` is the probability of a conversion within the attribution window, p F(window | x); that
    is what labels are drawn from, since a later conversion does not count.  Without a window it is p.  With `net` it is
    the probability of a conversion within the window that is not taken back within it, by its own refund or its gift's.

    Clicks are drawn in blocks of 65,536, each with random numbers of its own, so memory is a block's and the tables of
    effects, and the same arguments give the same clicks however they are consumed.

    Parameters
    ----------
    clicks : int
    days : float
    seed : int
    start : int
        us UTC.
    conversion_rate : float
        Mean probability of a conversion, however late, in (0, 1); met to within 1 %, and sampling, before changes.
    categorical, numeric : sequences of Category and Numeric
        Features, in slot order.
    delay : sequence of DelayPart
    delay_by : str, optional
        Category whose levels are fast or slow.
    delay_strength : float
        Standard deviation over those levels of the shift of the log-odds of the last part against the others.
    gifts : Gifts, optional
        Amounts; each is a gift at the time of the conversion that brings it.
    refunds : Refunds, optional
        Gifts that are taken back; conversions where there are no gifts.
    changes : sequence of Change
        What is not as it was; times count from the start.
    attribution_window : int, optional
        Longest delay that counts, us.
    net : bool
        Whether a conversion that is taken back within the window is none to the true probability.

    Raises
    ------
    LogError
        With all that is wrong with the arguments.
    """

    notes: Sequence[str] = ()
    replayed: Sequence[str] = ()

    def __init__(
        self,
        *,
        clicks: int = 200_000,
        days: float = 30.0,
        seed: int = 0,
        start: int = START,
        conversion_rate: float = 0.1,
        categorical: Sequence[Category] = CATEGORICAL,
        numeric: Sequence[Numeric] = NUMERIC,
        delay: Sequence[DelayPart] = DELAY,
        delay_by: str | None = None,
        delay_strength: float = 0.0,
        gifts: Gifts | None = None,
        refunds: Refunds | None = None,
        changes: Sequence[Change] = (),
        attribution_window: int | None = None,
        net: bool = False,
    ) -> None:
        self._features = tuple(categorical), tuple(numeric)
        self._clicks, self._duration, self._seed, self._start = clicks, round(days * DAY), seed, start
        self._rate, self._delay, self._gifts = conversion_rate, Mixture(tuple(delay)), gifts
        self._delay_by, self._delay_strength = delay_by, delay_strength
        self._refunds, self._changes = refunds, tuple(changes)
        self._window, self._net = attribution_window, net
        self.categorical: Sequence[str] = [field.name for field in categorical]
        self.numeric: Sequence[str] = [field.name for field in numeric]
        Problems(self._problems()).stop()

    @property
    def observed_until(self) -> int | None:
        """The end of the last click's attribution window, so that all labels are mature; None without a window."""
        return None if self._window is None else self._start + self._duration + self._window

    def fingerprint(self) -> str:
        """Return a digest of all arguments and of the way in which worlds are made."""
        categorical, numeric = ([asdict(field) for field in fields] for fields in self._features)
        delay = [asdict(part) for part in self._delay.parts], self._delay_by, self._delay_strength
        gifts = asdict(self._gifts) if self._gifts else None
        size = self._clicks, self._duration, self._seed, self._start, self._rate
        asked = ["synthetic", _VERSION, size, categorical, numeric, delay, gifts, self._window]
        if self._refunds:
            asked.append(["refunds", asdict(self._refunds)])
        asked += [repr(change) for change in self._changes] + ["net"] * self._net
        return xxhash.xxh3_128_hexdigest(json.dumps(asked).encode())

    def clicks(self) -> Iterator[RawClicks]:
        """Yield all clicks in order of time, a block at a time."""
        for number, size in enumerate(self._sizes):
            yield self._block(number, int(size))

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield nothing: outcomes stand with their clicks."""
        return iter(())

    def _block(self, number: int, size: int) -> RawClicks:
        rng = stream(self._seed, CLICKS, number)
        drawn, time = self._truth.draw(rng, size), self._times(number, size)
        if self._changed is not None:
            drawn = self._changed.features(drawn, (time - self._start).astype(np.float64), number)
        p, shift, slower = self._truths(drawn, time)
        came = converted(rng, p, self._delay, shift, slower, time)
        if self._gifts is not None:
            came = with_gifts(rng, came, self._gifts)
        if self._refunds is not None:
            kind = OutcomeKind.CONVERSION if self._gifts is None else OutcomeKind.GIFT
            came = with_refunds(stream(self._seed, REFUNDS, number), came, self._refunds, kind)
        truth = np.clip(
            (p * self._within(shift, slower)).astype(np.float32), np.float32(1e-37), np.float32(SURE)
        )  # not 0, not 1
        table = self._columns.table(drawn, size)
        return RawClicks("synthetic", number * BLOCK, table, time, None, *came, truth)

    def _truths(self, drawn: Drawn, time: Ints) -> tuple[Floats, Floats, Floats | None]:
        """Return P(converts, however late), the shift of the delay, and the factor on it; None if it is 1."""
        log_odds, shift = self._truth.log_odds(drawn), self._truth.delay_shift(drawn)
        if self._changed is None:
            return np.broadcast_to(sigmoid(log_odds), len(time)), np.broadcast_to(shift, len(time)), None
        after = (time - self._start).astype(np.float64)
        p = sigmoid(log_odds + self._changed.odds(drawn, after)) * self._changed.rate(drawn, after)
        return np.minimum(p, SURE), np.broadcast_to(shift, len(time)), self._changed.delay(drawn, after)

    def _within(self, shift: Floats, slower: Floats | None) -> Floats | float:
        """Return P(delay <= attribution window | converts), less what is taken back by then if that counts."""
        if self._window is None:
            return 1.0
        if slower is None:
            inside = self._delay.cdf(self._window, shift)
        else:
            inside = self._delay.cdf_at(self._window / slower, shift)
        if not self._net or self._refunds is None:
            return inside
        refundable = 1.0 if self._gifts is None else self._gifts.share
        return inside - refundable * self._refunds.within(self._delay, self._window, shift, slower)

    def _times(self, number: int, size: int) -> Ints:
        """Return the block's times: gaps are exponential, and the sum of all of them is stretched to the duration."""
        reached = np.cumsum(stream(self._seed, TIMES, number).exponential(size=size))
        first, last = self._edges[number], self._edges[number + 1]
        place: Floats = (first + (last - first) * (reached / reached[-1])) / self._edges[-1]
        moment = place * self._duration if self._traffic is None else self._traffic.moment(place)
        after: Ints = np.minimum(moment.astype(np.int64), self._duration - 1)
        return self._start + after

    @cached_property
    def _sizes(self) -> Ints:
        full, rest = divmod(self._clicks, BLOCK)
        return np.array([BLOCK] * full + [rest] * (rest > 0), dtype=np.int64)

    @cached_property
    def _edges(self) -> Floats:
        """Where blocks begin, as sums of gaps of mean 1; the last is the end of the log, a gap after the last click."""
        sums = stream(self._seed, GAPS).standard_gamma(np.append(self._sizes, 1))
        return np.concatenate([[0.0], np.cumsum(sums)])

    @cached_property
    def _truth(self) -> Truth:
        return Truth(self._seed, *self._features, self._rate, self._delay_by, self._delay_strength)

    @cached_property
    def _changed(self) -> Changed | None:
        if not self._changes:
            return None
        return Changed(self._seed, self._features[0], self._changes, self._truth, self._delay_strength)

    @cached_property
    def _traffic(self) -> Traffic | None:
        moved = any(getattr(change, "traffic", 0.0) for change in self._changes)
        return Traffic(self._changes, self._duration) if moved else None

    @cached_property
    def _columns(self) -> Columns:
        return Columns(*self._features, self._changed.added() if self._changed else ())

    def _problems(self) -> Iterator[str]:
        names = [*self.categorical, *self.numeric]
        if self._clicks < 0 or self._duration < 1:
            yield f"expected at least 0 clicks in a time above 0, got {self._clicks} clicks in {self._duration} us"
        if not 0 < self._rate < 1:
            yield f"conversion_rate: expected a number between 0 and 1, got {self._rate}"
        if len(set(names)) < len(names):
            yield f"categorical, numeric: expected names that differ, got {', '.join(names)}"
        for field in self._features[0]:
            if field.values < 1 or field.zipf < 0:
                found = f"{field.values} and {field.zipf}"
                yield f"{field.name}: expected at least 1 value and zipf of at least 0, got {found}"
        if self._delay_by is not None and self._delay_by not in self.categorical:
            near = suggestion(self._delay_by, self.categorical)
            yield f"delay_by: no categorical feature {self._delay_by!r}{near}"
        yield from delays.problems(self._delay.parts)
        yield from self._gifts.problems() if self._gifts else ()
        yield from self._refunds.problems() if self._refunds else ()
        yield from world_changes.problems(self._changes, {field.name: field.values for field in self._features[0]})
