"""Clicks sorted once by prediction, from which AUC, average precision and calibration in bins are all read.

A float32 in [0, 1] has the order of its bit pattern, which is below 2^30, so two labels fit below it in 32 bits.
Sorting is then one vectorised sort of plain integers, and tied predictions stay together whatever the order of rows.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from simulator.metrics.counts import check_bins, inner_edges
from simulator.metrics.sums import Bools, Floats, Floats32, Ints

Keys = NDArray[np.uint32]

CHUNK = 1 << 16  # clicks to a step: what a step makes stays in the processor's cache
_ONE = np.uint32(0x3F800000)  # the bits of 1.0


class Ranking(NamedTuple):
    """What the order of the predictions says about one set of labels; nan where it says nothing."""

    auc: float
    pr_auc: float
    ece: float


def keys_of(p: Floats32, label: Bools) -> Keys:
    """Return a key for each click, with its first label; ascending keys are descending predictions.

    Raises
    ------
    ValueError
        If a prediction lies outside [0, 1] or is nan.
    """
    keys = np.empty(len(p), np.uint32)
    for start in range(0, len(p), CHUNK):
        part = slice(start, start + CHUNK)
        out, bits = keys[part], p[part].view(np.uint32)
        if bits.max() > _ONE:
            bits = _checked(p[part]).view(np.uint32)
        np.subtract(_ONE, bits, out=out)
        out <<= np.uint32(1)
        out |= label[part].view(np.uint8)
        out <<= np.uint32(1)
    return keys


def _checked(p: Floats32) -> Floats32:
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError(f"predictions must lie in [0, 1], got {p.min()} to {p.max()}")
    return np.abs(p)  # -0.0 is 0


def predictions_of(keys: Keys) -> Floats32:
    """Return the predictions that keys were made of."""
    return (_ONE - (keys >> np.uint32(2))).view(np.float32)


def rank(keys: Keys, bins: int, binning: str) -> tuple[Ranking, Ranking]:
    """Return AUC, average precision and ECE of sorted keys, by their first label and by their second."""
    cuts = _cuts(keys, bins, binning)
    expected, converted = np.zeros(bins), np.zeros((2, bins), np.int64)
    lost, precision = np.zeros(2, np.int64), np.zeros(2)
    _scan(keys, cuts, expected, converted, lost, precision)
    both = zip(converted, lost.tolist(), precision.tolist(), strict=True)
    first, second = (_ranking(*tally, expected, len(keys)) for tally in both)
    return first, second


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _scan(keys: Keys, cuts: Ints, expected: Floats, converted: Ints, lost: Ints, precision: Floats) -> None:
    """Walk down sorted keys, one run of equal predictions after the other; none crosses the end of a bin.

    By bin: the sum of predictions and each label's conversions.  By label: twice the pairs in which a click that does
    not convert is predicted higher, a tie counting half; and, summed over conversions, the share that converted of the
    clicks predicted at least as high.
    """
    found = np.zeros(2, np.int64)
    for b in range(len(expected)):
        part, first, total = keys[cuts[b] : cuts[b + 1]], cuts[b], 0.0
        one, two = 0, 0  # conversions of the run, by either label
        for i in range(len(part)):
            key = part[i]
            one += int((key >> np.uint32(1)) & np.uint32(1))
            two += int(key & np.uint32(1))
            total += np.float64(np.uint32(_ONE - (key >> np.uint32(2))).view(np.float32))
            if i + 1 == len(part) or (part[i + 1] ^ key) >= np.uint32(4):
                stop = cuts[b] + i + 1
                for label, hits in ((0, one), (1, two)):
                    lost[label] += hits * (2 * (first - found[label]) + stop - first - hits)
                    found[label] += hits
                    converted[label, b] += hits
                    precision[label] += hits * found[label] / stop
                first, one, two = stop, 0, 0
        expected[b] = total


def _ranking(converted: Ints, lost: int, precision: float, expected: Floats, clicks: int) -> Ranking:
    found = int(converted.sum())
    pairs = found * (clicks - found)
    return Ranking(
        1 - lost / 2 / pairs if pairs else np.nan,
        precision / found if found else np.nan,
        float(np.abs(expected - converted).sum()) / clicks if clicks else np.nan,
    )


def _cuts(keys: Keys, bins: int, binning: str) -> Ints:
    """Return where the bins of sorted keys begin and end, shape (bins + 1,), the highest predictions first."""
    check_bins(bins, binning)
    n = len(keys)
    if not n:
        return np.zeros(bins + 1, np.int64)
    if binning == "width":
        edges = inner_edges(bins)[::-1]
        below = edges.astype(np.float32)
        below = np.where(below > edges, np.nextafter(below, np.float32(0)), below)
        inner = np.searchsorted(keys, (_ONE - below.view(np.uint32)) << np.uint32(2))
    else:
        nominal = -(-np.arange(1, bins) * n // bins)
        inner = np.searchsorted(keys, keys[nominal - 1] | np.uint32(3), side="right")
    return np.concatenate(([0], inner, [n]))
