"""What becomes of conversions in a toy world with refunds: how many are taken back, and when that is known."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from replay.log import Floats
from scenarios.durations import DAY
from simulator.toy import Toy

_NODES = 60  # of a rule of Gauss and Legendre for half of an interval
_POWER = 4  # of the substitution that makes it dense at the interval's ends


class TakenBack(NamedTuple):
    """Expected refunds for every click that ever converts."""

    within: float  # converts and is refunded, both inside the attribution window
    arriving: float  # those, in traffic that grows: for every click shown when the refund comes


def taken_back(toy: Toy) -> TakenBack:
    """Return how much of a toy world's conversions is taken back."""
    if not toy.refunded:
        return TakenBack(0.0, 0.0)
    window, growth = toy.attribution_window, toy.growth / DAY
    return TakenBack(
        _over_delays(toy, 0, window, lambda d: _refunded(toy, window - d, 0.0)),
        _over_delays(toy, 0, window, lambda d: np.exp(-growth * d) * _refunded(toy, window - d, growth)),
    )


def net_by(toy: Toy, window: int) -> float:
    """Return P(converts and is not refunded, both by the waiting window); p F(window) without refunds."""
    taken = taken_back(replace(toy, attribution_window=window)).within
    return toy.rate * (toy.converted_by(window) - taken)


def refund_rate(toy: Toy, window: int) -> float:
    """Return the limit of the second stage of `tesla`: P(refunded in time | converts in time) in steady traffic.

    As for the first stage it is k / (1 + F k), with k the odds of a positive in a stream that waits `window` after the
    conversion, and F the share of refunds that are early enough.
    """
    if not toy.refunded:
        return 0.0
    early, late, _ = _masses(toy, window, 0.0)
    positive_early, positive_late, looks = _masses(toy, window, toy.growth / DAY)
    odds = (positive_early + positive_late) / (looks - positive_early)
    return odds / (1 + early / (early + late) * odds)


def _masses(toy: Toy, window: int, growth: float) -> tuple[float, float, float]:
    """Return looks that are refunded by then, late refunds, and all looks, each weighed by its age."""
    end = toy.attribution_window
    edge = max(end - window, 0)  # conversions after it have less than the waiting window to be refunded in

    def early(d: Floats) -> Floats:
        return np.exp(-growth * (d + window)) * _refunded(toy, np.minimum(window, end - d), 0.0)

    def late(d: Floats) -> Floats:
        return np.exp(-growth * d) * (_refunded(toy, end - d, growth) - _refunded(toy, np.full_like(d, window), growth))

    return (
        _over_delays(toy, 0, edge, early) + _over_delays(toy, edge, end, early),
        _over_delays(toy, 0, edge, late),
        _over_delays(toy, 0, end, lambda d: np.exp(-growth * (d + window))),
    )


def _refunded(toy: Toy, time: Floats, growth: float) -> Floats:
    """Return E[e^(-growth r); r <= time] over the time r to a refund, times the share that is ever refunded."""
    rate = 1 / toy.refund_mean
    found: Floats = toy.refunded * rate / (rate + growth) * -np.expm1(-(rate + growth) * time)
    return found


def _over_delays(toy: Toy, start: float, end: float, inner: Callable[[Floats], Floats]) -> float:
    """Return E[inner(delay); start < delay <= end | converts]."""
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    node, weight = (node + 1) / 2, weight / 2
    half = (end - start) / 2
    near, step = half * node**_POWER, half * _POWER * node ** (_POWER - 1) * weight
    delay, step = np.concatenate((start + near, end - near)), np.tile(step, 2)
    density = sum(share / mean * np.exp(-delay / mean) for share, mean in toy.delays)
    return float(np.sum(step * density * inner(delay)))
