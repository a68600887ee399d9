"""Money that has come by some age, over the share of it that comes so early."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown
from learners.corrections.plain import Plain
from learners.corrections.value import Value, money

EARLY = "early"  # the model of the share that comes early

_EARLY = 0  # the kind of an early amount, see `ValueAges`


@dataclass(frozen=True)
class ScaledValue(Value):
    r"""Learn the money that comes inside a waiting window, serve that over the share that the window holds.

    :math:`E[Y(w)] = G(w) E[Y]` with G the share of the *money* that comes so early.  The share of *gifts* that come so
    early, F, is another number wherever later gifts are larger or smaller than the first: with it what is served is off
    by G / F.
    """

    serves_from: ClassVar[tuple[str, ...]] = (MAIN, EARLY)

    def serve(self, seen: Seen) -> Floats32:
        """Return v / G."""
        return seen[MAIN] / seen[EARLY]


@dataclass(frozen=True)
class ValueShare(Plain):
    """The share of money that comes early: amounts, refunds as what they take back."""

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (no plug-in)
        """Return (A, 0) for early amounts, (0, A) for late ones."""
        amount = money(shown)
        early = shown.kind == _EARLY
        return Parts(np.where(early, amount, np.float32(0)), np.where(early, np.float32(0), amount))


@dataclass(frozen=True)
class CountShare(Plain):
    """The share of gifts that come early, whatever they are worth; refunds are none."""

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (no plug-in)
        """Return (1, 0) for early gifts, (0, 1) for late ones."""
        gift, early = money(shown) > 0, shown.kind == _EARLY
        return Parts((gift & early).astype(np.float32), (gift & ~early).astype(np.float32))
