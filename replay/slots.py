"""Encoded features on disk: one row of 32-bit slots per click, in record batches of one size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Slots = NDArray[np.uint32]

BATCH_BITS = 17  # rows to a batch: 2^17, so that a batch of 17 features is 9 MB


@numba.njit(cache=True, nogil=True)
def _gather(words: Slots, base: NDArray[np.int64], rows: NDArray[np.int64], bits: int, out: Slots) -> None:
    mask = (1 << bits) - 1
    n_features = out.shape[1]
    for i in range(len(rows)):
        start = base[rows[i] >> bits] + (rows[i] & mask) * n_features
        for j in range(n_features):
            out[i, j] = words[start + j]


@numba.njit(cache=True, nogil=True)
def put_beside(left: Slots, right: Slots, out: Slots) -> None:
    """Copy slots of the same rows side by side; they may lie by column, which numpy takes twice as long to turn."""
    for i in range(out.shape[0]):
        for j in range(left.shape[1]):
            out[i, j] = left[i, j]
        for j in range(right.shape[1]):
            out[i, left.shape[1] + j] = right[i, j]


@dataclass(frozen=True)
class SlotTable:
    """Slots of every click, where they lie in one flat array of words.

    Arrow writes record batches one after the other with their headers between them, so the table is not one block;
    every batch but the last has ``2**batch_bits`` rows, so a row is found by a shift and a mask.
    """

    words: Slots  # the whole file, or any flat array
    base: NDArray[np.int64]  # shape (n_batches,): index into `words` of each batch's first slot
    n_rows: int
    n_features: int
    batch_bits: int = BATCH_BITS

    @classmethod
    def of(cls, slots: Slots) -> "SlotTable":
        """Wrap an array of shape (n_clicks, n_features) that is in memory."""
        rows, features = slots.shape
        batches = np.arange(max(1, -(-rows >> BATCH_BITS)), dtype=np.int64)
        words = np.ascontiguousarray(slots, dtype=np.uint32).reshape(-1)
        return cls(words, batches * features << BATCH_BITS, rows, features)

    def slice(self, start: int, stop: int) -> Slots:
        """Return rows start to stop, shape (stop - start, n_features); a view wherever they lie in one batch."""
        first, last = start >> self.batch_bits, (stop - 1) >> self.batch_bits
        if first == last:
            at = self.base[first] + (start - (first << self.batch_bits)) * self.n_features
            return self.words[at : at + (stop - start) * self.n_features].reshape(stop - start, self.n_features)
        return self.take(np.arange(start, stop, dtype=np.int64))

    def take(self, rows: NDArray[np.int64]) -> Slots:
        """Return the given rows in the given order, shape (len(rows), n_features), as a copy."""
        out = np.empty((len(rows), self.n_features), dtype=np.uint32)
        if len(rows):
            if rows.min() < 0 or rows.max() >= self.n_rows:
                raise IndexError(f"rows must lie in [0, {self.n_rows}), got {rows.min()} to {rows.max()}")
            _gather(self.words, self.base, rows, self.batch_bits, out)
        return out

    def batches(self) -> Sequence[Slots]:
        """Return the table as consecutive views."""
        step = 1 << self.batch_bits
        return [self.slice(at, min(at + step, self.n_rows)) for at in range(0, self.n_rows, step)]
