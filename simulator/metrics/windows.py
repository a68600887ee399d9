"""Every metric over time, overall and by segment, by what was true and by what could be seen."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.metrics import METRICS
from simulator.metrics.days import DAY, DayTally
from simulator.metrics.intervals import day_weights, interval
from simulator.metrics.ranked import Keys, Ranking, keys_of, rank
from simulator.metrics.split import Split, split_by
from simulator.metrics.sums import CHUNK, Bools, Floats, Floats32, Ints, Sums, sums_of_chunk
from simulator.metrics.table import Cell, MetricTable, metric_table, values_of

_TRUE, _SEEN, _FINAL = range(3)  # rows of a frame's labels
_N_SUMS = len(Sums._fields)
_SAMPLE = 1 << 16  # predictions that decide where the bins of the bootstrap lie


class Evaluated(NamedTuple):
    """Clicks that are judged, with one method's predictions: columns of length n_clicks, which may be memory-mapped."""

    click_time: Ints  # us UTC, non-decreasing
    prediction: Floats32  # as served, in (0, 1)
    label: Bools  # whether it converted inside the attribution window; any value where it is not mature
    mature: Bools  # whether that is known
    arrival: Ints  # us UTC, when the trainer's side first knew that it converted; int64 max if it never did
    true_probability: Floats32 | None  # synthetic worlds only
    segments: Mapping[str, tuple[NDArray[np.int32], Sequence[str]]]  # name -> (index into values, values)
    refund_arrival: Ints | None = None  # as `arrival`, of its refund; None if labels do not know refunds


class _Piece(NamedTuple):
    """Part of a window that lies in one UTC day, as rows of the log."""

    day: int
    rows: slice


class _Window(NamedTuple):
    start: int
    end: int
    rows: slice
    pieces: tuple[_Piece, ...]


class _Frame(NamedTuple):
    """Some clicks, brought together by group."""

    edges: Ints  # where each group begins, and the last ends
    keys: Keys  # with the true label, and no second one yet
    sums: Floats  # shape (n_parts, 3, n_sums): by the labels true, seen by the window's end, seen by the end of all
    seen: tuple[Bools, Bools]  # by the window's end, by the end of all


