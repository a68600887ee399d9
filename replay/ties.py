"""Ties put in another order: what a log's total order settles by source and row alone, settled otherwise."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.log import Bools, ClickLog, Floats, Ints, Outcomes
from replay.policies import Examples, LabelPolicy
from replay.store import digest
from replay.uniform import uniform
from replay.view import View

_STREAM = 1 << 48  # of random numbers: apart from those of feeds


def tied(*columns: NDArray[Any]) -> Bools:
    """Return which rows equal the one before or behind them in every column; sorted by these columns."""
    n = len(columns[0])
    same = np.ones(max(n - 1, 0), dtype=np.bool_)
    for column in columns:
        same &= column[1:] == column[:-1]
    found = np.zeros(n, dtype=np.bool_)
    found[1:] = same
    found[:-1] |= same
    return found


def shuffled_outcomes(log: ClickLog, seed: int) -> ClickLog:
    """Return a log in which outcomes of one click, one time and one kind stand in another order.

    Of two conversions at once the first counts, with its amount; here it may be the other one.

    Parameters
    ----------
    log : ClickLog
        Nothing of it is changed.
    seed : int
        Of the order.
    """
    row, kind, time, amount = log.outcomes
    at = np.flatnonzero(tied(row, time, kind))
    if not len(at):
        return log
    order = at[np.lexsort((_drawn(seed, row[at], at), kind[at], time[at], row[at]))]
    moved = amount.copy()
    moved[at] = amount[order]
    fingerprint = digest([log.fingerprint, "ties", seed])
    return replace(log, outcomes=Outcomes(row, kind, time, moved), fingerprint=fingerprint)


def contested(examples: Examples) -> Bools:
    """Return which examples come due at the same instant as one of another click."""
    row, due = examples.row, examples.due
    if not len(row):
        return np.zeros(0, dtype=np.bool_)
    instant = np.concatenate(([0], np.cumsum(due[1:] != due[:-1])))
    found = np.zeros(int(instant[-1]) + 1, dtype=np.bool_)
    found[instant[1:][(due[1:] == due[:-1]) & (row[1:] != row[:-1])]] = True
    return found[instant]


@dataclass(frozen=True)
class ShuffledTies:
    """Another policy that shows the clicks of one instant in an order drawn by a seed.

    A click's own examples keep theirs, which is the policy's.  The order hangs on the seed and the click alone, so it
    is the same however time is cut into intervals.
    """

    policy: LabelPolicy
    seed: int

    @property
    def looks_ahead(self) -> bool:
        """Whether the policy does."""
        return self.policy.looks_ahead

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those of the policy."""
        return self.policy.kinds

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the policy's examples, those of one instant in another order."""
        examples = self.policy.due(view, start, end)
        at = np.flatnonzero(contested(examples))
        if not len(at):
            return examples
        row, due, label, kind, amount = examples
        order = np.arange(len(row))
        order[at] = at[np.lexsort((_drawn(self.seed, row[at], row[at]), due[at]))]
        return Examples(row[order], due, label[order], kind[order], None if amount is None else amount[order])


def _drawn(seed: int, row: Ints, place: Ints) -> Floats:
    return uniform(_STREAM + seed, row, place)
