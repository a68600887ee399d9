"""The changes of a world at work on its clicks: what they are, and how likely and how late they convert."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from replay.log import Bools, Floats, Ints
from replay.worlds.changes import (
    Change,
    Drift,
    NewLevels,
    OtherEffects,
    OtherFrequencies,
    Where,
    chosen,
    log_sum,
    new_levels,
)
from replay.worlds.levels import Levels, Zipf
from replay.worlds.streams import FEATURE_CHANGES, stream
from replay.worlds.truth import Category, Drawn, Truth, normals

_TABLE, _CLICKS = range(2)  # what a change draws once, and what for each block of clicks
_CELL = 600_000_000  # us: traffic is even in ten minutes
_CELLS = 1_000, 1_000_000  # at least and at most so many of them


class Changed:
    """The changes of one world; its truth is told of new levels and effects.

    Parameters
    ----------
    seed : int
    categorical : sequence of Category
    changes : sequence of Change
    truth : Truth
        Changed in place.
    delay_strength : float
        Standard deviation over levels of the shift of the delay, for new levels.
    """

    def __init__(
        self, seed: int, categorical: Sequence[Category], changes: Sequence[Change], truth: Truth, delay_strength: float
    ) -> None:
        self._seed, self._categorical, self._changes, self._truth = seed, categorical, changes, truth
        self._field = {field.name: number for number, field in enumerate(categorical)}
        self._first_new = {}
        sizes = [field.values for field in categorical]
        for number, change in enumerate(changes):
            if isinstance(change, NewLevels):
                field = self._field[change.column]
                self._first_new[number] = sizes[field]
                sizes[field] += change.values
                place = FEATURE_CHANGES, number, _TABLE
                effect = normals(seed, (*place, 0), change.values, categorical[field].effect)
                truth.add_levels(field, effect, normals(seed, (*place, 1), change.values, delay_strength))
        self._tables = {number: self._table(number, change) for number, change in enumerate(changes)}

    def added(self) -> list[int]:
        """Return how many levels each category has more than before."""
        return [new_levels(self._changes, field.name) for field in self._categorical]

    def features(self, drawn: Drawn, after: Floats, block: int) -> Drawn:
        """Return the features of clicks at moments after the start, given what they would be without changes."""
        levels = list(drawn.levels)
        for number, change in enumerate(self._changes):
            if isinstance(change, NewLevels | OtherFrequencies):
                rng = stream(self._seed, FEATURE_CHANGES, number, _CLICKS, block)
                field = self._field[change.column]
                hit = rng.random(len(after)) < change.share * _strength(change, after)
                levels[field] = np.where(hit, self._moved(number, change, levels[field], rng), levels[field])
        return Drawn(levels, drawn.numbers)

    def odds(self, drawn: Drawn, after: Floats) -> Floats:
        """Return the shift of the log-odds of a conversion, shape (n_clicks,)."""
        total = self._sum("odds", drawn, after)
        for number, change in enumerate(self._changes):
            if isinstance(change, OtherEffects):
                levels = drawn.levels[self._field[change.column]]
                total += change.course.strength(after) * self._tables[number][levels]
            if isinstance(change, NewLevels) and change.odds:
                total += change.odds * self._is_new(number, change, drawn)
        return total

    def rate(self, drawn: Drawn, after: Floats) -> Floats:
        """Return the factor on the probability of a conversion, shape (n_clicks,)."""
        return np.exp(self._sum("rate", drawn, after))

    def delay(self, drawn: Drawn, after: Floats) -> Floats:
        """Return the factor on the delay, shape (n_clicks,)."""
        total = self._sum("delay", drawn, after)
        for number, change in enumerate(self._changes):
            if isinstance(change, NewLevels) and change.delay:
                total += change.delay * self._is_new(number, change, drawn)
        return np.exp(total)

    def _sum(self, what: str, drawn: Drawn, after: Floats) -> Floats:
        wheres = {change.where for change in self._changes if isinstance(change, Drift)}
        among: dict[Where, Bools] = {
            where: chosen(drawn.levels[self._field[where.column]], where) for where in wheres if where is not None
        }
        return log_sum(self._changes, what, after, among)

    def _is_new(self, number: int, change: NewLevels, drawn: Drawn) -> Bools:
        levels, first = drawn.levels[self._field[change.column]], self._first_new[number]
        return (levels >= first) & (levels < first + change.values)

    def _moved(self, number: int, change: Change, levels: Levels, rng: np.random.Generator) -> Levels:
        if isinstance(change, NewLevels):
            zipf = Zipf(change.values, self._categorical[self._field[change.column]].zipf)
            return (self._first_new[number] + zipf.draw(rng, len(levels))).astype(np.int32)
        return self._tables[number].astype(np.int32)[levels]

    def _table(self, number: int, change: Change) -> NDArray[np.float64]:
        """Return what a change says of each level: its new place, or how much its effect moves."""
        if isinstance(change, Drift | NewLevels):
            return np.empty(0)
        category = self._categorical[self._field[change.column]]
        size = len(self._truth.effects(self._field[change.column]))
        place = FEATURE_CHANGES, number, _TABLE
        if isinstance(change, OtherFrequencies):
            order = stream(self._seed, *place).permutation(category.values)
            return np.concatenate([order, np.arange(category.values, size)]).astype(np.float64)
        new = normals(self._seed, place, size, category.effect)
        moved = (new - self._truth.effects(self._field[change.column])).astype(np.float64)
        common = np.arange(1, category.values + 1, dtype=np.float64) ** -category.zipf
        return moved - np.average(moved[: category.values], weights=common)


def _strength(change: NewLevels | OtherFrequencies, after: Floats) -> Floats | Bools:
    return after >= change.at if isinstance(change, NewLevels) else change.course.strength(after)


class Traffic:
    """Clicks per unit of time: a share of all clicks becomes the moment by which it has come.

    The intensity is taken as even in cells of ten minutes that no step cuts, so its integral has an exact inverse.

    Parameters
    ----------
    changes : sequence of Change
    duration : int
        us.
    """

    def __init__(self, changes: Sequence[Change], duration: int) -> None:
        cells = min(max(duration // _CELL, _CELLS[0]), _CELLS[1])
        steps = [
            edge for change in changes if isinstance(change, Drift) and change.traffic for edge in change.course.edges()
        ]
        inside = np.array([edge for edge in steps if 0 < edge < duration], dtype=np.float64)
        self._edges: Floats = np.union1d(np.linspace(0.0, duration, cells + 1), inside)
        middle = (self._edges[1:] + self._edges[:-1]) / 2
        intensity = np.exp(log_sum(changes, "traffic", middle, {}))
        self._come: Floats = np.concatenate([[0.0], np.cumsum(intensity * np.diff(self._edges))])
        self._come /= self._come[-1]

    def moment(self, share: Floats) -> Floats:
        """Return when shares of all clicks have come, us after the start."""
        return np.interp(share, self._come, self._edges)

    def come(self, after: Floats | Ints) -> Floats:
        """Return the share of all clicks that is expected to have come by moments after the start."""
        return np.interp(after, self._edges, self._come)
