"""The logarithm of money, and the ways back."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown
from learners.corrections.plain import Plain
from learners.corrections.value import money

SPREAD = "spread"  # the model of what the logarithm leaves: its squared residuals, or their mean exponential
_WIDEST = np.float32(14)  # of a logarithm, as in `learners.losses`


@dataclass(frozen=True)
class LogValue(Plain):
    r"""Least squares of log(1 + Y), served as exp(s) - 1: the common practice, and not an expected value.

    s converges to E[log(1 + Y)], and exp(E[log(1 + Y)]) - 1 is a kind of median: below E[Y] for every click, by
    Jensen's inequality, and far below where amounts have heavy tails or most clicks bring nothing.
    """

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (no plug-in)
        """Return (log(1 + Y), 1)."""
        return Parts(_logarithm(shown), np.ones(len(shown.label), np.float32))

    def serve(self, seen: Seen) -> Floats32:
        """Return exp(s) - 1, of s up to 14."""
        return np.expm1(np.minimum(seen[MAIN], _WIDEST))


@dataclass(frozen=True)
class LogNormalValue(LogValue):
    """Least squares of log(1 + Y), served as exp(s + v / 2) - 1 with v the variance of what it leaves.

    Right where 1 + Y is log-normal with one variance for all clicks; where most clicks bring nothing it is not.
    """

    serves_from: ClassVar[tuple[str, ...]] = (MAIN, SPREAD)

    def serve(self, seen: Seen) -> Floats32:
        """Return exp(s + v / 2) - 1, of an exponent up to 14."""
        return np.expm1(np.minimum(seen[MAIN] + seen[SPREAD] / np.float32(2), _WIDEST))


@dataclass(frozen=True)
class SmearedValue(LogValue):
    """Least squares of log(1 + Y), served as exp(s) E[exp(r)] - 1 with r the residuals: Duan's smearing.

    Right where residuals are spread alike for all clicks, whatever their distribution.  Where that depends on the
    click, as if many bring nothing, it is too high for some and too low for others, and not right on average either.

    References
    ----------
    .. [1] Duan, "Smearing estimate: a nonparametric retransformation method", JASA 1983.
    """

    serves_from: ClassVar[tuple[str, ...]] = (MAIN, SPREAD)

    def serve(self, seen: Seen) -> Floats32:
        """Return exp(s) E[exp(r)] - 1, of s up to 14."""
        return np.exp(np.minimum(seen[MAIN], _WIDEST)) * seen[SPREAD] - np.float32(1)


@dataclass(frozen=True)
class SquaredResidual(Plain):
    """What `LogNormalValue` needs: the mean of (log(1 + Y) - s)^2, by any loss of value."""

    needs: ClassVar[tuple[str, ...]] = (MAIN,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (r^2, 1)."""
        return Parts(np.square(_logarithm(shown) - seen[MAIN]), np.ones(len(shown.label), np.float32))


@dataclass(frozen=True)
class Smearing(Plain):
    """What `SmearedValue` needs: the mean of exp(log(1 + Y) - s), by any loss of value."""

    needs: ClassVar[tuple[str, ...]] = (MAIN,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (exp(r), 1), of r up to 14."""
        residual = np.minimum(_logarithm(shown) - seen[MAIN], _WIDEST)
        return Parts(np.exp(residual), np.ones(len(shown.label), np.float32))


def _logarithm(shown: Shown) -> Floats32:
    """Return log(1 + Y), with Y no less than 0: what refunds may leave below has no logarithm."""
    return np.log1p(np.maximum(money(shown), np.float32(0)))
