"""Arrays that grow between the pieces of a sweep."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def grown(rows: NDArray[Any], n_rows: int) -> NDArray[Any]:
    """Return an array with room for so many rows: the same, or with twice as many, the new ones 0."""
    if n_rows <= len(rows):
        return rows
    wider = np.zeros((2 * n_rows, *rows.shape[1:]), dtype=rows.dtype)
    wider[: len(rows)] = rows
    return wider


class Recent:
    """The numbers of the latest clicks, as far back as they are needed."""

    def __init__(self) -> None:
        self._room = np.empty(0, dtype=np.int32)
        self._filled = 0
        self.first = 0  # the click whose number comes first

    def add(self, numbers: NDArray[np.int32], oldest: int) -> NDArray[np.int32]:
        """Return the numbers of all clicks from `first`, at or before the oldest that is needed, to the newest."""
        if self._filled + len(numbers) > len(self._room):
            needed = self._room[oldest - self.first : self._filled]
            self._room = np.empty(2 * (len(needed) + len(numbers)), dtype=np.int32)
            self._room[: len(needed)] = needed
            self.first, self._filled = oldest, len(needed)
        self._room[self._filled : self._filled + len(numbers)] = numbers
        self._filled += len(numbers)
        return self._room[: self._filled]
