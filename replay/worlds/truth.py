"""What decides whether and when a click of the synthetic world converts; drawn once from the seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.log import Floats
from replay.worlds.levels import Levels, Zipf
from replay.worlds.streams import BASE, DELAYS, EFFECTS, stream

_SAMPLE = 1 << 17  # clicks that set the base rate: its standard error is then well under 1 %
_BISECTIONS = 50  # of an interval 200 wide: down to rounding


@dataclass(frozen=True)
class Category:
    """A feature of named levels.

    Parameters
    ----------
    name : str
        Of the column; its levels are called name_1, name_2 and so on, from common to rare.
    values : int
        Number of levels.
    zipf : float
        Level k is drawn in proportion to k^-zipf.
    effect : float
        Standard deviation over the levels of the shift of the conversion's log-odds.
    """

    name: str
    values: int
    zipf: float = 1.1
    effect: float = 0.5


@dataclass(frozen=True)
class Numeric:
    """A standard normal feature.

    Parameters
    ----------
    name : str
        Of the column.
    effect : float
        Shift of the conversion's log-odds per standard deviation of the feature.
    """

    name: str
    effect: float = 0.3


class Drawn(NamedTuple):
    """The features of some clicks."""

    levels: Sequence[Levels]  # one array of shape (n_clicks,) per category
    numbers: Sequence[Floats]  # likewise per numeric feature


class Truth:
    """The levels' frequencies and effects, and the base log-odds that give the wanted conversion rate.

    The base is found by bisection on a sample of 131,072 clicks of its own, so it depends on nothing but the seed
    and the features.

    Parameters
    ----------
    seed : int
    categorical, numeric : sequences of Category and Numeric
    conversion_rate : float
        Mean probability of a conversion, however late.
    delay_by : str, optional
        The category whose levels shift the delay.
    delay_strength : float
        Standard deviation of that shift over the levels.
    """

    def __init__(
        self,
        seed: int,
        categorical: Sequence[Category],
        numeric: Sequence[Numeric],
        conversion_rate: float,
        delay_by: str | None,
        delay_strength: float,
    ) -> None:
        self._frequency = [Zipf(field.values, field.zipf) for field in categorical]
        self._effect = [
            normals(seed, (EFFECTS, number), field.values, field.effect) for number, field in enumerate(categorical)
        ]
        self._slope = [field.effect for field in numeric]
        names = [field.name for field in categorical]
        self._delay_field = None if delay_by is None else names.index(delay_by)
        if self._delay_field is not None:
            n_levels = categorical[self._delay_field].values
            self._delay_shift = normals(seed, (DELAYS, self._delay_field), n_levels, delay_strength)
        self._base = 0.0
        self._base = _base(self.log_odds(self.draw(stream(seed, BASE), _SAMPLE)), conversion_rate)

    def add_levels(self, field: int, effect: NDArray[np.float32], delay_shift: NDArray[np.float32]) -> None:
        """Let a category have further levels, with their effects and, if its levels shift the delay, their shifts."""
        self._effect[field] = np.concatenate([self._effect[field], effect])
        if field == self._delay_field:
            self._delay_shift = np.concatenate([self._delay_shift, delay_shift])

    def effects(self, field: int) -> NDArray[np.float32]:
        """Return the shifts of the log-odds of a conversion by a category's levels."""
        return self._effect[field]

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """Return the features of n independent clicks."""
        return Drawn([field.draw(rng, n) for field in self._frequency], [rng.standard_normal(n) for _ in self._slope])

    def log_odds(self, drawn: Drawn) -> Floats:
        """Return the log-odds of a conversion, however late, shape (n_clicks,) or, without features, (1,)."""
        total = np.full(1, self._base)
        for effect, level in zip(self._effect, drawn.levels, strict=True):
            total = total + effect[level]
        for slope, number in zip(self._slope, drawn.numbers, strict=True):
            total = total + slope * number
        return total

    def delay_shift(self, drawn: Drawn) -> Floats:
        """Return the shift of the log-odds of the delay's last part, shape (n_clicks,) or, for all alike, (1,)."""
        if self._delay_field is None:
            return np.zeros(1)
        return self._delay_shift[drawn.levels[self._delay_field]].astype(np.float64)


def sigmoid(log_odds: Floats) -> Floats:
    """Return 1 / (1 + exp(-log_odds))."""
    return 0.5 + 0.5 * np.tanh(0.5 * log_odds)


def normals(seed: int, place: tuple[int, ...], n: int, scale: float) -> NDArray[np.float32]:
    """Return n normals with a standard deviation of `scale`, drawn from a place in the world."""
    return stream(seed, *place).standard_normal(n, dtype=np.float32) * np.float32(scale)


def _base(log_odds: Floats, rate: float) -> float:
    low, high = -100.0, 100.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if sigmoid(log_odds + middle).mean() < rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2
