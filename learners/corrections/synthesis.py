"""How a mixture of models of several windows is learned from its own likelihood."""

from dataclasses import dataclass

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown
from learners.corrections.follow_prophet import PREFERRED, WAITED, shares
from learners.corrections.telescoped import at_bound, constant


@dataclass(frozen=True)
class Synthesis:
    r"""Cross-entropy of a mixture, by the softmax's linear predictor of one of its models.

    With f_k what the models say, pi_k how much each is trusted and :math:`f = \sum_k \pi_k f_k`, the gradient of the
    mixture's cross-entropy is

    .. math:: g_k = \pi_k (f_k - f) \frac{f - y}{f (1 - f)}

    given as the constant (a, b) = (-g, g), clipped to [-10, 10].

    Parameters
    ----------
    model : int
        Which model it is about, k from 0.
    windows : int
        Number of models; the last is the one that is served by the name "main".
    """

    model: int = 0
    windows: int = 2

    @property
    def needs(self) -> tuple[str, ...]:
        """The models, and how much each is trusted."""
        return (*self._models, *(PREFERRED.format(k) for k in range(self.windows)))

    @property
    def serves_from(self) -> tuple[str, ...]:
        """The model itself."""
        return (PREFERRED.format(self.model),)

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return (-g, g)."""
        says = np.stack([seen[name] for name in self._models]).astype(np.float64)
        share = shares(seen, self.windows)
        mixture = np.clip(np.sum(share * says, axis=0), 1e-7, 1 - 1e-7)
        residual = (mixture - shown.label) / (mixture * (1 - mixture))
        return constant(share[self.model] * (says[self.model] - mixture) * residual)

    def clipped(self, shown: Shown, parts: Parts) -> int:  # noqa: ARG002  (every gradient has the same bound)
        """Return how many gradients stand at the bound."""
        return at_bound(parts)

    def serve(self, seen: Seen) -> Floats32:
        """Serve what was learned."""
        return seen[self.serves_from[0]]

    @property
    def _models(self) -> tuple[str, ...]:
        return (*(WAITED.format(k) for k in range(self.windows - 1)), MAIN)
