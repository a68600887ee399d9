"""Chapelle's delayed feedback model by expectation and maximization, one example at a time."""

from dataclasses import dataclass

import numpy as np

from learners.base import MAIN, Parts, Seen, Shown
from learners.corrections.delay_curves import RATE, so_far, still_converts
from learners.corrections.telescoped import Telescoped, at_bound, constant


@dataclass(frozen=True)
class SoftConverted(Telescoped):
    r"""The part of the delayed feedback model that says whether a click converts, by incremental EM.

    On the stream of `Revisits` with the same ages a click that has not converted by the age t is a conversion with
    probability w(t) = p S(t) / (1 - p F(t)), as the models say now, and so is learned with that as a soft label:

    .. math:: (a, b) = (1, 0) \text{ if converted}, \quad (w(t),\; 1 - w(t)) \text{ if not yet}

    With w held still the gradient, p - w(t), is that of -log(1 - p F(t)), so EM climbs the same likelihood as
    `Telescoped`, summed over the ages.  No part is negative.  Serves p F(last age).

    References
    ----------
    .. [1] Chapelle, "Modeling delayed feedback in display advertising", KDD 2014.
    .. [2] Neal, Hinton, "A view of the EM algorithm that justifies incremental, sparse, and other variants", 1998.
    """

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (1, 0) for conversions and (w, 1 - w) for the rest."""
        over = self.delays.interval(shown.kind, seen)
        soft = still_converts(seen[MAIN].astype(np.float64), over.after)
        positive = np.where(shown.label, 1.0, soft).astype(np.float32)
        return Parts(positive, np.float32(1) - positive)


@dataclass(frozen=True)
class SoftConvertedDelay(SoftConverted):
    r"""The part of the delayed feedback model that says when a click converts, by incremental EM.

    By the linear predictor, with A the cumulative hazard and A' its slope, t and t' the ends of the interval, the
    gradient is w(t') A'(t') where a click has not converted, and with a conversion

    .. math:: g = A'(t) - \frac{A'(t') - A'(t)}{e^{A(t') - A(t)} - 1}

    given as the constant (a, b) = (-g, g), clipped as in `TelescopedDelay`.

    Parameters
    ----------
    of : {"rate", "shape", "kernel_0", ...}
        Which linear predictor learns by this.
    """

    of: str = RATE

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (-g, g)."""
        over = self.delays.interval(shown.kind, seen, self.of)
        return constant(so_far(seen[MAIN].astype(np.float64), shown.label, over))

    def clipped(self, shown: Shown, parts: Parts) -> int:  # noqa: ARG002  (every gradient has the same bound)
        """Return how many gradients stand at the bound."""
        return at_bound(parts)
