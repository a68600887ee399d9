"""Every metric of money over time, overall and by segment, by what was true and by what could be seen."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from simulator.metrics.intervals import day_weights
from simulator.metrics.sums import Floats, Floats32, Ints
from simulator.metrics.value import ENDINGS, VALUE_METRICS, About
from simulator.metrics.value.clicks import Hold, Received, Valued, held, received
from simulator.metrics.value.days import RankDays, by_name, rank_days, replicated_ranks
from simulator.metrics.value.order import Order, order_of
from simulator.metrics.value.pieces import Pieces, cut, dense_by_piece, sparse_by_group, total
from simulator.metrics.value.segments import segment_cells
from simulator.metrics.value.table import ValueCell, ValueDays, ValueTable, value_table
from simulator.metrics.value.tail import few_day_weights


class Judged(NamedTuple):
    """What was measured of one method's money."""

    table: ValueTable
    days: ValueDays
    orders: Mapping[str, Order]  # of mature clicks, by metrics' ending
    received: Received  # by mature clicks


def evaluate_value(
    clicks: Valued,
    *,
    window: int,
    start: int,
    end: int,
    replicates: int = 500,
    seed: int = 0,
    max_segments: int = 20,
    hold: Hold = np.asarray,
) -> Judged:
    """Measure predicted money of clicks of [start, end) overall, by window of click time and by segment.

    Parameters
    ----------
    clicks : Valued
    window : int
        Length of a window, us; windows begin at its multiples since 1970, the first and last are cut to [start, end).
    start, end : int
        us UTC.
    replicates, seed : int
        Of the bootstraps over days.
    max_segments : int
        How many values of a segment stand for themselves, those with most clicks first; the rest is pooled.
    hold : callable
        Returns a column as it is to be kept, of those that are as long as there are clicks or gifts.

    Returns
    -------
    Judged
        The table's first rows are those of all clicks overall by the true curve.  The true curve is about mature clicks
        and all the money that counts; the curve as seen is about all clicks, with the money that had arrived by the
        window's end.  Metrics of ranks are computed overall alone.

    Raises
    ------
    ValueError
        If the window is not above 0, or a prediction is not finite.
    """
    if window <= 0:
        raise ValueError(f"window must be above 0 us, got {window}")
    pieces = cut(clicks.click_time, window, start, max(start, end), clicks.n_mature)
    true, seen, final = (held(money, hold) for money in _received(clicks, pieces))
    mature, whole = dense_by_piece(clicks, pieces)
    sums = {
        "true": mature + sparse_by_group(clicks, true, pieces.of, len(pieces.start)),
        "as_seen": whole + sparse_by_group(clicks, seen, pieces.of, len(pieces.start)),
        "final": whole + sparse_by_group(clicks, final, pieces.of, len(pieces.start)),
    }
    by_day = total(sums["true"], pieces.block, pieces.n_blocks)
    rows = pieces.rows
    orders = _orders(clicks, true, slice(rows.start, max(rows.start, min(rows.stop, clicks.n_mature))), hold)
    there = rows.stop - rows.start
    cells = [
        ValueCell("overall", *pieces.span, "", "true", there, by_day.sum(axis=0), orders),
        ValueCell(
            "overall", *pieces.span, "", "as_seen", there, sums["final"].sum(axis=0), _orders(clicks, final, rows, hold)
        ),
        *_window_cells(pieces, sums),
    ]
    kept = np.flatnonzero(by_day[:, 0] > 0)
    days = _days(clicks, pieces, true, orders, (by_day, kept), (replicates, seed))
    for name in clicks.segments:
        cells += segment_cells(clicks, pieces, name, max_segments, (true, final), kept)
    return Judged(value_table(cells, days), days, orders, true)


def _received(clicks: Valued, pieces: Pieces) -> tuple[Received, Received, Received]:
    """Return money of mature clicks, as seen when each click's window ended, and as seen at the end of all."""
    inside = (clicks.row >= pieces.rows.start) & (clicks.row < pieces.rows.stop)
    ends = np.array([stop for _, stop in pieces.windows])[pieces.window[pieces.of(clicks.row)]]
    return (
        received(clicks, inside & (clicks.row < clicks.n_mature)),
        received(clicks, inside & (clicks.arrival <= ends)),
        received(clicks, inside & (clicks.arrival <= pieces.span[1])),
    )


def _window_cells(pieces: Pieces, sums: Mapping[str, Floats]) -> list[ValueCell]:
    n = len(pieces.windows)
    there = np.bincount(pieces.window, np.diff(pieces.edges), minlength=n).astype(np.int64).tolist()
    found = {curve: total(sums[curve], pieces.window, n) for curve in ("true", "as_seen")}
    return [
        ValueCell("window", *edges, "", curve, there[at], by_window[at], None)
        for at, edges in enumerate(pieces.windows)
        for curve, by_window in found.items()
    ]


def _models(clicks: Valued) -> dict[About, Floats32]:
    """Return what is judged on gifts: what is served, and the method's own model of amounts."""
    found: dict[About, Floats32] = {"gifts": clicks.prediction}
    return found if clicks.amount is None else {**found, "amount": clicks.amount}


def _orders(clicks: Valued, money: Received, rows: slice, hold: Hold) -> dict[str, Order]:
    gift = money.value > 0
    every = order_of(np.sort(clicks.prediction[rows]), clicks.prediction[money.row], money.value)
    found = {"": held(every, hold)}
    for about, model in _models(clicks).items():
        of_gifts = model[money.row[gift]]
        found[ENDINGS[about]] = held(order_of(np.sort(of_gifts), of_gifts, money.value[gift]), hold)
    return found


def _days(
    clicks: Valued,
    pieces: Pieces,
    money: Received,
    orders: Mapping[str, Order],
    days: tuple[Floats, Ints],
    bootstrap: tuple[int, int],
) -> ValueDays:
    by_day, kept = days
    weights = day_weights(len(kept), *bootstrap)
    ranks = _ranks(clicks, pieces, money, orders, kept)
    replicates: dict[str, Floats] = {}
    for ending, one in ranks.items():
        replicates |= by_name(replicated_ranks(one, weights), ending)
    exact = {
        metric.name: metric.of_order(orders[ENDINGS[metric.about]])
        for metric in VALUE_METRICS.values()
        if metric.of_order and ENDINGS[metric.about] in orders
    }
    few = few_day_weights(len(kept), *bootstrap)
    return ValueDays(kept, pieces.length, by_day[kept], ranks, replicates, exact, weights, few)


def _ranks(
    clicks: Valued, pieces: Pieces, money: Received, orders: Mapping[str, Order], kept: Ints
) -> dict[str, RankDays]:
    """Return counts by day, prediction and value, by the ending of the metrics that are made of them."""
    start = pieces.rows.start
    rows = slice(start, max(start, min(pieces.rows.stop, clicks.n_mature)))
    begins = pieces.edges[np.searchsorted(pieces.block, kept)] - start
    edges = [*begins.tolist(), rows.stop - start]
    row, gift = money.row - start, money.value > 0
    found = {"": rank_days(clicks.prediction[rows], orders[""].prediction, edges, row, money.value)}
    cut_at = np.searchsorted(row[gift], edges).tolist()
    for about, model in _models(clicks).items():
        served = model[money.row[gift]]
        every, ending = np.arange(len(served)), ENDINGS[about]
        found[ending] = rank_days(served, orders[ending].prediction, cut_at, every, money.value[gift])
    return found
