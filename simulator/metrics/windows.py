"""Every metric over time, overall and by segment, by what was true and by what could be seen."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics import METRICS
from simulator.metrics.days import day_stats
from simulator.metrics.intervals import day_weights, interval
from simulator.metrics.ranked import CHUNK, LABEL, SEEN, Keys, Ranking, keys_of, rank
from simulator.metrics.split import Split, split_by
from simulator.metrics.sums import Bools, Floats, Floats32, Ints, Sums, sums_of_chunk
from simulator.metrics.table import Cell, MetricTable, metric_table, values_of

_TRUE, _SEEN, _FINAL = range(3)  # rows of a frame's labels
_N_SUMS = len(Sums._fields)


class Evaluated(NamedTuple):
    """Clicks that are judged, with one method's predictions: columns of length n_clicks, which may be memory-mapped."""

    click_time: Ints  # us UTC, non-decreasing
    prediction: Floats32  # as served, in (0, 1)
    label: Bools  # whether it converted inside the attribution window; any value where it is not mature
    mature: Bools  # whether that is known
    arrival: Ints  # us UTC, when the trainer's side first knew that it converted; int64 max if it never did
    true_probability: Floats32 | None  # synthetic worlds only
    segments: Mapping[str, tuple[NDArray[np.int32], Sequence[str]]]  # name -> (index into values, values)


class Binning(NamedTuple):
    """How the ECE cuts predictions into bins; see `simulator.metrics.calibration.ece`."""

    bins: int
    binning: str


class _Frame(NamedTuple):
    """The clicks of one window, brought together by group."""

    prediction: Floats32
    labels: tuple[Bools, Bools, Bools]  # true, seen by the window's end, seen by the end of all
    true_probability: Floats32 | None
    edges: Ints  # where each group begins, and the last ends


class _Window(NamedTuple):
    start: int
    end: int
    rows: slice


def evaluate(
    clicks: Evaluated,
    *,
    window: int,
    start: int,
    end: int,
    bins: int = 10,
    binning: str = "count",
    replicates: int = 500,
    seed: int = 0,
    max_segments: int = 20,
) -> MetricTable:
    """Measure clicks of [start, end) overall and by window of click time, all together and by segment.

    Parameters
    ----------
    clicks : Evaluated
        One method's predictions and what came of them.
    window : int
        Length of a window, us; windows begin at its multiples since 1970, the first and last are cut to [start, end).
    start, end : int
        us UTC.
    bins, binning
        Of the ECE; see `simulator.metrics.calibration.ece`.
    replicates, seed : int
        Of the bootstrap over days.
    max_segments : int
        How many values of a segment stand for themselves, those with most clicks first; the rest is pooled.

    Returns
    -------
    MetricTable
        The first rows are those of all clicks overall by the true curve; they alone have intervals.  The true curve
        is about mature clicks alone; the curve as seen is about all clicks of a window with the conversions that had
        arrived by its end.  Overall metrics are computed on all clicks, never averaged over windows.

    Raises
    ------
    ValueError
        If the window is not above 0, a prediction lies outside [0, 1], there is no bin, or no such binning.
    """
    if window <= 0:
        raise ValueError(f"window must be above 0 us, got {window}")
    windows = _windows(clicks.click_time, window, start, max(start, end))
    rows = slice(windows[0].rows.start, windows[-1].rows.stop)
    how = Binning(bins, binning)
    splits = [Split(("",), clicks.mature)]
    splits += [
        split_by(name, codes, values, clicks.mature, rows, max_segments)
        for name, (codes, values) in clicks.segments.items()
    ]
    cells = [cell for split in splits for cell in _measure(clicks, split, windows, how)]
    value = dict(zip(METRICS, values_of(cells[:1])[0].tolist(), strict=True))
    truth = clicks.true_probability
    days = day_stats(
        clicks.click_time[rows],
        clicks.prediction[rows],
        clicks.label[rows],
        clicks.mature[rows],
        None if truth is None else truth[rows],
        value=value,
        bins=bins,
        binning=binning,
    )
    weights = day_weights(len(days.day), replicates, seed)
    return metric_table(cells, days, {metric: interval(days, metric, weights) for metric in METRICS})


def _windows(click_time: Ints, window: int, start: int, end: int) -> list[_Window]:
    """Return the windows of [start, end); one empty window if that is empty."""
    inner = range((start // window + 1) * window, end, window)
    edges = [start, *inner, end]
    at = np.searchsorted(click_time, edges).tolist()
    return [_Window(a, b, slice(i, j)) for (a, b), (i, j) in zip(pairwise(edges), pairwise(at), strict=True)]


def _measure(clicks: Evaluated, split: Split, windows: Sequence[_Window], how: Binning) -> list[Cell]:
    """Return the cells of a split: overall, then window by window."""
    first, last = windows[0], windows[-1]
    pile = _Pile(split, slice(first.rows.start, last.rows.stop))
    total = np.zeros((2 * len(split.names), 3, _N_SUMS))
    cells: list[Cell] = []
    for at in windows:
        frame = _frame(clicks, split, at, last.end)
        sums = _sums(frame)
        total += sums
        pile.add(frame)
        keys = keys_of(frame.prediction, frame.labels[_TRUE], frame.labels[_SEEN])
        cells += _cells("window", at.start, at.end, split, sums[:, [_TRUE, _SEEN]], keys, frame.edges, how)
    overall = _cells("overall", first.start, last.end, split, total[:, [_TRUE, _FINAL]], pile.keys, pile.edges, how)
    return overall + cells


def _frame(clicks: Evaluated, split: Split, window: _Window, end: int) -> _Frame:
    order, edges = split.order(window.rows)
    p, label, arrival, truth = (
        None if column is None else _take(column[window.rows], order)
        for column in (clicks.prediction, clicks.label, clicks.arrival, clicks.true_probability)
    )
    return _Frame(p, (label, arrival <= window.end, arrival <= end), truth, edges)
