"""A stream in which every positive was a negative first: each first look is split into fake and real."""

from dataclasses import dataclass

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown


@dataclass(frozen=True)
class FakeNegativeSplit:
    r"""The loss of DEFUSE's out-window model, from the model's own prediction f.

    A first look is a fake negative with probability f, and then counts f as a positive; else 1 + f as a negative.
    Duplicate positives count 1:

    .. math:: (a, b) = (y + (1 - y) f^2,\; (1 - y)(1 - f^2))

    Converges to the share of first looks that are followed by a positive: p on the stream of `NegativeFirst`, D on
    that of `NegativeThenLate`.  f = 1 is a false root.

    Parameters
    ----------
    model : str
        Name of the model that learns by it, so that it sees its own prediction.

    References
    ----------
    .. [1] Chen et al., "Asymptotically unbiased estimation for delayed feedback modeling via label correction",
       WWW 2022.
    """

    model: str = MAIN

    @property
    def needs(self) -> tuple[str, ...]:
        """The model itself."""
        return (self.model,)

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The model itself."""
        return (self.model,)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (y + (1 - y) f^2, (1 - y)(1 - f^2))."""
        f, one, zero = seen[self.model], np.float32(1), np.float32(0)
        return Parts(np.where(shown.label, one, f * f), np.where(shown.label, zero, one - f * f))

    def serve(self, seen: Seen) -> Floats32:
        """Serve what was learned."""
        return seen[self.model]
