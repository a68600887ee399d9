"""Curves over fewer, longer windows, worked out from sums: ratios are never averaged."""

from collections.abc import Mapping, Sequence
from itertools import chain, count

import numpy as np

from scenarios.durations import DAY, HOUR, MINUTE
from simulator.report.curves import MEAN, RATIO, Curve, Curves, Floats

WIDTHS = [
    15 * MINUTE,
    30 * MINUTE,
    *(hours * HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * DAY for days in (1, 2, 7, 14, 28)),
]


def width_for(curves: Sequence[Curve], most: int) -> int | None:
    """Return the length of the windows, us, that leave each curve at most `most` points; None if they do already."""
    if max((len(curve.start) for curve in curves), default=0) <= most:
        return None
    span = max(int(curve.end[-1]) for curve in curves) - min(int(curve.start[0]) for curve in curves)
    longer = (WIDTHS[-1] << i for i in count(1))
    return next(width for width in chain(WIDTHS, longer) if span // width + 2 <= most)


def coarser(curves: Curves, width: int) -> dict[tuple[str, str, str], Curve]:
    """Return the same curves over windows of `width` us, which start at multiples of it.

    A calibration ratio is all predicted conversions of the stretch over all observed ones; another metric is its mean
    by clicks, so it must be one.
    """
    return {key: _ratio(key, curves, width) if key[-1] == RATIO else _mean(one, width) for key, one in curves.items()}


def _ratio(key: tuple[str, str, str], curves: Mapping[tuple[str, str, str], Curve], width: int) -> Curve:
    mean = curves[*key[:2], MEAN]
    return _merged(mean, width, mean.value * mean.clicks, mean.conversions.astype(np.float64))


def _mean(curve: Curve, width: int) -> Curve:
    return _merged(curve, width, curve.value * curve.clicks, curve.clicks.astype(np.float64))


def _merged(curve: Curve, width: int, above: Floats, below: Floats) -> Curve:
    stretch, first = np.unique(curve.start // width, return_index=True)
    there = np.isfinite(above)
    total = np.add.reduceat(np.where(there, below, 0), first)
    summed = np.add.reduceat(np.where(there, above, 0), first)
    value = np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)
    clicks, conversions = (np.add.reduceat(column, first) for column in (curve.clicks, curve.conversions))
    return Curve(stretch * width, (stretch + 1) * width, value, clicks, conversions)
