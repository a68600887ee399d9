"""One auction after the other, in a compiled loop: bids, budgets, and what is paid."""

from enum import IntEnum
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class Went(IntEnum):
    """What became of an auction."""

    WON = 0
    OUTBID = 1
    NOT_HELD = 2  # outside the traffic that a scenario leaves
    BEFORE_LAUNCH = 3
    BUDGET_SPENT = 4


DAY = 86_400_000_000  # us
HIGHEST = 1e15  # millionths: bids are cut here, so that sums stay in 64 bits


@numba.njit(cache=True, nogil=True, error_model="numpy")
def hold(
    time: Ints,
    group: NDArray[np.int32],
    held: NDArray[np.bool_],
    value: NDArray[np.float64],
    price: Ints,
    multiplier: NDArray[np.float64],
    launch: Ints,
    budget: Ints,
    spent: Ints,
    day: Ints,
    second: bool,
    went: NDArray[np.int8],
    paid: Ints,
) -> Any:
    """Hold auctions in order.

    A campaign bids until what it has spent in the UTC day reaches its budget, so its last click may go over it.  A bid
    wins where it is above the price; then that is paid with second prices, or the bid.

    Parameters
    ----------
    time, group, held, price : columns of shape (n_auctions,)
    value : float64 array of shape (n_auctions,)
        What the bidder takes the click to be worth, millionths: a bid at a multiplier of 1.
    multiplier, launch, budget : arrays of shape (n_groups,)
    spent : int64 array of shape (n_groups,)
        In the day so far; kept up to date.
    day : int64 array of shape (1,)
        Days since the epoch of the last auction; kept up to date.
    second : bool
    went : int8 array of shape (n_auctions,)
        Filled, with a `Went` each.
    paid : int64 array of shape (n_auctions,)
        Filled, millionths; 0 where not won.
    """
    for i in range(len(time)):
        paid[i] = 0
        if time[i] // DAY != day[0]:
            day[0] = time[i] // DAY
            spent[:] = 0
        g = group[i]
        if not held[i]:
            went[i] = 2
        elif time[i] < launch[g]:
            went[i] = 3
        elif spent[g] >= budget[g]:
            went[i] = 4
        else:
            bid = np.int64(np.rint(min(value[i] * multiplier[g], HIGHEST)))
            if bid > price[i]:
                went[i] = 0
                paid[i] = price[i] if second else bid
                spent[g] += paid[i]
            else:
                went[i] = 1
