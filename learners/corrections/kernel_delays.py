"""Delays of any shape, as a hazard that is a sum of kernels."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from learners.base import Floats, Kinds, Seen
from learners.corrections.delay_curves import KERNELS, DelayModel, Delays, Family, Interval

_TALLEST = 4.0  # what a kernel adds at most to the hazard by logarithmic age
_WIDTH = 0.7  # of a kernel, in steps from centre to centre: narrow enough to draw two clusters of delays


def delay_model(ages: tuple[int, ...], family: Family) -> DelayModel:
    """Return the model of delays of a family, with intervals that end at some ages, us."""
    return KernelDelays(ages) if family == "kernel" else Delays(ages, family)


@dataclass(frozen=True)
class KernelDelays:
    r"""Delays of any shape: S(t) = exp(-A(t)), the hazard a sum of kernels along logarithmic age.

    With u = log(1 + t / first age), centres u_l evenly from 0 to the last age's, and b 0.7 of the step between them,

    .. math:: A(t) = 4 \sum_l \alpha_l \int_0^u e^{-(v - u_l)^2 / 2 b^2} dv

    and alpha_l in (0, 1) is what the model "kernel_l" says.  The paper has its kernels along the age itself, with a
    hazard of at most one each per unit of time; heavy tails need far fewer of them along its logarithm.

    Parameters
    ----------
    ages : tuple of int
        Ends of the intervals, us, increasing.

    References
    ----------
    .. [1] Yoshikawa, Imai, "A nonparametric delayed feedback model for conversion rate prediction", 2018.
    """

    ages: tuple[int, ...]

    def interval(self, kind: Kinds, seen: Seen, of: str = KERNELS[0]) -> Interval:
        """Return the model over interval number `kind` of each example, with slopes by the predictor of a head."""
        number = KERNELS.index(of)
        alpha = self._alpha(seen)
        integrals = _integrals(self.ages)
        before, after = integrals[kind], integrals[kind + 1]
        steepness = alpha[number] * (1 - alpha[number])
        slopes = before[:, number] * steepness, after[:, number] * steepness
        return Interval(np.einsum("nl,ln->n", before, alpha), np.einsum("nl,ln->n", after, alpha), *slopes)

    def converted(self, seen: Seen) -> Floats:
        """Return F at the last age, shape (n_clicks,)."""
        by_then: Floats = -np.expm1(-(_integrals(self.ages)[-1] @ self._alpha(seen)))
        return by_then

    @staticmethod
    def _alpha(seen: Seen) -> Floats:
        return np.stack([seen[name] for name in KERNELS]).astype(np.float64)


@lru_cache(maxsize=64)
def _integrals(ages: tuple[int, ...]) -> Floats:
    """Return every kernel's share of A, at age 0 and at each age, shape (1 + n_ages, n_kernels)."""
    reached = np.array([math.log1p(age / ages[0]) for age in (0, *ages)])
    step = reached[-1] / (len(KERNELS) - 1)
    return np.array([[_integral(u, number * step, _WIDTH * step) for number in range(len(KERNELS))] for u in reached])


def _integral(u: float, centre: float, width: float) -> float:
    scale = math.sqrt(2) * width
    return _TALLEST * width * math.sqrt(math.pi / 2) * (math.erf((u - centre) / scale) + math.erf(centre / scale))
