"""Clicks that are judged for money, and what they brought as known at some moment."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.sums import Bools, Floats, Floats32, Ints

MILLIONTHS = 1_000_000

Hold = Callable[[NDArray[Any]], NDArray[Any]]  # returns an array as it is to be kept, such as out of memory
Columns = TypeVar("Columns", bound=tuple[Any, ...])


class Valued(NamedTuple):
    """Clicks that are judged for money, with one method's predictions; columns may be memory-mapped."""

    click_time: Ints  # us UTC, non-decreasing, shape (n_clicks,)
    prediction: Floats32  # money as served, shape (n_clicks,)
    amount: Floats32 | None  # money by the method's model of a gift's amount, where it has one
    n_mature: int  # the first so many clicks are mature
    row: Ints  # of outcomes that count: which click, non-decreasing
    arrival: Ints  # when the trainer's side knew of each, us UTC
    money: Ints  # what each brought, millionths; a refund is negative
    truth: Floats32 | None  # true expected money, synthetic worlds only
    segments: Mapping[str, tuple[NDArray[np.int32], Sequence[str]]]  # name -> (index into values, values)


class Received(NamedTuple):
    """Clicks that brought money, or lost it, as known at some moment."""

    row: Ints
    value: Floats  # not 0


def received(clicks: Valued, counts: Bools) -> Received:
    """Return the money of each click, of the outcomes chosen by `counts`."""
    row, money = clicks.row[counts], clicks.money[counts]
    if not len(row):
        return Received(row, np.empty(0))
    first = np.flatnonzero(np.diff(row, prepend=-1))
    total = np.add.reduceat(money, first)
    some = total != 0
    return Received(row[first][some], total[some] / MILLIONTHS)


def held(columns: Columns, hold: Hold) -> Columns:
    """Return a named tuple with its arrays as they are to be kept."""
    kept = (hold(column) if isinstance(column, np.ndarray) else column for column in columns)
    return type(columns)(*kept)
