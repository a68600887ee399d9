"""From [[log.change]] tables to the changes of the synthetic world."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from replay.worlds import (
    Change,
    Drift,
    Growth,
    NewLevels,
    OtherEffects,
    OtherFrequencies,
    Ramp,
    Step,
    Walk,
    Wave,
    Where,
)
from replay.worlds.courses import Course


def changes_of(tables: Sequence[Any], seed: int) -> tuple[Change, ...]:
    """Return the changes of a world, in the order of their tables.

    Parameters
    ----------
    tables : sequence of the models in `scenarios.changes`
    seed : int
        The scenario's, for what wanders at random.
    """
    return tuple(_MADE[table.kind](table, seed, number) for number, table in enumerate(tables))


def _step(table: Any, *_: int) -> Course:
    return Step(table.at, table.until)


def _ramp(table: Any, *_: int) -> Course:
    return Ramp(table.at, table.until)


def _wave(table: Any, *_: int) -> Course:
    return Wave(table.period, table.peak)


def _where(table: Any) -> Where | None:
    return None if table.column is None else Where(table.column, tuple(table.values))


def _cvr(course: Callable[..., Course]) -> Callable[[Any, int, int], Change]:
    def made(table: Any, seed: int, number: int) -> Change:
        rate = 0.0 if table.factor is None else math.log(table.factor)
        return Drift(course(table, seed, number), rate=rate, odds=table.log_odds or 0.0, where=_where(table))

    return made


def _delay(course: Callable[..., Course]) -> Callable[[Any, int, int], Change]:
    def made(table: Any, seed: int, number: int) -> Change:
        return Drift(course(table, seed, number), delay=math.log(table.factor), where=_where(table))

    return made


def _walk(table: Any, seed: int, number: int) -> Change:
    return Drift(Walk(seed, number), odds=table.per_day, where=_where(table))


def _effects(table: Any, *_: int) -> Change:
    return OtherEffects(_step(table), table.column)


def _growth(table: Any, *_: int) -> Change:
    return Drift(Growth(table.every, table.at, table.until), traffic=math.log(table.factor))


def _traffic_step(table: Any, *_: int) -> Change:
    return Drift(_step(table), traffic=math.log(table.factor))


def _traffic_cycle(table: Any, *_: int) -> Change:
    return Drift(_wave(table), traffic=math.log(table.factor))


def _promotion(table: Any, *_: int) -> Change:
    return Drift(_step(table), traffic=math.log(table.traffic), rate=math.log(table.factor))


def _new_levels(table: Any, *_: int) -> Change:
    delay = math.log(table.delay_factor)
    return NewLevels(table.at, table.column, table.values, table.share, table.log_odds, delay)


def _covariate_shift(table: Any, *_: int) -> Change:
    course = Step(table.at) if table.until is None else Ramp(table.at, table.until)
    return OtherFrequencies(course, table.column, table.share)


_MADE: Mapping[str, Callable[[Any, int, int], Change]] = {
    "cvr_step": _cvr(_step),
    "cvr_ramp": _cvr(_ramp),
    "cvr_season": _cvr(_wave),
    "cvr_walk": _walk,
    "effect_step": _effects,
    "delay_step": _delay(_step),
    "delay_ramp": _delay(_ramp),
    "traffic_growth": _growth,
    "traffic_step": _traffic_step,
    "traffic_cycle": _traffic_cycle,
    "promotion": _promotion,
    "new_levels": _new_levels,
    "covariate_shift": _covariate_shift,
}
