"""Where every row read came from: one number per row, and a few spans to look it up in."""

import numpy as np
import pyarrow as pa

from replay.log import Ints


class Places:
    """Numbers rows in reading order, from 0, and finds the source and row of a number again."""

    def __init__(self) -> None:
        self._first: list[int] = []  # number of each span's first row
        self._row: list[int] = []  # the same row within its source
        self._source: list[str] = []
        self.read = 0  # rows numbered so far

    def add(self, source: str, first_row: int, n_rows: int) -> int:
        """Give numbers to the next `n_rows`, which begin at `first_row` of `source`; return the first."""
        first = self.read
        if not self._first or (source, first_row) != (self._source[-1], self._row[-1] + first - self._first[-1]):
            self._first.append(first)
            self._row.append(first_row)
            self._source.append(source)
        self.read += n_rows
        return first

    def find(self, number: Ints) -> tuple[pa.Array, Ints]:
        """Return the source and the row within it of some numbers."""
        span = np.searchsorted(self._first, number, side="right") - 1
        shift = np.array(self._row, dtype=np.int64) - np.array(self._first, dtype=np.int64)
        return pa.array(self._source, pa.string()).take(pa.array(span)), shift[span] + number

    @property
    def sources(self) -> list[str]:
        """Every source once, in reading order."""
        return list(dict.fromkeys(self._source))
