"""What a label policy is: the rule that says which example is shown, when, and with which label."""

from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from replay.log import Bools, Ints
from replay.view import View

T = TypeVar("T", bound=np.generic)


class Examples(NamedTuple):
    """What is shown to a learner in one interval, in the order it comes due; columns of length n_examples."""

    row: Ints  # which click
    due: Ints  # us UTC, non-decreasing; ties by (kind, row)
    label: Bools  # as known at `due`
    kind: NDArray[np.int8]  # a small integer the policy defines, for corrections and many-headed learners
    amount: Ints | None = None  # money it tells of, millionths; None where labels alone are shown

    def part(self, cut: slice | Bools) -> "Examples":
        """Return some of these examples, in order."""
        amount = None if self.amount is None else self.amount[cut]
        return Examples(self.row[cut], self.due[cut], self.label[cut], self.kind[cut], amount)


class LabelPolicy(Protocol):
    """Which example is shown, when, and with which label; a pure function of the log and the clock.

    A policy asks the view only for what had arrived; what it returns for an instant must not depend on how the time
    around it is cut into intervals.
    """

    @property
    def looks_ahead(self) -> bool:
        """Whether it is a bound that uses labels from the future, as no trainer can."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds of example it shows; `Examples.kind` indexes it."""

    def due(self, view: View, start: int, end: int) -> Examples:
        """Return the examples that come due in [start, end), us UTC; the view is of a moment not before end."""


def no_examples() -> Examples:
    """Return an empty interval's worth."""
    return Examples(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.int8))


def merge(first: Examples, second: Examples) -> Examples:
    """Return two streams as one, by due time; at one instant `first` comes first.

    Where only one of them tells of money, the other tells of none.
    """
    if not len(first.row) or not len(second.row):
        return first if len(first.row) else second
    at = np.searchsorted(first.due, second.due, side="right") + np.arange(len(second.due))
    rest = np.ones(len(first.row) + len(second.row), dtype=np.bool_)
    rest[at] = False

    def woven(a: NDArray[T], b: NDArray[T]) -> NDArray[T]:
        column = np.empty(len(rest), dtype=a.dtype)
        column[rest], column[at] = a, b
        return column

    return Examples(
        woven(first.row, second.row),
        woven(first.due, second.due),
        woven(first.label, second.label),
        woven(first.kind, second.kind),
        None if first.amount is None and second.amount is None else woven(_amount(first), _amount(second)),
    )


def _amount(examples: Examples) -> Ints:
    return np.zeros(len(examples.row), np.int64) if examples.amount is None else examples.amount
