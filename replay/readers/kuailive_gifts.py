"""Which click a gift belongs to: the last of the same viewer on the same room that is not later than the gift."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from replay.arrays import valid_mask
from replay.hashing import Hashes, hash_ids
from replay.log import NEVER, Bools, Ints

_USER, _ROOM, _PAIR, _TIME = (np.uint64(odd) for odd in (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5,
))  # fmt: skip
NO_PAIR = np.uint64(0)  # of a row without viewer or room


class Visits(NamedTuple):
    """Clicks on which gifts may hang; columns of shape (n,), in reading order."""

    pair: Hashes
    time: Ints  # us UTC; NEVER where the click has none
    end: Ints  # when the visit ended, us UTC; NEVER where that is not known


class Links(NamedTuple):
    """What was found of each gift; columns of shape (n_gifts,)."""

    click_time: Ints  # us UTC, of its click; of the pair's first later one where none is earlier
    end: Ints  # of the click's visit, us UTC; NEVER
    known: Bools  # whether the pair has a click at all
    earlier: Bools  # whether it has one that is not later than the gift


def pairs(user: pa.Array, room: pa.Array) -> Hashes:
    """Return a hash of viewer and room, shape (n,); `NO_PAIR` where either is missing.

    Pairs are compared by hash alone, as click ids are: among n of them two meet with probability n^2 / 2^65.
    """
    both = valid_mask(user) & valid_mask(room)
    mixed = hash_ids(user) * _USER + hash_ids(room) * _ROOM
    return np.where(both, np.maximum(mixed, np.uint64(1)), NO_PAIR)


def click_ids(pair: Hashes, time: Ints) -> pa.Array:
    """Return what identifies a click: viewer, room and time; null where viewer or room is missing."""
    return pa.array(pair * _PAIR + time.astype(np.uint64) * _TIME, mask=pair == NO_PAIR)


def link(pair: Hashes, time: Ints, visits: Visits) -> Links:
    """Find the click of each gift.

    Of several clicks at one instant it is the last that was read.  One sort of the clicks and two searches for each
    gift; only clicks of pairs with gifts need be among the visits.

    Parameters
    ----------
    pair : uint64 array of shape (n_gifts,)
    time : int array of shape (n_gifts,)
        us UTC.
    visits : Visits
    """
    order = np.lexsort((np.arange(len(visits.time)), visits.time, visits.pair))
    of, at, end = visits.pair[order], visits.time[order], visits.end[order]
    first, last = np.searchsorted(of, pair), np.searchsorted(of, pair, side="right")
    known = (last > first) & (pair != NO_PAIR)
    moments = np.unique(np.concatenate((at, time)))  # ranks, so that pair and moment fit one number
    groups, group = np.unique(of, return_inverse=True)
    place = group * len(moments) + np.searchsorted(moments, at)
    wanted = np.searchsorted(groups, pair) * len(moments) + np.searchsorted(moments, time)
    before = np.searchsorted(place, wanted, side="right") - 1
    earlier = known & (before >= first)
    chosen = np.where(earlier, before, np.minimum(first, max(len(at) - 1, 0)))
    if not len(at):
        nothing = np.full(len(pair), NEVER)
        return Links(nothing, nothing, known, earlier)
    return Links(np.where(known, at[chosen], NEVER), np.where(earlier, end[chosen], NEVER), known, earlier)