class _Pile:
    """Keys of the clicks of some rows, brought together by group as frames come in."""

    def __init__(self, split: Split, rows: slice) -> None:
        self.edges = np.concatenate(([0], np.cumsum(split.sizes(rows))))
        self.keys: Keys = np.empty(self.edges[-1], np.uint32)
        self._next = self.edges[:-1].copy()

    def add(self, frame: _Frame, seen: Bools) -> None:
        keys = frame.keys | seen.view(np.uint8)
        for at, first, last in zip(self._next, frame.edges[:-1], frame.edges[1:], strict=True):
            self.keys[at : at + last - first] = keys[first:last]
        self._next += np.diff(frame.edges)


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
        is about mature clicks alone; the curve as seen is about all clicks of a window, with the conversions that had
        arrived by its end.  Overall metrics are computed on all clicks, never averaged over windows.

    Raises
    ------
    ValueError
        If the window is not above 0, a prediction lies outside [0, 1], there is no bin, or no such binning.
    """
    if window <= 0:
        raise ValueError(f"window must be above 0 us, got {window}")
    end = max(start, end)
    windows = _windows(clicks.click_time, window, start, end)
    rows = slice(windows[0].rows.start, windows[-1].rows.stop)
    sample = np.ascontiguousarray(clicks.prediction[rows][:: max(1, (rows.stop - rows.start) // _SAMPLE)])
    days = DayTally(start // DAY, end // DAY, sample)
    cells = _measure(clicks, Split(("",), clicks.mature), windows, (bins, binning), days)
    for name, (codes, values) in clicks.segments.items():
        split = split_by(name, codes, values, clicks.mature, rows, max_segments)
        cells += _measure(clicks, split, windows, (bins, binning), None)
    stats = days.stats(dict(zip(METRICS, values_of(cells[:1])[0].tolist(), strict=True)), bins, binning)
    weights = day_weights(len(stats.day), replicates, seed)
    return metric_table(cells, stats, {metric: interval(stats, metric, weights) for metric in METRICS})


def _windows(click_time: Ints, window: int, start: int, end: int) -> list[_Window]:
    """Return the windows of [start, end); one without clicks if that is empty."""
    edges = [start, *range((start // window + 1) * window, end, window), end]
    return [_window(click_time, first, last) for first, last in pairwise(edges)]


def _window(click_time: Ints, start: int, end: int) -> _Window:
    edges = [start, *range((start // DAY + 1) * DAY, end, DAY), end]
    at = np.searchsorted(click_time, edges).tolist()
    pieces = (_Piece(time // DAY, slice(*rows)) for time, rows in zip(edges[:-1], pairwise(at), strict=True))
    return _Window(start, end, slice(at[0], at[-1]), tuple(pieces))


def _measure(
    clicks: Evaluated, split: Split, windows: Sequence[_Window], how: tuple[int, str], days: DayTally | None
) -> list[Cell]:
    """Return the cells of a split: overall, then window by window; `days` is for a split into one part."""
    whole = _Window(windows[0].start, windows[-1].end, slice(windows[0].rows.start, windows[-1].rows.stop), ())
    pile = _Pile(split, whole.rows)
    total = np.zeros((len(split.names), 3, _N_SUMS))
    cells: list[Cell] = []
    for window in windows:
        here, sums = _Pile(split, window.rows), np.zeros_like(total)
        for piece in window.pieces:
            frame = _frame(clicks, split, piece.rows, (window.end, whole.end))
            sums += frame.sums
            here.add(frame, frame.seen[0])
            pile.add(frame, frame.seen[1])
            if days:
                days.add(piece.day, frame.sums[0, _TRUE], frame.keys[: frame.edges[1]])
        total += sums
        cells += _cells("window", window, split, sums[:, [_TRUE, _SEEN]], here, how)
    return [*_cells("overall", whole, split, total[:, [_TRUE, _FINAL]], pile, how), *cells]


def _frame(clicks: Evaluated, split: Split, rows: slice, ends: tuple[int, int]) -> _Frame:
    order, edges = split.order(rows)
    p, label, arrival = (_take(column, rows, order) for column in (clicks.prediction, clicks.label, clicks.arrival))
    q = None if clicks.true_probability is None else _take(clicks.true_probability, rows, order)
    seen = (arrival <= ends[0], arrival <= ends[1])
    if clicks.refund_arrival is not None:
        refund = _take(clicks.refund_arrival, rows, order)
        seen = (seen[0] & (refund > ends[0]), seen[1] & (refund > ends[1]))

    def summed(first: int, last: int) -> Floats:
        found = np.zeros((3, _N_SUMS))
        for start in range(first, last, CHUNK):
            part = slice(start, min(start + CHUNK, last))
            labels = (label[part], seen[0][part], seen[1][part])
            found += sums_of_chunk(p[part], labels, None if q is None else q[part])
        return found

    sums = np.zeros((len(split.names), 3, _N_SUMS))
    for part in range(len(split.names)):
        first, grown, last = edges[2 * part : 2 * part + 3].tolist()
        # what is seen is summed across the bound of maturity: the log's end moves it, and must not move the rounding
        sums[part] = summed(first, last)
        if grown < last:
            sums[part, _TRUE] = summed(first, grown)[_TRUE]
    return _Frame(edges, keys_of(p, label), sums, seen)


def _take(column: NDArray[Any], rows: slice, order: Ints | None) -> NDArray[Any]:
    part = np.asarray(column[rows])
    return part if order is None else part[order]


def _cells(span: str, at: _Window, split: Split, sums: Floats, pile: _Pile, how: tuple[int, str]) -> Iterator[Cell]:
    """Yield the true curve and the curve as seen of each part; sorts the pile by prediction in place.

    `sums` has shape (n_parts, 2, n_sums): by the true labels, by those seen.
    """
    for part, name in enumerate(split.names):
        first, grown, last = pile.edges[2 * part : 2 * part + 3].tolist()
        true, seen = _rankings(pile.keys[first:last], grown - first, how)
        yield Cell(span, at.start, at.end, name, "true", last - first, sums[part, 0], true)
        yield Cell(span, at.start, at.end, name, "as_seen", last - first, sums[part, 1], seen)


def _rankings(keys: Keys, n_mature: int, how: tuple[int, str]) -> tuple[Ranking, Ranking]:
    mature = keys[:n_mature]
    mature.sort()
    true, seen = rank(mature, *how)
    if n_mature < len(keys):
        keys.sort()
        _, seen = rank(keys, *how)
    return true, seen
