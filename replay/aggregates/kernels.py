"""The sweeps: a log played in order of time, with a tally per key that is read at the key's clicks.

Each fills the values of a piece of the clicks, and returns how far it got among what comes in and what goes out of the
window: there the next piece goes on.
"""

import numba
import numpy as np

from replay.aggregates.base import WHAT
from replay.aggregates.numbers import MISSING, UNKNOWN, Numbers
from replay.log import MICROS, NEVER, Floats, Ints
from replay.prefetch import AHEAD, prefetch

COUNT, LATEST, WHOLE, PART = range(4)  # columns of a tally; the amount is in whole units and millionths
OF_CLICKS, OF_OUTCOMES = 2, 4  # how many of them there are

FOR_EVER = np.iinfo(np.int64).max  # window, where there is none
_UNSURE = np.iinfo(np.int64).min
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
            prefetch(tallies, np.intp(number[min(going + AHEAD, stop - 1) - first]))
            tallies[number[going - first], COUNT] -= 1
            going += 1
        k = number[i - first]
        for j in range(len(whats)):
            value = float(tallies[k, COUNT]) if whats[j] == _COUNTED else _since(tallies, k, now)
            out[j, i - start] = value if k != MISSING else np.nan
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
    amount: Ints,
    window: int,
    tallies: Ints,
    said: Floats,
    whats: Ints,
    out: Floats,
) -> tuple[int, int]:
    """Read at each click the tally of the outcomes that arrived before it in time.

    What a tally says is worked out when it changes, which is far more seldom than it is read.

    Parameters
    ----------
    coming, going : int
        As in `sweep_clicks`, of outcomes.
    time, number : arrays of shape (n_clicks,)
        Of the clicks of this piece.
    arriving, ageing : int arrays
        Indices of the outcomes that count, by when they arrive and by when they happened.
    arrival, happened, key, amount : arrays of shape (n_outcomes,)
        The key is a number.
    window : int
        us
    tallies : int array of shape (n_keys, 4)
        Of the keys that outcomes have; later numbers have none.
    said : float array of shape (n_keys, n_whats)
        What the tallies say, but for times since; as the piece before left it.
    whats, out
        As in `sweep_clicks`.
    """
    due = _UNSURE  # up to then no tally changes
    for i in range(len(time)):
        prefetch(said, np.intp(_within(said, number[min(i + AHEAD, len(time) - 1)])))
        now = time[i]
        if now > due:
            while coming < len(arriving) and arrival[arriving[coming]] < now:
                o = arriving[coming]
                _add(tallies, key[o], 1, amount[o])
                tallies[key[o], LATEST] = max(tallies[key[o], LATEST], happened[o])
                _say(tallies, key[o], whats, said)
                coming += 1
            while window != FOR_EVER and going < len(ageing) and now - happened[ageing[going]] > window:
                o = ageing[going]
                _add(tallies, key[o], -1, amount[o])
                _say(tallies, key[o], whats, said)
                going += 1
            due = arrival[arriving[coming]] if coming < len(arriving) else NEVER
            if window != FOR_EVER and going < len(ageing):
                due = min(due, happened[ageing[going]] + window)
        k = _within(said, number[i])
        for j in range(len(whats)):
            value = said[k, j] if whats[j] != _SINCE else _since(tallies, k, now)
            out[j, i] = value if k != MISSING else np.nan
    return coming, going


@numba.njit(inline="always", error_model="numpy")
def _within(said: Floats, k: int) -> int:
    return k if k < len(said) else UNKNOWN


@numba.njit(inline="always", error_model="numpy")
def _add(tallies: Ints, k: int, sign: int, amount: int) -> None:
    # whole units apart, since a few of the largest amounts would not fit 64 bits in millionths
    part = tallies[k, PART] + sign * (amount % MICROS)
    tallies[k, COUNT] += sign
    tallies[k, WHOLE] += sign * (amount // MICROS) + part // MICROS
    tallies[k, PART] = part % MICROS


@numba.njit(inline="always", error_model="numpy")
def _say(tallies: Ints, k: int, whats: Ints, said: Floats) -> None:
    money = float(tallies[k, WHOLE]) + tallies[k, PART] / MICROS
    for j in range(len(whats)):
        if whats[j] == _COUNTED:
            said[k, j] = tallies[k, COUNT]
        elif whats[j] == _SUMMED:
            said[k, j] = money
        elif whats[j] == _AVERAGED:
            said[k, j] = money / tallies[k, COUNT]  # 0 / 0 is NaN


@numba.njit(inline="always", error_model="numpy")
def _since(tallies: Ints, k: int, now: int) -> float:
    count = float(tallies[k, COUNT])
    return float((now - tallies[k, LATEST]) / MICROS * (count / count))  # 0 / 0 is NaN; a branch would be a guess
