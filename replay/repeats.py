"""Which clicks say again what another has said: by their id, or by everything that stands in them."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from replay.arrow_files import Spool, chunks
from replay.hashing import NO_ID, Hashes, mix
from replay.log import Ints
from replay.quarantine import Piece
from replay.slots import Slots, SlotTable

_FEW = 16  # clicks of one instant that are compared each with each


class Repeats(NamedTuple):
    """Clicks that repeat others, as rows in reading order."""

    row: Ints  # the repeats, ascending
    kept: Ints  # the earliest read of those that each repeats

    def original(self, row: Ints) -> Ints:
        """Return rows with each repeat replaced by what it repeats."""
        if not len(self.row):
            return row
        at = np.minimum(np.searchsorted(self.row, row), len(self.row) - 1)
        return np.where(self.row[at] == row, self.kept[at], row)

    def renamed(self, order: Ints) -> "Repeats":
        """Return them as the rows that stand at these places of an order."""
        row, kept = order[self.row], order[self.kept]
        ascending = np.argsort(row)
        return Repeats(row[ascending], kept[ascending])


class IdIndex:
    """Finds clicks by the hash of their id; 16 bytes per click.

    Parameters
    ----------
    ids : uint64 array of shape (n_clicks,)
        In reading order; `NO_ID` where a click has none.
    """

    def __init__(self, ids: Hashes) -> None:
        self._order = np.argsort(ids, kind="stable")
        self._ids = ids[self._order]

    def repeats(self) -> Repeats:
        """Return the clicks whose id was read before."""
        at = 1 + np.flatnonzero((self._ids[1:] == self._ids[:-1]) & (self._ids[1:] != NO_ID))
        row = self._order[at]
        kept = self._order[np.searchsorted(self._ids, self._ids[at])]
        ascending = np.argsort(row)
        return Repeats(row[ascending], kept[ascending])

    def find(self, ids: Hashes) -> Ints:
        """Return the earliest read row of each id, -1 where there is none."""
        if not len(self._ids):
            return np.full(len(ids), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        found = (self._ids[at] == ids) & (ids != NO_ID)
        return np.where(found, self._order[at], -1)


@numba.njit(cache=True, nogil=True)
def _mix_slots(slots: Slots, out: Hashes) -> None:
    for i in range(slots.shape[0]):
        key = np.uint64(1)
        for j in range(slots.shape[1]):
            key = mix(key, np.uint64(slots[i, j]))
        out[i] = key


@numba.njit(cache=True, nogil=True)
def _mix_outcomes(first: Ints, last: Ints, kind: NDArray[np.int8], time: Ints, amount: Ints, out: Hashes) -> None:
    for i in range(len(out)):
        for k in range(first[i], last[i]):
            out[i] = mix(mix(mix(out[i], np.uint64(kind[k])), np.uint64(time[k])), np.uint64(amount[k]))


def content_keys(slots: SlotTable, outcomes: Piece, rows: Ints, into: Spool) -> Hashes:
    """Return a 64-bit key of the slots and outcomes of some clicks, shape (len(rows),).

    Two that differ have the same key with probability 2^-64.

    Parameters
    ----------
    slots : SlotTable
    outcomes : Piece
        By row of the table, non-decreasing.
    rows : int array
        Rows of the table.
    into : Spool
        Where the keys are kept.
    """
    for piece in chunks(len(rows)):
        some = rows[piece]
        keys = np.empty(len(some), dtype=np.uint64)
        _mix_slots(slots.take(some), keys)
        first, last = np.searchsorted(outcomes.row, some), np.searchsorted(outcomes.row, some, side="right")
        _mix_outcomes(first, last, outcomes.kind, outcomes.time, outcomes.amount, keys)
        into.append(keys)
    return into.read()


@numba.njit(cache=True, nogil=True)
def _match_few(keys: Hashes, first: int, repeats: Ints, count: int) -> int:
    for i in range(1, len(keys)):
        for j in range(i):
            if keys[i] == keys[j]:
                if len(repeats):
                    repeats[count, 0], repeats[count, 1] = first + i, first + j
                count += 1
                break
    return count


@numba.njit(cache=True, nogil=True)
def _match_many(keys: Hashes, first: int, repeats: Ints, count: int) -> int:
    bits = 1
    while 1 << bits < 2 * len(keys):
        bits += 1
    seen = np.full(1 << bits, -1)  # an open table, so that everything at one instant costs no more than anything else
    for i in range(len(keys)):
        at = np.int64(keys[i] >> np.uint64(64 - bits))
        while seen[at] >= 0 and keys[seen[at]] != keys[i]:
            at = (at + 1) & ((1 << bits) - 1)
        if seen[at] < 0:
            seen[at] = i
            continue
        if len(repeats):
            repeats[count, 0], repeats[count, 1] = first + i, first + seen[at]
        count += 1
    return count


@numba.njit(cache=True, nogil=True)
def _match(time: Ints, keys: Hashes, repeats: Ints) -> int:
    count = 0
    first = 0
    for i in range(1, len(time) + 1):
        if i == len(time) or time[i] != time[first]:
            if i - first > _FEW:
                count = _match_many(keys[first:i], first, repeats, count)
            elif i - first > 1:
                count = _match_few(keys[first:i], first, repeats, count)
            first = i
    return count


def tied_clicks(time: Ints, into: Spool) -> Ints:
    """Return the clicks that share their time with another, as rows of the log, in whose order `time` is."""
    at = 0
    for piece in chunks(len(time), overlap=1):
        same = time[piece][1:] == time[piece][:-1]
        tied = np.flatnonzero(np.append(same, False) | np.append(False, same)) + piece.start
        into.append(tied[tied >= at])
        at = max(at, int(tied[-1]) + 1) if len(tied) else at
    return into.read()


def count_repeats(time: Ints, keys: Hashes) -> int:
    """Return how many clicks stand equal to another of the same instant; both columns by time."""
    return int(_match(time, keys, np.empty((0, 2), dtype=np.int64)))


def content_repeats(time: Ints, keys: Hashes) -> Repeats:
    """Return the clicks that stand equal to an earlier one of the same instant, as rows of these columns."""
    pairs = np.empty((count_repeats(time, keys), 2), dtype=np.int64)
    _match(time, keys, pairs)
    row, kept = pairs[np.argsort(pairs[:, 0])].T
    return Repeats(row, kept)
