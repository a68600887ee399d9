"""Closed-form limits, in the toy world, of methods that wait a window and learn of late conversions.

All allow for traffic that grows as e^(gamma t): what is shown at age a then weighs e^(-gamma a) of what is shown at
the click.  Auxiliary models learn from mature clicks, all of one age, and so are true.
"""

from dataclasses import dataclass, replace

import numpy as np

from scenarios.durations import DAY
from simulator.limits_net import net_by
from simulator.toy import Toy


@dataclass(frozen=True)
class Masses:
    """Expected examples per click, as a stream with a waiting window shows them."""

    p: float  # converts inside the attribution window
    delayed: float  # D: converts after the waiting window
    early: float  # immediate positives, weighed by their age
    late: float  # late conversions, weighed by theirs
    observed: float  # observed negatives, weighed by theirs
    confirmed: float  # negatives confirmed at the age `confirm`, weighed by it
    discount: float  # of the waiting window

    @classmethod
    def of(cls, toy: Toy, window: int, confirm: int | None = None) -> "Masses":
        """Return the masses of a toy world; nothing is confirmed before the attribution window unless `confirm`."""
        confirm = toy.attribution_window if confirm is None else confirm
        p = toy.rate * toy.converted_by(toy.attribution_window)
        delayed = p - toy.rate * toy.converted_by(window)
        after_confirm = p - toy.rate * toy.converted_by(confirm)
        discount, discount_confirm = (float(np.exp(-toy.growth * age / DAY)) for age in (window, confirm))
        return cls(
            p=p,
            delayed=delayed,
            early=(p - delayed) * discount,
            late=toy.rate * (toy.discounted() - replace(toy, attribution_window=window).discounted()),
            observed=(1 - p + delayed) * discount,
            confirmed=(1 - p + after_confirm) * discount_confirm,
            discount=discount,
        )


def elapsed_time(toy: Toy, window: int, real_negative: float | None = None) -> float:
    """Return the limit of `es_dfm` and `es_dfm_exact`; p in steady traffic, p / (p + r (1 - p + D)) with a wrong r."""
    of = Masses.of(toy, window)
    real = (1 - of.p) / (1 - of.p + of.delayed) if real_negative is None else real_negative
    positive = of.early + of.late
    return positive / (positive + real * of.observed)


def defer(toy: Toy, window: int, confirm: int | None = None) -> float:
    """Return the limit of `defer`: f = a / (a + b) + D / 2 from positive and negative examples a and b.

    Where that is below D, the first weight stands at its bound of 2.
    """
    of = Masses.of(toy, window, confirm)
    positive, negative, half = 2 * of.early + of.late, of.observed + of.confirmed, of.delayed / 2
    limit = positive / (positive + negative) + half
    if limit >= of.delayed:
        return limit
    return 2 * positive * (1 + half) / (2 * positive + negative)


def defer_exact(toy: Toy, window: int, confirm: int | None = None) -> float:
    """Return the limit of `defer_exact`; 2 p / (2 + D3 (1 - p) / (1 - p + D / 2)) in steady traffic.

    D3 is the share of clicks that converts after `confirm`.
    """
    of = Masses.of(toy, window, confirm)
    positive = (2 * of.early + of.late) * of.p / (of.p - of.delayed / 2)
    negative = (of.observed + of.confirmed) * (1 - of.p) / (1 - of.p + of.delayed / 2)
    return positive / (positive + negative)


def defuse(toy: Toy, window: int) -> float:
    """Return the limit of `defuse`; p in steady traffic."""
    of = Masses.of(toy, window)
    fake = of.delayed * of.discount
    positive = of.early * (1 + of.delayed) + of.late + fake * of.delayed
    return positive / (positive + (of.observed - fake) * (1 + of.delayed))


def bi_defuse(toy: Toy, window: int) -> float:
    """Return the limit of `bi_defuse`: p F(window), whatever the traffic, plus the late conversions per click.

    The first is net of what was refunded by the window, where labels know refunds; the second is not.
    """
    return net_by(toy, window) + Masses.of(toy, window).late


def ddfm(toy: Toy, window: int, confirm: int | None = None) -> float:
    """Return the limit of `ddfm`; (p + D (p - D3)) / (1 + D) in steady traffic.

    D3 is the share of clicks that converts after `confirm`.  Where the limit is below D, confirmed negatives are whole.
    """
    of = Masses.of(toy, window, confirm)
    positive, looks = of.p * of.discount + of.late, of.discount + of.late
    limit = (positive - of.confirmed * of.delayed) / looks
    return limit if limit >= of.delayed else positive / (looks + of.confirmed)
