"""How much examples counted: what uneven weights cost, and how many were cut off at a bound."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from learners.base import MAIN, Correction, Floats32, Parts, Seen, Shown
from learners.errors import LearnerError


class NotFiniteError(ValueError):
    """A weight is not finite; its argument is the example's place."""


class WeightError(LearnerError):
    """A correction gave an example a weight that is no finite number."""


@contextmanager
def blamed(label: str) -> Iterator[None]:
    """Name the method whose weights are not finite."""
    try:
        yield
    except WeightError as error:
        raise WeightError(f"{label}: {error}") from error


@dataclass
class Weights:
    """Weights |a| + |b| that one model was shown, added up one by one, so that cuts change no bit."""

    examples: int = 0
    total: float = 0.0
    squared: float = 0.0
    clipped: int = 0

    def add(self, parts: Parts, clipped: int = 0) -> None:
        """Enter some examples, of which some were clipped.

        Raises
        ------
        NotFiniteError
            If a weight is not finite; nothing is entered then.
        """
        total, squared, wrong = _added(self.total, self.squared, parts.positive, parts.negative)
        if wrong >= 0:
            raise NotFiniteError(wrong)
        self.total, self.squared = total, squared
        self.examples += len(parts.positive)
        self.clipped += clipped

    def add_ones(self, n: int) -> None:
        """Enter some examples that weigh 1; the sums are those of adding them one by one, to the last bit."""
        self.examples, self.total, self.squared = self.examples + n, self.total + n, self.squared + n

    @property
    def effective_share(self) -> float:
        """Effective sample size over examples, (sum w)^2 / (n sum w^2); 1 where all weigh the same (Kish 1965)."""
        return min(self.total**2 / (self.examples * self.squared), 1.0) if self.squared else 1.0

    @property
    def clipped_share(self) -> float:
        """Share of the examples whose weight was cut off at its bound."""
        return self.clipped / self.examples if self.examples else 0.0


def weighed(by_model: Mapping[str, Weights]) -> dict[str, Any] | None:
    """Return what uneven weights cost and how many were cut off, as a run's record has it; None where none were shown.

    That of the served model, and of the heads whose weights were not all alike by name.
    """
    shares = {
        name: {"effective_share": one.effective_share, "clipped_share": one.clipped_share}
        for name, one in by_model.items()
        if one.examples
    }
    if not shares:
        return None
    even = {"effective_share": 1.0, "clipped_share": 0.0}
    heads = {name: one for name, one in shares.items() if name != MAIN and one != even}
    return {**shares.get(MAIN, even), **({"heads": heads} if heads else {})}


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _added(total: float, squared: float, positive: Floats32, negative: Floats32) -> tuple[float, float, int]:
    """Return two sums with weights and their squares added, and the first weight that is not finite, or -1."""
    for i in range(len(positive)):
        weight = abs(np.float64(positive[i])) + abs(np.float64(negative[i]))
        total += weight
        squared += weight * weight
    if not total < np.inf:  # nan is not, either
        for i in range(len(positive)):
            if not abs(np.float64(positive[i])) + abs(np.float64(negative[i])) < np.inf:
                return total, squared, i
    return total, squared, -1


def blame(correction: Correction, shown: Shown, parts: Parts, seen: Seen, at: int) -> str:
    """Return what is wrong with the weight of an example, and what its correction had seen."""
    label = "a conversion" if shown.label[at] else "no conversion"
    said = ", ".join(f"{name} said {_figure(told, at)}" for name, told in seen.items())
    given = f"the parts {parts.positive[at]} and {parts.negative[at]}{f' where {said}' if said else ''}"
    what = f"{type(correction).__name__} gives an example ({label}, kind {shown.kind[at]}) {given}"
    return f"expected finite weights, and {what}; mend that correction, or bound its weights"


def _figure(told: NDArray[np.float32], at: int) -> str:
    return " and ".join(f"{value:.6g}" for value in np.atleast_1d(told[at]))
