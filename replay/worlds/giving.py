"""Gifts to a click: whether, how many, when and how large; and what that is worth, exactly."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.log import Floats, Ints, OutcomeKind
from replay.worlds import delays
from replay.worlds.delays import DelayPart, Mixture
from replay.worlds.prices import Prices


@dataclass(frozen=True)
class GiftRefunds:
    """Gifts that are taken back, each whole.

    Parameters
    ----------
    share : float
        Share of the gifts, whatever they cost.
    mean : int
        Mean time from the gift to its refund, us; it is exponential.
    """

    share: float
    mean: int

    def back_within(self, part: DelayPart, window: int) -> float:
        """Return the probability that a gift of a part comes and is taken back within `window` us of the click."""
        from scipy.integrate import quad  # noqa: PLC0415  (only who asks for refunds pays for it)

        reach = -math.expm1(-window / self.mean)
        value, _ = quad(
            lambda u: part.cdf(window + self.mean * math.log1p(-u)), 0, reach, epsabs=1e-12, epsrel=1e-10, limit=500
        )
        return float(self.share * value)


class Traits(NamedTuple):
    """What decides the gifts of clicks; columns of shape (n_clicks,)."""

    chance: Floats  # probability of any gift, however late
    size: Floats  # mean of the log of a price, less one, of a gift that comes early
    slower: Floats  # shift of the log-odds that a gift is one of the last part


class Gifts(NamedTuple):
    """Gifts and refunds, ordered by click."""

    row: Ints
    kind: NDArray[np.int8]
    delay: Ints  # from the click, us
    amount: Floats

    def at(self, which: NDArray[np.intp]) -> "Gifts":
        """Return some of them, by their index."""
        return Gifts(self.row[which], self.kind[which], self.delay[which], self.amount[which])

    def joined(self, other: "Gifts") -> "Gifts":
        """Return these, and others behind them."""
        return Gifts(
            np.concatenate((self.row, other.row)),
            np.concatenate((self.kind, other.kind)),
            np.concatenate((self.delay, other.delay)),
            np.concatenate((self.amount, other.amount)),
        )


@dataclass(frozen=True)
class Giving:
    """A click brings no gift, or one and a Poisson number more; each is drawn alike and on its own.

    A gift belongs to one part of the mixture of delays, which decides when it comes and, if it is the last part, that
    it is `late_factor` times as large.  So money comes later than gifts do.

    Given the click's traits, with s_j the share of part j, F_j(W) how much of it comes (and stays) within the window,
    m_j its mean price and g the mean number of gifts, the expected money is P(gift) g sum_j s_j F_j(W) m_j.

    Parameters
    ----------
    delay : sequence of DelayPart
    extra : float
        Mean number of gifts after the first.
    late_factor : float
        How much larger gifts of the last part are, before the one unit that every gift has at least.
    prices : Prices
    refunds : GiftRefunds, optional
    """

    delay: Sequence[DelayPart]
    extra: float = 0.3
    late_factor: float = 3.0
    prices: Prices = field(default_factory=Prices)
    refunds: GiftRefunds | None = None

    def chance_within(self, traits: Traits, window: int | Floats, *, net: bool = False) -> Floats:
        """Return the probability of at least one gift within `window` us, shape (n_clicks,).

        With `net`, and of none taken back within it.  Clicks may have windows of their own where there are no refunds.
        """
        mixture = Mixture(self.delay)
        if isinstance(window, int):
            inside = mixture.cdf(window, traits.slower)
        else:
            inside = mixture.cdf_at(window, traits.slower)
        kept: Floats | float = 1.0
        if net and self.refunds and isinstance(window, int):
            back = np.array([self.refunds.back_within(part, window) for part in self.delay])
            taken = back @ Mixture(self.delay).shares(traits.slower)
            kept = (1 - taken) * np.exp(-self.extra * taken)
        return np.asarray(traits.chance * (kept - (1 - inside) * np.exp(-self.extra * inside)))

    def value_within(self, traits: Traits, window: int | Floats) -> Floats:
        """Return the expected money, refunds taken off, within `window` us of the click, shape (n_clicks,).

        Clicks may have windows of their own where there are no refunds.
        """
        if isinstance(window, int):
            counted = np.array([self._kept(part, window) for part in self.delay])[:, None]
        else:
            counted = np.stack([part.cdf_at(window) for part in self.delay])
        weight = Mixture(self.delay).shares(traits.slower) * counted
        early, late = (self.prices.mean(traits.size + shift) for shift in (0.0, self._late))
        mean = weight[:-1].sum(axis=0) * early + weight[-1] * late
        return np.asarray(traits.chance * (1 + self.extra) * mean)

    def draw(
        self, rng: np.random.Generator, refunding: np.random.Generator, traits: Traits, longest: int | Ints
    ) -> Gifts:
        """Draw the gifts to some clicks; none comes `longest` us after its click or later (each its own)."""
        giving = np.flatnonzero(rng.random(len(traits.chance)) < traits.chance)
        row = np.repeat(giving, 1 + rng.poisson(self.extra, len(giving)))
        which, delay = self._delays(rng, traits.slower[row])
        late = which == len(self.delay) - 1
        amount = self.prices.draw(rng, traits.size[row] + self._late * late)
        back = self._refunded(refunding, delay)
        gifts = Gifts(row, np.full(len(row), OutcomeKind.GIFT, np.int8), delay, amount)
        joined = gifts.joined(Gifts(row, np.full(len(row), OutcomeKind.REFUND, np.int8), back, -amount))
        coming = np.flatnonzero(joined.delay < np.broadcast_to(longest, len(traits.chance))[joined.row])
        ordered = coming[np.lexsort((joined.kind[coming], joined.delay[coming], joined.row[coming]))]
        return joined.at(ordered)

    def settings(self) -> dict[str, Any]:
        """Return all arguments as JSON has them."""
        return asdict(self)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the arguments, each with its place."""
        yield from delays.problems(self.delay)
        if not 0 <= self.extra <= 100:
            yield f"extra_gifts: expected a number from 0 to 100, got {self.extra}"
        if not 0.01 <= self.late_factor <= 100:
            yield f"late_factor: expected a number from 0.01 to 100, got {self.late_factor}"
        yield from self.prices.problems()
        if self.refunds and not (0 <= self.refunds.share <= 1 and self.refunds.mean >= 1):
            found = f"{self.refunds.share} and {self.refunds.mean}"
            yield f"refunds: expected a share from 0 to 1 and a mean of at least 1 microsecond, got {found}"

    @property
    def _late(self) -> float:
        return math.log(self.late_factor)

    def _kept(self, part: DelayPart, window: int) -> float:
        back = self.refunds.back_within(part, window) if self.refunds else 0.0
        return part.cdf(window) - back

    def _delays(self, rng: np.random.Generator, slower: Floats) -> tuple[NDArray[np.int64], Ints]:
        """Return the part of each gift, and its delay; what is beyond 64 bits comes when time ends."""
        limits = np.cumsum(Mixture(self.delay).shares(slower), axis=0)[:-1]
        which = (rng.random(len(slower)) >= limits).sum(axis=0)
        delay = np.empty(len(slower))
        for number, part in enumerate(self.delay):
            chosen = which == number
            delay[chosen] = part.draw(rng, int(np.count_nonzero(chosen)))
        return which, _whole(delay)

    def _refunded(self, rng: np.random.Generator, delay: Ints) -> Ints:
        """Return the delay of each gift's refund; the end of time where it is kept."""
        share, mean = (self.refunds.share, self.refunds.mean) if self.refunds else (0.0, 1)
        back, taken = rng.exponential(mean, len(delay)), rng.random(len(delay)) < share
        return np.where(taken, _whole(delay + back), _END)


_END = np.int64(2**62)  # us: no delay is longer


def _whole(delay: Floats) -> Ints:
    return np.asarray(np.minimum(delay, float(_END)).astype(np.int64))
