"""Every metric over time, overall and by segment, by what was true and by what could be seen."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from simulator.metrics import METRICS
from simulator.metrics.days import day_stats
from simulator.metrics.intervals import day_weights, interval
from simulator.metrics.ranked import CHUNK, LABEL, SEEN, Keys, Ranking, keys_of, rank
from simulator.metrics.split import Split, split_by
from simulator.metrics.sums import Bools, Floats, Floats32, Ints, Sums, sums_of_chunk
from simulator.metrics.table import Cell, MetricTable, metric_table, values_of

T = TypeVar("T", bound=np.generic)

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
    rows = slice(first.rows.start, last.rows.stop)
    pile = _Pile(split, rows)
    total = np.zeros((2 * len(split.names), 3, _N_SUMS))
    cells: list[Cell] = []
    for at in windows:
        frame = _frame(clicks, split, at, last.end)
        sums = _sums(frame)
        total += sums
        pile.add(frame)
        keys = keys_of(frame.prediction, frame.labels[_TRUE], frame.labels[_SEEN])
        cells += _cells("window", at, split, sums[:, [_TRUE, _SEEN]], keys, frame.edges, how)
    whole = _Window(first.start, last.end, rows)
    return [*_cells("overall", whole, split, total[:, [_TRUE, _FINAL]], pile.keys, pile.edges, how), *cells]


class _Pile:
    """The keys of all clicks of a split, brought together by group as the windows go by."""

    def __init__(self, split: Split, rows: slice) -> None:
        self.edges = np.concatenate(([0], np.cumsum(split.sizes(rows))))
        self.keys: Keys = np.empty(self.edges[-1], np.uint32)
        self._next = self.edges[:-1].copy()

    def add(self, frame: _Frame) -> None:
        keys = keys_of(frame.prediction, frame.labels[_TRUE], frame.labels[_FINAL])
        for group, (first, last) in enumerate(pairwise(frame.edges)):
            at = self._next[group]
            self.keys[at : at + last - first] = keys[first:last]
        self._next += np.diff(frame.edges)


def _frame(clicks: Evaluated, split: Split, window: _Window, end: int) -> _Frame:
    order, edges = split.order(window.rows)
    arrival = _take(clicks.arrival, window.rows, order)
    labels = (_take(clicks.label, window.rows, order), arrival <= window.end, arrival <= end)
    truth = None if clicks.true_probability is None else _take(clicks.true_probability, window.rows, order)
    return _Frame(_take(clicks.prediction, window.rows, order), labels, truth, edges)


def _take(column: NDArray[T], rows: slice, order: Ints | None) -> NDArray[T]:
    part = np.asarray(column[rows])
    return part if order is None else part[order]


def _sums(frame: _Frame) -> Floats:
    """Return the sums of each group by each of the labels, shape (n_groups, 3, n_sums)."""
    sums = np.zeros((len(frame.edges) - 1, 3, _N_SUMS))
    for group, (first, last) in enumerate(pairwise(frame.edges)):
        for start in range(first, last, CHUNK):
            part = slice(start, min(start + CHUNK, last))
            truth = None if frame.true_probability is None else frame.true_probability[part]
            sums[group] += sums_of_chunk(frame.prediction[part], [label[part] for label in frame.labels], truth)
    return sums


def _cells(span: str, at: _Window, split: Split, sums: Floats, keys: Keys, edges: Ints, how: Binning) -> Iterator[Cell]:
    """Yield the true curve and the curve as seen of each part; sorts the keys of each part in place.

    `sums` has shape (n_groups, 2, n_sums): by the true labels, by those seen.
    """
    for part, name in enumerate(split.names):
        mature, other = sums[2 * part], sums[2 * part + 1]
        first, grown, last = edges[2 * part : 2 * part + 3]
        true, seen = _rankings(keys[first:last], grown - first, how)
        yield Cell(span, at.start, at.end, name, "true", last - first, mature[0], true)
        yield Cell(span, at.start, at.end, name, "as_seen", last - first, mature[1] + other[1], seen)


def _rankings(keys: Keys, n_mature: int, how: Binning) -> tuple[Ranking, Ranking]:
    mature = keys[:n_mature]
    mature.sort()
    if n_mature == len(keys):
        true, seen = rank(keys, [LABEL, SEEN], *how)
        return true, seen
    (true,) = rank(mature, [LABEL], *how)
    keys.sort()
    (seen,) = rank(keys, [SEEN], *how)
    return true, seen
