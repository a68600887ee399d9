"""Net conversions in two stages: the chance of a conversion, and the chance that it is refunded."""

from dataclasses import dataclass

import numpy as np

from learners.base import MAIN, Correction, Floats32, Parts, Seen, Shown
from learners.corrections.auxiliary import LATE, LATE_REFUND

REFUND = "refund"  # P(refunded | converts): the model of the second stage


@dataclass(frozen=True)
class Cascade:
    r"""Importance weights of one stage of TESLA, with the current prediction as the plug-in, as published.

    On a stream that waits and duplicates what comes late, with f what the stage's own model says and S the share of its
    positives that come late:

    .. math:: (a, b) = \left(y (1 + f S),\; (1 - y) \frac{(1 - f)(1 + f S)}{1 - f + f S}\right)

    Converges to the stage's probability.  As in `ElapsedTime` the factor 1 + f S is not needed, and counts clicks with
    late positives for more than others in a model that shares weights; without it this is `WaitingNegativeWeight`.

    Parameters
    ----------
    model, late : str
        Names of the stage's model and of the model of S.
    factor : bool
        Whether to keep the factor 1 + f S.

    References
    ----------
    .. [1] Luo et al., WWW 2026 (TESLA).
    """

    model: str = MAIN
    late: str = LATE
    factor: bool = True

    @property
    def needs(self) -> tuple[str, ...]:
        """The stage's own model, and that of its late share."""
        return self.model, self.late

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The stage's own model."""
        return (self.model,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y (1 + f S), (1 - y)(1 - f)(1 + f S) / (1 - f + f S)), or the same without 1 + f S."""
        f, one, zero = seen[self.model], np.float32(1), np.float32(0)
        missing = f * seen[self.late]
        weight = one + missing if self.factor else np.ones_like(missing)
        real = (one - f) / (one - f + missing)
        return Parts(np.where(shown.label, weight, zero), np.where(shown.label, zero, weight * real))

    def serve(self, seen: Seen) -> Floats32:
        """Serve what the stage's model learned."""
        return seen[self.model]


@dataclass(frozen=True)
class NotRefunded:
    """Serve p (1 - r): the chance of a conversion, and that it is not refunded.

    Examples are weighed as the first stage says; the second is a head.
    """

    conversion: Correction
    refund: Correction

    @property
    def needs(self) -> tuple[str, ...]:
        """As the conversion's."""
        return self.conversion.needs

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The models of both."""
        return (*self.conversion.serves_from, *self.refund.serves_from)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """As the conversion's."""
        return self.conversion.parts(shown, seen)

    def serve(self, seen: Seen) -> Floats32:
        """Return p (1 - r)."""
        kept: Floats32 = np.float32(1) - self.refund.serve(seen)
        return self.conversion.serve(seen) * kept


def refunds(*, factor: bool) -> Cascade:
    """Return the weights of the second stage."""
    return Cascade(REFUND, LATE_REFUND, factor)
