"""The sweeps: a log played in order of time, with a tally per key that is read at the key's clicks.

Each fills the values of clicks `start` to `stop`, and stops short where the table of tallies is full: it returns the
click that it got to, and goes on from there once there is room.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from replay.aggregates.tallies import COUNT, KEY, LATEST, PART, WHOLE, find, read, touch
from replay.hashing import NO_ID, Hashes
from replay.log import MICROS, Floats, Ints

_AHEAD = 64  # clicks whose tallies are asked of memory at a time, which takes little longer than one by one
COMING, GOING, USED, TOUCHED = range(4)  # of a cursor: next to come in, next to go out of the window, keys, nothing
NOTHING = np.iinfo(np.int64).min  # latest, before there is any
FOR_EVER = np.iinfo(np.int64).max  # window, where there is none


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_clicks(  # noqa: C901  (a call for less would cost twice the loop: it counts references to its arrays)
    start: int,
    stop: int,
    time: Ints,
    key: Hashes,
    window: int,
    tallies: Ints,
    shift: np.uint64,
    cursor: Ints,
    whats: Ints,
    out: Floats,
) -> int:
    """Read at each click the tally of the clicks before it in time.

    Parameters
    ----------
    start, stop : int
    time, key : arrays of shape (n_clicks,)
    window : int
        us
    tallies : int array of shape (size, 3)
        As the piece before left it.
    shift : uint64
    cursor : int array of shape (4,)
    whats : int array
    out : float array of shape (n_whats, stop - start)
    """
    for i in range(start, stop):
        if (i - start) % _AHEAD == 0:
            cursor[TOUCHED] ^= touch(tallies, key[i : min(i + _AHEAD, stop)], shift)
        while time[cursor[COMING]] < time[i]:
            k = key[cursor[COMING]]
            if k != NO_ID:
                at = find(tallies, k, shift)
                if tallies[at, KEY] == NO_ID:
                    if 2 * cursor[USED] >= len(tallies):
                        return i
                    cursor[USED] += 1
                    tallies[at, KEY] = np.int64(k)
                    tallies[at, LATEST] = NOTHING
                tallies[at, COUNT] += 1
                tallies[at, LATEST] = time[cursor[COMING]]
            cursor[COMING] += 1
        while window != FOR_EVER and time[i] - time[cursor[GOING]] > window:
            k = key[cursor[GOING]]
            if k != NO_ID:
                tallies[find(tallies, k, shift), COUNT] -= 1
            cursor[GOING] += 1
        if key[i] == NO_ID:
            out[:, i - start] = np.nan
            continue
        at = find(tallies, key[i], shift)
        for j in range(len(whats)):
            out[j, i - start] = read(tallies, at, whats[j], time[i])
    return stop


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_outcomes(  # noqa: C901  (as above)
    start: int,
    stop: int,
    time: Ints,
    key: Hashes,
    coming: Ints,
    going: Ints,
    arrival: Ints,
    row: Ints,
    kind: NDArray[np.int8],
    happened: Ints,
    amount: Ints,
    kinds: int,
    window: int,
    tallies: Ints,
    shift: np.uint64,
    cursor: Ints,
    whats: Ints,
    out: Floats,
) -> int:
    """Read at each click the tally of the outcomes that arrived before it in time.

    Parameters
    ----------
    start, stop : int
    time, key : arrays of shape (n_clicks,)
    coming, going : int arrays
        Indices of the outcomes that arrive at all, by when they arrive and by when they happened.
    arrival, row, kind, happened, amount : arrays of shape (n_outcomes,)
    kinds : int
        Bits of the kinds that count.
    window : int
        us
    tallies : int array of shape (size, 5)
    shift, cursor, whats, out
        As in `sweep_clicks`.
    """
    for i in range(start, stop):
        if (i - start) % _AHEAD == 0:
            cursor[TOUCHED] ^= touch(tallies, key[i : min(i + _AHEAD, stop)], shift)
        while cursor[COMING] < len(coming) and arrival[coming[cursor[COMING]]] < time[i]:
            o = coming[cursor[COMING]]
            k = key[row[o]]
            # what arrives when its window is over never counts
            if k != NO_ID and (kinds >> kind[o]) & 1 and arrival[o] - happened[o] <= window:
                at = find(tallies, k, shift)
                if tallies[at, KEY] == NO_ID:
                    if 2 * cursor[USED] >= len(tallies):
                        return i
                    cursor[USED] += 1
                    tallies[at, KEY] = np.int64(k)
                    tallies[at, LATEST] = NOTHING
                _add(tallies, at, 1, amount[o])
                tallies[at, LATEST] = max(tallies[at, LATEST], happened[o])
            cursor[COMING] += 1
        while window != FOR_EVER and cursor[GOING] < len(going) and time[i] - happened[going[cursor[GOING]]] > window:
            o = going[cursor[GOING]]
            k = key[row[o]]
            if k != NO_ID and (kinds >> kind[o]) & 1 and arrival[o] - happened[o] <= window:
                _add(tallies, find(tallies, k, shift), -1, amount[o])
            cursor[GOING] += 1
        if key[i] == NO_ID:
            out[:, i - start] = np.nan
            continue
        at = find(tallies, key[i], shift)
        for j in range(len(whats)):
            out[j, i - start] = read(tallies, at, whats[j], time[i])
    return stop


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add(tallies: Ints, at: np.int64, sign: int, amount: int) -> None:
    # whole units apart, since a few of the largest amounts would not fit 64 bits in millionths
    part = tallies[at, PART] + sign * (amount % MICROS)
    tallies[at, COUNT] += sign
    tallies[at, WHOLE] += sign * (amount // MICROS) + part // MICROS
    tallies[at, PART] = part % MICROS
