"""A shift of the logit for what the stream does to the odds of a conversion."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown
from learners.corrections.auxiliary import LATE


@dataclass(frozen=True)
class PriorCorrection:
    r"""Prior correction: learn the stream's labels through a shifted logit, serve the logit itself.

    On a stream that duplicates late conversions and keeps a share r of the negatives, the odds of a positive are
    p / (r (1 - p F)), with F the share of conversions that come inside the waiting window (0 where nothing waits).  So
    cross-entropy is taken of q, the sigmoid of log f - log r - log(1 - F f), with f that of the logit s:

    .. math:: q = \frac{f}{f + r (1 - F f)}, \quad \frac{dL}{ds} = (q - y) \frac{1 - f}{1 - F f}

    .. math:: (a, b) = \left(\frac{y\, r}{f + r (1 - F f)},\; \frac{(1 - y)(1 - f)}{(1 - F f)(f + r (1 - F f))}\right)

    Converges to p.  What is served is always a probability: with r = 1 and F = 0 this is FNC without its clipping.
    Then it is also FNW with steps 1 / (1 + f)^2 as long.  Near f = 1 and with a small r steps are short.

    Parameters
    ----------
    keep : float
        r, the share of negatives that the stream keeps.
    waits : bool
        Whether F comes from a model called "late", as 1 - S; else it is 0.

    References
    ----------
    .. [1] King, Zeng, "Logistic regression in rare events data", Political Analysis, 2001 (r alone).
    """

    keep: float = 1.0
    waits: bool = False

    serves_from: ClassVar[tuple[str, ...]] = (MAIN,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The model itself, and what it says of late conversions where the stream waits."""
        return (MAIN, LATE) if self.waits else (MAIN,)

    def serve(self, seen: Seen) -> Floats32:
        """Serve what was learned."""
        return seen[MAIN]

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return the parts whose gradient is that of cross-entropy through the shifted logit."""
        f, one, zero, keep = seen[MAIN], np.float32(1), np.float32(0), np.float32(self.keep)
        unseen = one - f * (one - seen[LATE]) if self.waits else np.ones_like(f)  # 1 - F f
        odds = f + keep * unseen
        return Parts(np.where(shown.label, keep / odds, zero), np.where(shown.label, zero, (one - f) / (unseen * odds)))
