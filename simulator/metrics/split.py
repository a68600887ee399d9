"""Which clicks are measured together: all of them, or those of one campaign, one country, one device."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.sums import Bools, Ints

_STEPS = 1 << 20  # clicks to a step
OTHER = "(other)"  # the pool of the values that are too many


@dataclass(frozen=True)
class Split:
    """Clicks in parts; each part is two groups, its mature clicks and the others."""

    names: tuple[str, ...]  # of the parts: "" for all clicks, else "name=value"
    mature: Bools
    codes: NDArray[np.int32] | None = None  # shape (n_clicks,); None if all clicks are one part
    part: Ints | None = None  # of each code

    def sizes(self, rows: slice) -> Ints:
        """Return how many clicks each group has, shape (2 * n_parts,)."""
        sizes = np.zeros(2 * len(self.names), np.int64)
        for start in range(rows.start, rows.stop, _STEPS):
            group = self._groups(slice(start, min(start + _STEPS, rows.stop)))
            sizes += _sizes(group, len(sizes))
        return sizes

    def order(self, rows: slice) -> tuple[Ints | None, Ints]:
        """Return what brings groups together, and where each begins and the last ends, shape (2 * n_parts + 1,).

        The order is stable, so within a group clicks stay in order of time; None if it would change nothing.
        """
        group = self._groups(rows)
        order = np.argsort(group, kind="stable") if np.any(group[1:] < group[:-1]) else None
        return order, np.concatenate(([0], np.cumsum(_sizes(group, 2 * len(self.names)))))

    def _groups(self, rows: slice) -> NDArray[np.unsignedinteger[Any]]:
        immature = ~np.asarray(self.mature[rows])
        if self.codes is None or self.part is None:
            return immature.view(np.uint8)
        small = np.min_scalar_type(2 * len(self.names))  # numpy sorts 16 bits by radix
        return (2 * self.part).astype(small)[self.codes[rows]] + immature


def _sizes(group: NDArray[np.unsignedinteger[Any]], n_groups: int) -> Ints:
    if n_groups == 2:
        others = np.count_nonzero(group)
        return np.array([len(group) - others, others])
    return np.bincount(group, minlength=n_groups)


def split_by(
    name: str, codes: NDArray[np.int32], values: Sequence[str], mature: Bools, rows: slice, most: int
) -> Split:
    """Return the split of clicks by a segment's values.

    Parameters
    ----------
    name : str
        The segment's, such as "campaign".
    codes : int32 array of shape (n_clicks,)
        Index into `values`.
    values : sequence of str
    mature : bool array of shape (n_clicks,)
    rows : slice
        The clicks that are measured.
    most : int
        How many values stand for themselves, those with most clicks first, ties by name; the rest is pooled.
    """
    clicks = np.zeros(len(values), np.int64)
    for start in range(rows.start, rows.stop, _STEPS):
        clicks += np.bincount(codes[start : min(start + _STEPS, rows.stop)], minlength=len(values))
    ranked = sorted(np.flatnonzero(clicks).tolist(), key=lambda code: (-clicks[code], values[code]))
    kept = sorted(ranked[:most], key=lambda code: values[code])
    part = np.full(len(values), len(kept))
    part[kept] = np.arange(len(kept))
    pooled = (OTHER,) if len(ranked) > most else ()
    return Split(tuple(f"{name}={value}" for value in (*(values[code] for code in kept), *pooled)), mature, codes, part)
