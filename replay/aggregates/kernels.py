"""The sweeps: a log played in order of time, each group's tally read at its clicks.

A tally is a row of int64: count, whole units and millionths of the amount, and when the latest happened.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from replay.aggregates.groups import Groups
from replay.log import MICROS, Ints

COUNT, WHOLE, PART, LATEST = range(4)
TALLIED = 4  # columns of a tally
NOTHING = np.iinfo(np.int64).min  # latest, where nothing was
UNKNOWN = -1  # count, where the key is missing
FOR_EVER = np.iinfo(np.int64).max  # window, where there is none


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_clicks(
    start: int, stop: int, time: Ints, group: Groups, window: int, tally: Ints, cursor: Ints, out: Ints
) -> None:
    """Fill the tallies that clicks start to stop find, of clicks before theirs in time.

    Parameters
    ----------
    start, stop : int
    time : int array of shape (n_clicks,)
    group : int array of shape (n_clicks,)
    window : int
        us
    tally : int array of shape (n_groups, 4)
        As the piece before left it.
    cursor : int array of shape (2,)
        The next click to come in, and to go out of the window.
    out : int array of shape (stop - start, 4)
    """
    for i in range(start, stop):
        while time[cursor[0]] < time[i]:
            g = group[cursor[0]]
            if g >= 0:
                tally[g, COUNT] += 1
                tally[g, LATEST] = time[cursor[0]]
            cursor[0] += 1
        while window != FOR_EVER and time[i] - time[cursor[1]] > window:
            g = group[cursor[1]]
            if g >= 0:
                tally[g, COUNT] -= 1
            cursor[1] += 1
        _read(tally, group[i], out, i - start)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_outcomes(
    start: int,
    stop: int,
    time: Ints,
    group: Groups,
    coming: Ints,
    going: Ints,
    arrival: Ints,
    row: Ints,
    kind: NDArray[np.int8],
    happened: Ints,
    amount: Ints,
    kinds: int,
    window: int,
    tally: Ints,
    cursor: Ints,
    out: Ints,
) -> None:
    """Fill the tallies that clicks start to stop find, of outcomes that arrived before theirs in time.

    Parameters
    ----------
    start, stop : int
    time, group : int arrays of shape (n_clicks,)
    coming, going : int arrays
        Indices of the outcomes that arrive at all, by when they arrive and by when they happened.
    arrival, row, kind, happened, amount : arrays of shape (n_outcomes,)
    kinds : int
        Bits of the kinds that count.
    window : int
        us
    tally, cursor, out
        As in `sweep_clicks`.
    """
    for i in range(start, stop):
        while cursor[0] < len(coming) and arrival[coming[cursor[0]]] < time[i]:
            o = coming[cursor[0]]
            g = group[row[o]]
            # what arrives when its window is over never counts
            if g >= 0 and (kinds >> kind[o]) & 1 and arrival[o] - happened[o] <= window:
                _add(tally, g, 1, amount[o])
                tally[g, LATEST] = max(tally[g, LATEST], happened[o])
            cursor[0] += 1
        while window != FOR_EVER and cursor[1] < len(going) and time[i] - happened[going[cursor[1]]] > window:
            o = going[cursor[1]]
            g = group[row[o]]
            if g >= 0 and (kinds >> kind[o]) & 1 and arrival[o] - happened[o] <= window:
                _add(tally, g, -1, amount[o])
            cursor[1] += 1
        _read(tally, group[i], out, i - start)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add(tally: Ints, g: int, sign: int, amount: int) -> None:
    # whole units apart, since a few of the largest amounts would not fit 64 bits in millionths
    part = tally[g, PART] + sign * (amount % MICROS)
    tally[g, COUNT] += sign
    tally[g, WHOLE] += sign * (amount // MICROS) + part // MICROS
    tally[g, PART] = part % MICROS


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _read(tally: Ints, g: int, out: Ints, at: int) -> None:
    if g < 0:
        out[at, COUNT] = UNKNOWN
        return
    for j in range(out.shape[1]):
        out[at, j] = tally[g, j]
