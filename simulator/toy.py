"""The smallest world: no features, one conversion rate, a mixture of exponential delays.  Limits are known in it."""

import math
from dataclasses import dataclass

import numpy as np

from replay.log import ClickLog, Floats, Intake, Ints, OutcomeKind, Outcomes
from replay.slots import SlotTable
from scenarios.durations import DAY, HOUR


@dataclass(frozen=True)
class Toy:
    """Clicks that convert with one probability, after delays from a mixture of exponentials.

    Parameters
    ----------
    rate : float
        P(a click ever converts).
    delays : tuple of (float, int)
        Shares, which add up to 1, and mean delays in us.
    attribution_window : int
        Longest delay that counts, us.
    clicks, days : int
        Size and length of a log.
    growth : float
        Clicks per unit of time grow as e^(growth * t), t in days; 0 is steady traffic.
    refunded : float
        Share of the conversions that are ever refunded; above 0, labels know refunds.
    refund_mean : int
        Mean time from conversion to refund, us; it is exponential.
    """

    rate: float = 0.2
    delays: tuple[tuple[float, int], ...] = ((0.5, HOUR // 2), (0.5, 72 * HOUR))
    attribution_window: int = 30 * DAY
    clicks: int = 100_000
    days: int = 60
    growth: float = 0.0
    refunded: float = 0.0
    refund_mean: int = DAY

    def converted_by(self, elapsed: int) -> float:
        """Return P(delay <= elapsed | converts), F."""
        return sum(share * -math.expm1(-elapsed / mean) for share, mean in self.delays)

    def discounted(self) -> float:
        """Return E[e^(-growth * delay); delay <= attribution window | converts], which growth multiplies p by."""
        return sum(discounted(share, mean, self.growth / DAY, self.attribution_window) for share, mean in self.delays)

    def log(self, seed: int) -> ClickLog:
        """Return a log drawn from the world; every click has the one slot 0."""
        random = np.random.default_rng(seed)
        time = self._click_times(random)
        rows = np.flatnonzero(random.random(self.clicks) < self.rate)
        shares, means = zip(*self.delays, strict=True)
        mean = np.array(means)[random.choice(len(means), size=len(rows), p=shares)]
        delay = np.rint(random.exponential(mean)).astype(np.int64)
        outcomes = self._with_refunds(rows, time[rows] + delay, random)
        return ClickLog(
            click_time=time,
            click=np.arange(self.clicks),
            slots=SlotTable.of(np.zeros((self.clicks, 1), np.uint32)),
            feature_names=("constant",),
            outcomes=outcomes,
            observed_until=int(time[-1]) + self.attribution_window,
            intake=Intake(clicks_read=self.clicks, outcomes_read={"conversion": len(rows)}),
            fingerprint=f"toy-{seed}",
        )

    def _with_refunds(self, rows: Ints, time: Ints, random: np.random.Generator) -> Outcomes:
        """Return conversions, each with its refund behind it if it has one."""
        kind = np.full(len(rows), OutcomeKind.CONVERSION, np.int8)
        if self.refunded:
            back = np.flatnonzero(random.random(len(rows)) < self.refunded)
            refund = time[back] + np.rint(random.exponential(self.refund_mean, len(back))).astype(np.int64)
            kind, time = np.insert(kind, back + 1, OutcomeKind.REFUND), np.insert(time, back + 1, refund)
            rows = np.insert(rows, back + 1, rows[back])
        return Outcomes(rows, kind, time, np.zeros(len(rows), np.int64))

    def _click_times(self, random: np.random.Generator) -> Ints:
        share: Floats = np.sort(random.random(self.clicks))
        if self.growth:
            share = np.log1p(share * np.expm1(self.growth * self.days)) / (self.growth * self.days)
        return np.rint(share * self.days * DAY).astype(np.int64)


def discounted(share: float, mean: int, growth: float, window: int) -> float:
    """Return the share's part of the Laplace transform of the delay, cut at the window; growth per us."""
    rate = 1 / mean
    return share * rate / (rate + growth) * float(-np.expm1(-(rate + growth) * window))
