"""Which clicks are measured together: all of them, or those of one campaign, one country, one device."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.sums import Bools, Ints

_STEPS = 1 << 20  # clicks to a step
OTHER = "(other)"  # the pool of the values that are too many


@dataclass(frozen=True)
class Split:
    """Clicks in parts; every part is cut again into mature clicks and the rest, which makes two groups of it."""

    names: tuple[str, ...]  # of the parts: "" for all clicks, else "name=value"
    mature: Bools
    codes: NDArray[np.int32] | None = None  # shape (n_clicks,); None if there is one part
    part: Ints | None = None  # of each code

    def groups(self, rows: slice) -> NDArray[np.uint16]:
        """Return the group of each click: 2 * part, plus 1 where it is not mature."""
        immature = (~np.asarray(self.mature[rows])).astype(np.uint16)
        if self.codes is None or self.part is None:
            return immature
        return (2 * self.part[self.codes[rows]]).astype(np.uint16) + immature

    def order(self, rows: slice) -> tuple[Ints | None, Ints]:
        """Return the order that brings groups together, None if they are, and where each group begins and the last ends.

        Within a group clicks stay in order of time.
        """
        group = self.groups(rows)
        size = np.bincount(group, minlength=2 * len(self.names)) if group.any() else _only_first(group, self.names)
        order = np.argsort(group, kind="stable") if np.any(group[1:] < group[:-1]) else None
        return order, np.concatenate(([0], np.cumsum(size)))


def _only_first(group: NDArray[np.uint16], names: Sequence[str]) -> Ints:
    size = np.zeros(2 * len(names), np.int64)
    size[0] = len(group)
    return size


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
