"""Chapelle's delayed feedback model as a stream: the likelihood of each interval of ages, when it is over."""

from dataclasses import dataclass

import numpy as np

from learners.base import MAIN, Floats, Floats32, Parts, Seen, Shown
from learners.corrections.delay_curves import AGES, HEADS, RATE, DelayModel, Family, within
from learners.corrections.kernel_delays import delay_model

_HIGHEST = np.float32(1 - 1.2e-7)
_LOWEST = np.float32(1e-7)
_LONGEST = 10.0  # of a delay model's step: a conversion ten times as late as it thought moves it no further


@dataclass(frozen=True)
class Telescoped:
    r"""The part of the delayed feedback model (DFM) that says whether a click converts.

    On the stream of `Checks` with the same ages: F is the cdf of the delay model, w(t) = p S(t) / (1 - p F(t)) what is
    left of p after waiting t in vain.  An interval (t, t'] entered unconverted has the likelihood
    (1 - p F(t')) / (1 - p F(t)) if it ends so, p (F(t') - F(t)) / (1 - p F(t)) if not; over the intervals of a click
    these multiply to the likelihood of all that is known of it, with conversions known to the interval.  The gradients
    by the logit are w(t) - w(t') and w(t) - 1, that is with p = f

    .. math:: (a, b) = \left(0,\; \frac{w(t) - w(t')}{p}\right), \quad \left(1,\; \frac{w(t)}{p} - 1\right)

    It is cross-entropy to the soft label w(t), the step of the interval before being taken back each time.  Where
    delays are of the family, converges to p, in growing traffic too; else to whatever p fits the ages checked best.
    Serves p F(last age), the probability of a conversion by then; in steady traffic a wrong family does not harm that.

    Parameters
    ----------
    ages : tuple of int
        Of the policy, us.
    family : {"exponential", "weibull", "kernel"}
        Of the delays.

    References
    ----------
    .. [1] Chapelle, "Modeling delayed feedback in display advertising", KDD 2014.
    """

    ages: tuple[int, ...] = AGES
    family: Family = "exponential"

    @property
    def needs(self) -> tuple[str, ...]:
        """The model itself and those of the delay."""
        return (MAIN, *HEADS[self.family])

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The model itself and those of the delay."""
        return self.needs

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (0, (w - w') / p) for intervals survived and (1, w / p - 1) for those with a conversion."""
        p = seen[MAIN].astype(np.float64)
        over = self.delays.interval(shown.kind, seen)
        unconverted, later = (1 - p * -np.expm1(-a) for a in (over.before, over.after))
        inside = np.exp(-over.before) * -np.expm1(over.before - over.after)  # F(t') - F(t)
        survived = (1 - p) * inside / (unconverted * later)
        undone = np.expm1(-over.before) * (1 - p) / unconverted
        negative = np.where(shown.label, undone, survived).astype(np.float32)
        return Parts(shown.label.astype(np.float32), negative)

    def serve(self, seen: Seen) -> Floats32:
        """Return p F(last age), strictly inside (0, 1)."""
        by_then = seen[MAIN] * self.delays.converted(seen)
        return np.clip(by_then.astype(np.float32), _LOWEST, _HIGHEST)

    @property
    def delays(self) -> DelayModel:
        """The delay model."""
        return delay_model(self.ages, self.family)


def constant(gradient: Floats) -> Parts:
    """Return the parts of a gradient that does not depend on the prediction, clipped to [-10, 10]."""
    bounded = np.clip(gradient, -_LONGEST, _LONGEST).astype(np.float32)
    return Parts(-bounded, bounded)


def at_bound(parts: Parts) -> int:
    """Return how many of such gradients were clipped."""
    return int(np.count_nonzero(np.abs(parts.negative) >= _LONGEST))


@dataclass(frozen=True)
class TelescopedDelay(Telescoped):
    r"""The part of the delayed feedback model (DFM) that says when a click converts: "rate", "shape" or a kernel.

    By the linear predictor, with A the cumulative hazard of the delay, A' its slope and the likelihood of `Telescoped`,
    the gradient of an interval is w(t') A'(t') - w(t) A'(t) if survived, and with a conversion

    .. math:: g = A'(t) - \frac{A'(t') - A'(t)}{e^{A(t') - A(t)} - 1} - w(t) A'(t)

    given as the constant (a, b) = (-g, g).  Clipped to [-10, 10]: in the first days the model knows fast conversions
    only, and the first slow one would throw it far off.

    Parameters
    ----------
    of : {"rate", "shape", "kernel_0", ...}
        Which linear predictor learns by this: that of the logarithm of the rate, of Weibull's shape, of a kernel.
    """

    of: str = RATE

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (-g, g)."""
        over = self.delays.interval(shown.kind, seen, self.of)
        return constant(within(seen[MAIN].astype(np.float64), shown.label, over))

    def clipped(self, shown: Shown, parts: Parts) -> int:  # noqa: ARG002  (every gradient has the same bound)
        """Return how many gradients stand at the bound."""
        return at_bound(parts)
