"""Lines of a text file that have not as many columns as its first: left out, and told of one by one."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from replay.log import Ints
from replay.readers.lines import Lines

_KEPT = 200  # characters of a line
_MANY = 1_000  # strays before which a file is not given up
_HARDLY = 10  # strays for each line that fits, beyond which it is


class Strays(NamedTuple):
    """Rows that were left out of a batch; columns of length n_strays."""

    at: Ints  # place among the batch's rows and these, ascending
    found: pa.Array  # line, what was expected, what was found, and the text


def numbers(n: int, strays: Strays | None) -> Ints:
    """Return the places of `n` rows among themselves and those that were left out, shape (n,)."""
    if strays is None:
        return np.arange(n)
    return np.delete(np.arange(n + len(strays.at)), strays.at)


class Part(NamedTuple):
    """Some rows of a source."""

    row: int  # number within the source, from 0, of the first of them and of what was left out among them
    batch: pa.RecordBatch
    strays: Strays | None = None

    @property
    def numbers(self) -> Ints:
        """Return the number of each row of the batch within the source."""
        return self.row + numbers(self.batch.num_rows, self.strays)


class _Stray(NamedTuple):
    number: int  # among all rows, from 1
    expected: int
    actual: int
    text: str


class StrayLines:
    """Takes note of every line that Arrow finds to have too few or too many columns, and lets it go on.

    Parameters
    ----------
    header : bool
        Whether the first row holds names.
    open_lines : callable
        Returns a `Lines` of the file, at its start.
    """

    def __init__(self, open_lines: Callable[[], Lines], *, header: bool) -> None:
        self._open_lines, self._header = open_lines, int(header)
        self._lines: Lines | None = None
        self._first: list[_Stray] = []
        self._waiting: deque[_Stray] = deque()
        self._seen = 0
        self.count = 0
        self.gave_up = False
        self.undecodable = False

    def __call__(self, row: Any) -> Literal["skip", "error"]:
        """Be told of a line by Arrow, and say whether to go on."""
        stray = _Stray(row.number, row.expected_columns, row.actual_columns, row.text[:_KEPT])
        self._first = self._first or [stray]
        self._waiting.append(stray)
        self.count += 1
        self._seen = row.number - self._header
        self.gave_up = self.count >= _MANY and self.count > _HARDLY * (self._seen - self.count)
        return "error" if self.gave_up else "skip"

    @contextmanager
    def hushed(self) -> Iterator[None]:
        """Note, instead of printing a traceback, that a line is no UTF-8: Arrow can neither hand it over nor raise."""
        before = sys.unraisablehook

        def hook(one: Any) -> None:
            if one.object is self:
                self.undecodable = True
            else:
                before(one)

        sys.unraisablehook = hook
        try:
            yield
        finally:
            sys.unraisablehook = before

    def take(self, first: int, n: int) -> Strays | None:
        """Return the strays among `n` rows that fit and begin at data row `first`, strays counted; None if none are."""
        mine: list[_Stray] = []
        while self._waiting and self._waiting[0].number - self._header - 1 <= first + n + len(mine):
            mine.append(self._waiting.popleft())
        return self._strays(mine, first) if mine else None

    def refusal(self) -> str:
        """Say that hardly any line fits."""
        [first] = self._first
        line = int(self._open_lines().find(np.array([first.number]))[0])
        fitting = self._seen - self.count
        told = f"{fitting:,} of {self._seen:,} rows read have the {_columns(first.expected)} that the file begins with"
        return f"{told}; {_told(first, line)}; mend the first line, or write the file again with one delimiter"

    def _strays(self, mine: list[_Stray], first: int) -> Strays:
        self._lines = self._lines or self._open_lines()
        number = np.array([stray.number for stray in mine], np.int64)
        found = [_told(stray, line) for stray, line in zip(mine, self._lines.find(number).tolist(), strict=True)]
        return Strays(number - self._header - 1 - first, pa.array(found, pa.string()))


def _told(stray: _Stray, line: int) -> str:
    return f"line {line}: expected {_columns(stray.expected)}, found {stray.actual}: {stray.text!r}"


def _columns(n: int) -> str:
    return "1 column" if n == 1 else f"{n} columns"
