"""The sweeps: a log played in order of time, with a tally per key that is read at the key's clicks.

Each fills the values of a piece of the clicks, and returns how far it got among what comes in and what goes out of the
window: there the next piece goes on.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from replay.aggregates.base import WHAT
from replay.aggregates.numbers import MISSING, UNKNOWN, Numbers
from replay.log import MICROS, Floats, Ints
from replay.prefetch import AHEAD, prefetch

COUNT, LATEST, WHOLE, PART = range(4)  # columns of a tally; the amount is in whole units and millionths
OF_CLICKS, OF_OUTCOMES = 2, 4  # how many of them there are

FOR_EVER = np.iinfo(np.int64).max  # window, where there is none
_COUNTED, _SUMMED, _AVERAGED, _SINCE = range(len(WHAT))  # what is read from a tally, as places in WHAT


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_clicks(
    start: int,
    stop: int,
    coming: int,
    going: int,
    time: Ints,
    number: Numbers,
    first: int,
    window: int,
    tallies: Ints,
    whats: Ints,
    out: Floats,
) -> tuple[int, int]:
    """Read at each click the tally of the clicks before it in time.

    Parameters
    ----------
    start, stop : int
    coming, going : int
        The next click to come in, and the next to go out of the window.
    time : int array of shape (n_clicks,)
    number : int32 array
        Of the keys of clicks `first` to `stop`.
    first : int
    window : int
        us
    tallies : int array of shape (n_keys, 2)
        As the piece before left it.
    whats : int array
    out : float array of shape (n_whats, stop - start)
    """
    for i in range(start, stop):
        prefetch(tallies, np.intp(number[min(i + AHEAD, stop - 1) - first]))
        now = time[i]
        while time[coming] < now:
            k = number[coming - first]
            tallies[k, COUNT] += 1
            tallies[k, LATEST] = time[coming]
            coming += 1
        while window != FOR_EVER and now - time[going] > window:
            tallies[number[going - first], COUNT] -= 1
            going += 1
        for j in range(len(whats)):
            out[j, i - start] = _read(tallies, number[i - first], whats[j], now)
    return coming, going


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sweep_outcomes(
    coming: int,
    going: int,
    time: Ints,
    number: Numbers,
    arriving: Ints,
    ageing: Ints,
    arrival: Ints,
    happened: Ints,
    key: Numbers,
    kind: NDArray[np.int8],
    amount: Ints,
    kinds: int,
    window: int,
    tallies: Ints,
    whats: Ints,
    out: Floats,
) -> tuple[int, int]:
    """Read at each click the tally of the outcomes that arrived before it in time.

    Parameters
    ----------
    coming, going : int
        As in `sweep_clicks`, of outcomes.
    time, number : arrays of shape (n_clicks,)
        Of the clicks of this piece.
    arriving, ageing : int arrays
        Indices of the outcomes that arrive at all, by when they arrive and by when they happened.
    arrival, happened, key, kind, amount : arrays of shape (n_outcomes,)
        The key is a number.
    kinds : int
        Bits of the kinds that count.
    window : int
        us
    tallies : int array of shape (n_keys, 4)
        Of the keys that outcomes have; later numbers have none.
    whats, out
        As in `sweep_clicks`.
    """
    for i in range(len(time)):
        now = time[i]
        k = number[i] if number[i] < len(tallies) else UNKNOWN
        while coming < len(arriving) and arrival[arriving[coming]] < now:
            o = arriving[coming]
            # what arrives when its window is over never counts
            if (kinds >> kind[o]) & 1 and arrival[o] - happened[o] <= window:
                _add(tallies, key[o], 1, amount[o])
                tallies[key[o], LATEST] = max(tallies[key[o], LATEST], happened[o])
            coming += 1
        while window != FOR_EVER and going < len(ageing) and now - happened[ageing[going]] > window:
            o = ageing[going]
            if (kinds >> kind[o]) & 1 and arrival[o] - happened[o] <= window:
                _add(tallies, key[o], -1, amount[o])
            going += 1
        for j in range(len(whats)):
            out[j, i] = _read(tallies, k, whats[j], now)
    return coming, going


@numba.njit(inline="always", error_model="numpy")
def _add(tallies: Ints, k: int, sign: int, amount: int) -> None:
    # whole units apart, since a few of the largest amounts would not fit 64 bits in millionths
    part = tallies[k, PART] + sign * (amount % MICROS)
    tallies[k, COUNT] += sign
    tallies[k, WHOLE] += sign * (amount // MICROS) + part // MICROS
    tallies[k, PART] = part % MICROS


@numba.njit(inline="always", error_model="numpy")
def _read(tallies: Ints, k: int, what: int, now: int) -> float:
    """Return what a tally says at a moment, NaN where it says nothing."""
    # Without a branch that hangs on the tally, since nobody can guess which keys have one: 0 / 0 is NaN.
    if k == MISSING:
        return np.nan
    count = float(tallies[k, COUNT])
    if what == _COUNTED:
        return count
    if what == _SINCE:
        return float((now - tallies[k, LATEST]) / MICROS * (count / count))
    money = float(tallies[k, WHOLE]) + tallies[k, PART] / MICROS
    return float(money) if what == _SUMMED else float(money / count)
