"""A mixture of models that waited differently long: two corrections, of the mixture and of the choice."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats, Floats32, Parts, Seen, Shown

WAITED = "waited_{}"  # what converts inside the k-th window; the longest is the model that is served
SERVED = "served_{}"  # the same model as it was when the click was served
PREFERRED = "preferred_{}"  # how much the k-th is trusted: its odds over the sum of all odds
_HIGHEST = np.float32(1 - 1.2e-7)  # shares may add up to a little more than one


@dataclass(frozen=True)
class FollowProphet:
    """Follow the prophet (FTP): learn at face value, serve a mixture of models of several waiting windows.

    The model that learns by this waits longest, for the whole attribution window, and is the prophet of clicks as old
    as that.

    Parameters
    ----------
    windows : int
        Number of models, this one included.

    References
    ----------
    .. [1] Li et al., "Follow the prophet: accurate online conversion rate prediction in the face of delayed feedback",
       SIGIR 2021.
    """

    windows: int = 2
    needs: ClassVar[tuple[str, ...]] = ()

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The models that wait, and how much each is trusted."""
        shorter = (WAITED.format(k) for k in range(self.windows - 1))
        return (*shorter, MAIN, *(PREFERRED.format(k) for k in range(self.windows)))

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (no plug-in)
        """Return (y, 1 - y)."""
        positive = shown.label.astype(np.float32)
        return Parts(positive, np.float32(1) - positive)

    def serve(self, seen: Seen) -> Floats32:
        """Return the mixture, strictly inside (0, 1)."""
        says = np.stack([seen[name] for name in self.serves_from[: self.windows]])
        mixture: Floats = np.sum(shares(seen, self.windows) * says, axis=0)
        served: Floats32 = np.minimum(mixture.astype(np.float32), _HIGHEST)
        return served


@dataclass(frozen=True)
class Preference:
    r"""Softmax regression of one class: which model was nearest to the prophet when the click was served.

    With c = 1 where that is model k, and the share pi of its odds in the sum of all, cross-entropy's gradient is
    pi - c.  With sigma = odds / (1 + odds), what the learner itself says of the class,

    .. math:: (a, b) = \left(c\, \frac{1 - \pi}{1 - \sigma},\; (1 - c)\, \frac{\pi}{\sigma}\right)

    has that gradient, and no negative part.

    Parameters
    ----------
    model : int
        Which model it is about, k from 0.
    windows : int
        Number of models.

    References
    ----------
    .. [1] Li et al., "Follow the prophet: accurate online conversion rate prediction in the face of delayed feedback",
       SIGIR 2021.
    """

    model: int = 0
    windows: int = 2

    @property
    def needs(self) -> tuple[str, ...]:
        """The prophet, the models as they were when the click was served, and how much each is trusted."""
        names = [name.format(k) for name in (SERVED, PREFERRED) for k in range(self.windows)]
        return (MAIN, *names)

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The model itself."""
        return (PREFERRED.format(self.model),)

    def parts(self, shown: Shown, seen: Seen) -> Parts:  # noqa: ARG002  (the label is in the prophet)
        """Return the parts whose gradient is pi - c."""
        says = np.stack([seen[SERVED.format(k)] for k in range(self.windows)])
        nearest = np.argmin(np.abs(says - seen[MAIN]), axis=0) == self.model
        own = seen[PREFERRED.format(self.model)]
        share = shares(seen, self.windows)[self.model].astype(np.float32)
        one, zero = np.float32(1), np.float32(0)
        return Parts(np.where(nearest, (one - share) / (one - own), zero), np.where(nearest, zero, share / own))

    def serve(self, seen: Seen) -> Floats32:
        """Serve what was learned."""
        return seen[self.serves_from[0]]


def shares(seen: Seen, windows: int) -> Floats:
    """Return how much each model is trusted, shape (windows, n); in double precision, so that equal models stay so."""
    trust = np.stack([seen[PREFERRED.format(k)] for k in range(windows)]).astype(np.float64)
    odds = trust / (1 - trust)
    shares: Floats = odds / odds.sum(axis=0)
    return shares
