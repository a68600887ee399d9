"""How long conversions take: the delay distribution of a log."""

from typing import NamedTuple

import numpy as np

from simulator.metrics.sums import Ints

SECOND = 1_000_000  # us
_STEPS = 1 << 20  # delays to a step, so that a memory-mapped column is never whole in memory


class DelayTable(NamedTuple):
    """Delays counted between edges."""

    edges: Ints  # shape (n_edges,), us, increasing
    counts: Ints  # shape (n_edges - 1,): delays in [edge, next edge); the last holds its upper edge too
    outside: int  # delays below the first edge or above the last


def delay_edges(window: int, intervals: int = 60) -> Ints:
    """Return 0 and edges from one second to `window`, each the same factor above the one before, us.

    Parameters
    ----------
    window : int
        The attribution window, us, above 0.
    intervals : int
        How many intervals between one second and `window`; fewer if they would be shorter than a microsecond.

    Examples
    --------
    >>> delay_edges(1000 * 1_000_000, 3).tolist()
    [0, 1000000, 10000000, 100000000, 1000000000]
    """
    inner = np.geomspace(min(SECOND, window), window, intervals + 1).round().astype(np.int64)
    inner[-1] = window
    return np.unique(np.concatenate(([0], inner)))


def delay_table(delay: Ints, edges: Ints) -> DelayTable:
    """Count delays between edges.

    Parameters
    ----------
    delay : int64 array of shape (n_conversions,)
        Conversion time minus click time, us, of clicks that convert.
    edges : int64 array of shape (n_edges,)
        Increasing, us; see `delay_edges`.

    Examples
    --------
    >>> import numpy as np
    >>> delay_table(np.array([0, 500, 1_000, 2_000]), np.array([0, 1_000, 2_000])).counts.tolist()
    [2, 2]
    """
    counts = np.zeros(len(edges) - 1, np.int64)
    for start in range(0, len(delay), _STEPS):
        part = np.sort(delay[start : start + _STEPS])
        at = np.searchsorted(part, edges)
        at[-1] = np.searchsorted(part, edges[-1], side="right")
        counts += np.diff(at)
    return DelayTable(edges, counts, len(delay) - int(counts.sum()))
