"""Changes of the synthetic world, which the true probabilities know of: they add up, whatever their order."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from replay.errors import suggestion
from replay.log import Bools, Floats
from replay.worlds.courses import Course
from replay.worlds.levels import Levels


@dataclass(frozen=True)
class Where:
    """The clicks that a change is about: those whose level of a category is one of some.

    Parameters
    ----------
    column : str
        Name of the category.
    values : tuple of str
        Names of its levels, such as "campaign_3".
    """

    column: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Drift:
    """What changes over time for clicks as they are: how many come, how likely they convert, and how late.

    Parameters
    ----------
    course : Course
        How strong it is, over time.
    traffic, rate, delay : float
        Logarithms of the factors, at full strength, on clicks per unit of time, on the probability of a conversion
        (never above 1) and on every delay of a click.
    odds : float
        Shift of the log-odds of a conversion at full strength.
    where : Where, optional
        The clicks it is about; not for traffic.
    """

    course: Course
    traffic: float = 0.0
    rate: float = 0.0
    odds: float = 0.0
    delay: float = 0.0
    where: Where | None = None


@dataclass(frozen=True)
class NewLevels:
    """From `at` on, a share of the clicks has a level of a category that was never seen before.

    Parameters
    ----------
    at : int
        us after the start.
    column : str
        The category.
    values : int
        How many new levels; they are numbered on after the old ones, and as unequal in frequency as those.
    share : float
        Share of the clicks from then on.
    odds : float
        Shift of the log-odds of a conversion of all of them, beside each one's own effect.
    delay : float
        Logarithm of the factor on their delays.
    """

    at: int
    column: str
    values: int
    share: float
    odds: float = 0.0
    delay: float = 0.0


@dataclass(frozen=True)
class OtherFrequencies:
    """Levels of a category change places: what was common becomes rare, for a share of the clicks at full strength.

    The frequencies are those of before in an order drawn from the seed; what a level means for a conversion stays.
    """

    course: Course
    column: str
    share: float = 1.0


@dataclass(frozen=True)
class OtherEffects:
    """Levels of a category come to mean something else for a conversion: their effects are drawn anew.

    Their mean over clicks stays, in log-odds.
    """

    course: Course
    column: str


Change = Drift | NewLevels | OtherFrequencies | OtherEffects


def log_sum(changes: Sequence[Change], what: str, after: Floats, among: Mapping[Where, Bools]) -> Floats:
    """Return the sum over drifts of ``what`` ("traffic", "rate", "odds" or "delay") at moments after the start.

    Parameters
    ----------
    changes : sequence of Change
    what : str
    after : float array of shape (n,)
    among : mapping
        For every `Where` of the changes, which of the n clicks it is about.

    Returns
    -------
    float array of shape (n,)
    """
    total = np.zeros(len(after))
    for change in changes:
        size = getattr(change, what) if isinstance(change, Drift) else 0.0
        if size and isinstance(change, Drift):
            strength = change.course.strength(after)
            total += size * (strength if change.where is None else strength * among[change.where])
    return total


def level_numbers(where: Where) -> list[int]:
    """Return the levels, from 0, that are meant by their names."""
    return [number for number in (_number(where.column, value) for value in where.values) if number is not None]


def chosen(levels: Levels, where: Where) -> Bools:
    """Return which levels are among those meant."""
    return np.isin(levels, level_numbers(where))


def new_levels(changes: Sequence[Change], column: str) -> int:
    """Return how many levels are added to a category."""
    return sum(change.values for change in changes if isinstance(change, NewLevels) and change.column == column)


def problems(changes: Sequence[Change], categories: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with changes of a world with some categories, given by their numbers of levels."""
    for number, change in enumerate(changes):
        where = change.where if isinstance(change, Drift) else Where(change.column, ())
        if where is None:
            continue
        if where.column not in categories:
            yield f"change[{number}]: no categorical feature {where.column!r}{suggestion(where.column, categories)}"
            continue
        known = categories[where.column] + new_levels(changes, where.column)
        for value in where.values:
            level = _number(where.column, value)
            if level is None or level >= known:
                yield f"change[{number}]: expected {where.column}_1 to {where.column}_{known}, got {value!r}"
        share = getattr(change, "share", 1.0)
        if not 0 <= share <= 1:
            yield f"change[{number}].share: expected a number from 0 to 1, got {share}"


def _number(column: str, value: str) -> int | None:
    match = re.fullmatch(re.escape(column) + r"_([1-9][0-9]{0,8})", value)
    return int(match[1]) - 1 if match else None
