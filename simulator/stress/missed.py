"""How many conversions come too late for each window."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from replay.feed import Deliveries
from replay.log import ClickLog
from simulator.stress.losses import Floats, Ints

MOST_SEGMENTS = 30  # of one column, those with most conversions


class Late(NamedTuple):
    """Some clicks' conversions, and the share of them that each window misses."""

    segment: str  # "" for all, else "name=value"
    conversions: int
    share: Floats  # shape (n_windows,); nan where nothing converts


def missed(log: ClickLog, deliveries: Deliveries, windows: Sequence[int], judged: slice) -> list[Late]:
    """Return what windows miss, of all clicks and by segment.

    Parameters
    ----------
    log : ClickLog
    deliveries : Deliveries
    windows : sequence of int
        us.
    judged : slice
        Rows of the clicks that are evaluated and mature.
    """
    converts = np.flatnonzero(deliveries.label[judged]) + judged.start
    late = deliveries.arrival[converts] - log.click_time[converts]
    found = [_late("", late, windows)]
    for name, segment in log.segments.items():
        codes = segment.code[converts]
        sizes = np.bincount(codes, minlength=len(segment.values))
        kept = sorted(np.flatnonzero(sizes).tolist(), key=lambda code: (-sizes[code], segment.values[code]))
        found += [_late(f"{name}={segment.values[at]}", late[codes == at], windows) for at in kept[:MOST_SEGMENTS]]
    return found


def _late(segment: str, late: Ints, windows: Sequence[int]) -> Late:
    shares = [float(np.mean(late > window)) if len(late) else float("nan") for window in windows]
    return Late(segment, len(late), np.array(shares))
