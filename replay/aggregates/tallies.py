"""Arrays that change their length between the pieces of a sweep."""

import numpy as np

from replay.aggregates.numbers import Numbers
from replay.log import Ints


def grown(tallies: Ints, n_keys: int) -> Ints:
    """Return tallies with room for so many keys: the same, or at least twice as many."""
    if n_keys <= len(tallies):
        return tallies
    wider = np.zeros((2 * n_keys, tallies.shape[1]), dtype=np.int64)
    wider[: len(tallies)] = tallies
    return wider


class Recent:
    """The numbers of the latest clicks, as far back as they are needed."""

    def __init__(self) -> None:
        self._room: Numbers = np.empty(0, dtype=np.int32)
        self._filled = 0
        self.first = 0  # the click whose number comes first

    def add(self, numbers: Numbers, oldest: int) -> Numbers:
        """Return the numbers of all clicks from `first`, at or before the oldest that is needed, to the newest."""
        if self._filled + len(numbers) > len(self._room):
            needed = self._room[oldest - self.first : self._filled]
            self._room = np.empty(2 * (len(needed) + len(numbers)), dtype=np.int32)
            self._room[: len(needed)] = needed
            self.first, self._filled = oldest, len(needed)
        self._room[self._filled : self._filled + len(numbers)] = numbers
        self._filled += len(numbers)
        return self._room[: self._filled]
