"""Delay models, and what their likelihood asks of a click in one interval of ages.

The models that make the parameters are called "rate" and "shape", or "kernel_0" and so on; the linear predictor of each
is the logit of what it says.  Everything here is in double precision.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from learners.base import Floats, Kinds, Seen

RATE, SHAPE = "rate", "shape"
KERNELS = tuple(f"kernel_{number}" for number in range(8))
Family = Literal["exponential", "weibull", "kernel"]
HEADS = {"exponential": (RATE,), "weibull": (RATE, SHAPE), "kernel": KERNELS}
AGES = (3_600_000_000, 86_400_000_000, 2_592_000_000_000)  # us: an hour, a day, 30 days

_STEEPEST = 2.0  # |u|: Weibull shapes from 0.14 to 7.4
_FULL = 700.0  # a cumulative hazard past which nobody is left, and its exponential is still finite


class Interval(NamedTuple):
    """A delay model over the interval of each example, float64 of shape (n_examples,)."""

    before: Floats  # cumulative hazard A at its start
    after: Floats  # and at its end
    slope_before: Floats  # dA by the linear predictor asked for
    slope_after: Floats


class DelayModel(Protocol):
    """Delays given that a click converts, S(t) = exp(-A(t)), at the ends of intervals of ages."""

    def interval(self, kind: Kinds, seen: Seen, of: str = RATE) -> Interval:
        """Return the model over interval number `kind` of each example, with slopes by the predictor of a head."""

    def converted(self, seen: Seen) -> Floats:
        """Return F at the last age, shape (n_clicks,)."""


@dataclass(frozen=True)
class Delays:
    r"""Delays given that a click converts: S(t) = exp(-A(t)) with A = (\lambda t)^m.

    v = log lambda is the linear predictor of "rate", in units of 1 / sqrt(first age * last age), so that it stays
    small; u = log m that of "shape", or 0 where delays are exponential.

    Parameters
    ----------
    ages : tuple of int
        Ends of the intervals, us, increasing.
    family : {"exponential", "weibull"}
    """

    ages: tuple[int, ...]
    family: Family

    def interval(self, kind: Kinds, seen: Seen, of: str = RATE) -> Interval:
        """Return the model over interval number `kind` of each example, with slopes by the predictor of a head."""
        ends = np.array((0, *self.ages), np.float64)
        before, slope_before = self._at(ends[kind], seen, of)
        after, slope_after = self._at(ends[1:][kind], seen, of)
        return Interval(before, after, slope_before, slope_after)

    def converted(self, seen: Seen) -> Floats:
        """Return F at the last age, shape (n_clicks,)."""
        rate = seen[RATE]
        after, _ = self._at(np.full(len(rate), float(self.ages[-1])), seen, RATE)
        return -np.expm1(-after)

    def _at(self, age: Floats, seen: Seen, of: str) -> tuple[Floats, Floats]:
        unit = np.sqrt(float(self.ages[0]) * float(self.ages[-1]))
        m = np.exp(np.clip(_logit(seen[SHAPE]), -_STEEPEST, _STEEPEST)) if self.family == "weibull" else 1.0
        log_a = m * (_logit(seen[RATE]) + np.log(np.maximum(age, 1.0) / unit))
        a = np.where(age > 0, np.exp(log_a), 0.0)
        return a, a * (m if of == RATE else log_a)


def still_converts(p: Floats, a: Floats) -> Floats:
    """Return P(converts | has not by the age of a cumulative hazard), w = p S / (1 - p F)."""
    left = np.exp(-a)
    weight: Floats = p * left / (1 - p * -np.expm1(-a))
    return weight


def so_far(p: Floats, label: NDArray[np.bool_], over: Interval) -> Floats:
    """Return the gradient of the negative log-likelihood of all that is known of a click at an interval's end.

    That is P(converts in the interval) or P(has not by its end); the gradient is by the linear predictor of the slopes.
    """
    end = still_converts(p, over.after) * over.slope_after
    inside = (over.slope_after - over.slope_before) / np.expm1(np.minimum(over.after - over.before, _FULL))
    return np.where(label, over.slope_before - inside, end)


def within(p: Floats, label: NDArray[np.bool_], over: Interval) -> Floats:
    """Return the gradient of the negative log-likelihood of an interval that was entered unconverted."""
    return so_far(p, label, over) - still_converts(p, over.before) * over.slope_before


def _logit(f: NDArray[np.floating]) -> Floats:
    double = f.astype(np.float64)
    logit: Floats = np.log(double) - np.log1p(-double)
    return logit
