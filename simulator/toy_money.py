"""The smallest world of money: no features, gifts that trickle in, refunds.  Expected values are known in it."""

import math
from dataclasses import dataclass

import numpy as np

from replay.log import MICROS, ClickLog, Intake, Ints, OutcomeKind, Outcomes
from replay.slots import SlotTable
from scenarios.durations import DAY, HOUR
from simulator.toy import Toy, discounted


@dataclass(frozen=True)
class Gift:
    """Money that a converting click may bring, once.

    Parameters
    ----------
    mean : float
        Of the amount, in the log's currency; below 0 it is a refund.
    sigma : float
        1 + amount is log-normal, its logarithm has this standard deviation.
    delay : int
        Mean of the exponential delay after the click, us.
    chance : float
        That a converting click brings it; the first of a world's is certain.
    """

    mean: float
    sigma: float = 0.5
    delay: int = 6 * HOUR
    chance: float = 1.0

    @property
    def log_mean(self) -> float:
        """Return E[log(1 + amount)]."""
        return math.log1p(abs(self.mean)) - self.sigma**2 / 2

    def by(self, elapsed: int) -> float:
        """Return P(delay <= elapsed)."""
        return -math.expm1(-elapsed / self.delay)


@dataclass(frozen=True)
class MoneyToy(Toy):
    """Clicks that convert with one probability, and then bring gifts and refunds after delays of their own."""

    gifts: tuple[Gift, ...] = (Gift(2.0),)
    attribution_window: int = 10 * DAY
    clicks: int = 40_000
    days: int = 30

    def converted_by(self, elapsed: int) -> float:
        """Return P(the first gift comes so early | converts), F."""
        return self.gifts[0].by(elapsed)

    def discounted(self) -> float:
        """Return E[e^(-growth * delay); delay <= attribution window] of the first gift."""
        return self._discounted(self.gifts[0])

    @property
    def value(self) -> float:
        """Return E[Y], the expected money of a click inside the attribution window."""
        return self.rate * sum(gift.chance * gift.mean * gift.by(self.attribution_window) for gift in self.gifts)

    @property
    def discounted_value(self) -> float:
        """Return the expected money where each amount d after the click counts e^(-growth d)."""
        gifts = (gift.chance * gift.mean * self._discounted(gift) for gift in self.gifts)
        return self.rate * sum(gifts)

    def value_share(self, elapsed: int) -> float:
        """Return the share of the money that comes so early, G."""
        early = sum(gift.chance * gift.mean * gift.by(elapsed) for gift in self.gifts)
        return self.rate * early / self.value

    def count_share(self, elapsed: int) -> float:
        """Return the share of the gifts that come so early, F; refunds are none."""
        gifts = [gift for gift in self.gifts if gift.mean > 0]
        early, all_of_them = (
            sum(one.chance * one.by(end) for one in gifts) for end in (elapsed, self.attribution_window)
        )
        return early / all_of_them

    def log(self, seed: int) -> ClickLog:
        """Return a log drawn from the world; every click has the one slot 0."""
        random = np.random.default_rng(seed)
        time = self._click_times(random)
        converts = np.flatnonzero(random.random(self.clicks) < self.rate)
        drawn = [self._drawn(gift, converts, time, random) for gift in self.gifts]
        row, kind, at, amount = (np.concatenate(column) for column in zip(*drawn, strict=True))
        order = np.lexsort((kind, at, row))
        return ClickLog(
            click_time=time,
            click=np.arange(self.clicks),
            slots=SlotTable.of(np.zeros((self.clicks, 1), np.uint32)),
            feature_names=("constant",),
            outcomes=Outcomes(row[order], kind[order].astype(np.int8), at[order], amount[order]),
            observed_until=int(time[-1]) + self.attribution_window,
            intake=Intake(clicks_read=self.clicks),
            fingerprint=f"money-{seed}",
        )

    def _drawn(self, gift: Gift, rows: Ints, time: Ints, random: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
        rows = rows[random.random(len(rows)) < gift.chance]
        n = len(rows)
        delay = np.rint(random.exponential(gift.delay, n)).astype(np.int64)
        amount = np.exp(random.normal(gift.log_mean, gift.sigma, n)) - 1
        kind = OutcomeKind.GIFT if gift.mean > 0 else OutcomeKind.REFUND
        millionths = np.rint(math.copysign(MICROS, gift.mean) * amount).astype(np.int64)
        return rows, np.full(n, kind, np.int64), time[rows] + delay, millionths

    def _discounted(self, gift: Gift) -> float:
        return discounted(1.0, gift.delay, self.growth / DAY, self.attribution_window)
