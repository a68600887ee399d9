"""The likelihood of what several looks at a click have found."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from learners.base import MAIN, Floats32, Parts, Seen, Shown

RATE = "rate"  # P(converts), of any click
BY = "by_{}"  # F_j = P(converted by the j-th look | converts)
_MOST = 14
_SURE = np.float32(1e-9)  # an entropy below which there is nothing to divide by
_HISTORY = np.array(  # which look an example is, and how many so far found nothing, by its kind
    [(look, nothing) for look in range(_MOST) for nothing in range(look + 2)], np.int8
).T


@dataclass(frozen=True)
class Revealed:
    r"""Generalised delayed feedback modelling (GDFM) with conversions as its only signals.

    On the stream of `Reveals` the j-th look finds a conversion with probability F_j f, and the last one, at the
    attribution window, with f: it finds all that count.  A look that finds one is a positive; one that does not is a
    conversion yet to come with the posterior probability

    .. math:: t_j = \frac{(1 - F_j) f}{1 - F_j f},\qquad
        (a, b) = \sum_j \frac{w_j}{n - j} (t_j,\; 1 - t_j)

    over the looks so far, j from 0 to n - 1; each is told anew at all later ones, n - j times.  The gradient is that of
    the composite likelihood, -w log(F f) or -w log(1 - F f).  Looks that say much of the label, and say it early,
    count most:

    .. math:: w_j \propto e^{-\alpha H_j / \max H}\, e^{-\beta \delta_j / \max \delta}

    with mean 1, H_j the entropy of the label given what the j-th look finds, delta_j its time.  Converges to p, since
    every look's term does.  Where F_j is too small by a factor, what the j-th look teaches is too large by it.

    Parameters
    ----------
    reveals : tuple of int
        delta_j, us after the click, increasing; at most 14.
    alpha, beta : float
        How much a look's uncertainty and age count against it; 0 and 0 weigh all looks alike.

    References
    ----------
    .. [1] Yang, Zhan, "Generalized delayed feedback model with post-click information in recommender systems",
       NeurIPS 2022.
    """

    reveals: tuple[int, ...] = (0, 1_000)
    alpha: float = 2.0
    beta: float = 1.0
    serves_from: ClassVar[tuple[str, ...]] = (MAIN,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The model itself, and constants: the rate of conversions and the share of each look but the last."""
        return (MAIN, RATE, *(BY.format(look) for look in range(len(self.reveals) - 1)))

    def parts(self, shown: Shown, seen: Seen) -> Parts:
        """Return the sum of (t, 1 - t) over the looks so far, weighed."""
        f, one, zero = seen[MAIN], np.float32(1), np.float32(0)
        by = np.stack([*(seen[name] for name in self.needs[2:]), np.ones_like(f)])
        look, nothing = _HISTORY[:, shown.kind]
        j = np.arange(len(by), dtype=np.int8)[:, None]
        told = np.where(j <= look, self._weights(seen[RATE], by), zero)
        later = (one - by) * f / (one - by * f)
        positive = (told * np.where(j >= nothing, one, later)).sum(axis=0)
        return Parts(positive, np.maximum(told.sum(axis=0) - positive, zero))

    def serve(self, seen: Seen) -> Floats32:
        """Serve what was learned."""
        return seen[MAIN]

    def _weights(self, rate: Floats32, by: Floats32) -> Floats32:
        """Return w_j / (n - j), shape (n_looks, n_examples)."""
        n = len(by)
        entropy = np.concatenate([_entropy(rate, by[:-1]), np.zeros_like(by[-1:])])  # the last look is sure
        most = np.maximum(entropy.max(axis=0), _SURE)
        age = np.array(self.reveals, np.float32)[:, None] / np.float32(max(self.reveals[-1], 1))
        weight = np.exp(-np.float32(self.alpha) * entropy / most - np.float32(self.beta) * age)
        times_told = np.arange(n, 0, -1, dtype=np.float32)[:, None]
        weights: Floats32 = weight / (weight.mean(axis=0) * times_told)
        return weights


def _entropy(rate: Floats32, by: Floats32) -> Floats32:
    """Return the entropy of the label given a look: nothing is unsure where it finds a conversion."""
    one = np.float32(1)
    without = one - rate * by
    converts, never = rate * (one - by) / without, (one - rate) / without
    entropy: Floats32 = -without * (converts * np.log(converts) + never * np.log(never))
    return entropy
