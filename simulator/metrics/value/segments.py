"""Money by segment: predicted and received by campaign, by country, by device."""

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.split import Split, split_by
from simulator.metrics.sums import CHUNK, Floats, Ints
from simulator.metrics.value.clicks import Received, Valued
from simulator.metrics.value.pieces import Pieces, add_by_group, sparse_by_group
from simulator.metrics.value.sums import DENSE_AT, N_SUMS, dense_terms
from simulator.metrics.value.table import ValueCell


class _Groups:
    """Which segment, in which block, each click belongs to."""

    def __init__(self, pieces: Pieces, codes: NDArray[np.int32], split: Split) -> None:
        self._pieces, self._codes = pieces, codes
        self._part = np.zeros(1, np.int64) if split.part is None else split.part
        self.shape = (len(split.names), pieces.n_blocks)
        self.count = self.shape[0] * self.shape[1]

    def of(self, row: Ints) -> Ints:
        """Return the group of some clicks."""
        return self._part[self._codes[row]] * self.shape[1] + self._pieces.block[self._pieces.of(row)]


def segment_cells(
    clicks: Valued, pieces: Pieces, name: str, most: int, money: tuple[Received, Received], kept: Ints
) -> list[ValueCell]:
    """Return the cells of a segment's values, overall.

    Parameters
    ----------
    clicks : Valued
    pieces : Pieces
    name : str
        The segment's.
    most : int
        How many values stand for themselves, those with most clicks first; the rest is pooled.
    money : pair of Received
        Of mature clicks, and of all as seen at the end.
    kept : int64 array
        Blocks that have mature clicks, as indices.
    """
    codes, values = clicks.segments[name]
    split = split_by(name, codes, values, np.ones(0, np.bool_), pieces.rows, most)
    groups = _Groups(pieces, codes, split)
    sums = _dense(clicks, pieces, groups)
    for which, found in enumerate(money):
        sums[which] += sparse_by_group(clicks, found, groups.of, groups.count)
    by_part = sums.reshape(2, *groups.shape, N_SUMS)
    there = by_part[1, :, :, 0].sum(axis=1).astype(np.int64).tolist()
    cells = []
    for at, one in enumerate(split.names):
        true, seen = by_part[:, at]
        cells.append(ValueCell("overall", *pieces.span, one, "true", there[at], true.sum(axis=0), None, true[kept]))
        cells.append(ValueCell("overall", *pieces.span, one, "as_seen", there[at], seen.sum(axis=0), None))
    return cells


def _dense(clicks: Valued, pieces: Pieces, groups: _Groups) -> Floats:
    """Return what clicks add whatever they bring: the mature ones, and all; shape (2, n_groups, n_sums)."""
    rows = pieces.rows
    sums = np.zeros((2, groups.count, N_SUMS))
    bound = max(min(clicks.n_mature, rows.stop), rows.start)
    for which, (first, stop) in enumerate(((rows.start, bound), (bound, rows.stop))):
        for start in range(first, stop, CHUNK):
            cut = slice(start, min(start + CHUNK, stop))
            terms = dense_terms(clicks.prediction[cut], None if clicks.truth is None else clicks.truth[cut])
            add_by_group(sums[which], DENSE_AT, terms, groups.of(np.arange(cut.start, cut.stop)))
    sums[1] += sums[0]
    return sums
