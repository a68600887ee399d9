"""What the label feed makes of a log: which outcomes count, and when they are known."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from replay.label_feed import LabelFeed
from replay.log import NEVER, Bools, ClickLog, Ints, OutcomeKind
from replay.passage import arrivals, passage
from replay.scratch import out_of_memory, scratch_column
from replay.watermark import Watermark

__all__ = ["Deliveries", "LabelFeed", "arrivals", "deliver"]


@dataclass(frozen=True)
class Deliveries:
    """What the feed makes of a log: labels, and when they are known.

    A delay of exactly the attribution window still counts (d <= W, as in the literature).  The first conversion or
    gift inside the window makes a click positive; the label is known when the first of them arrives.  The label is
    decided on what happened, what is known on what arrives and on the time that it says: a click whose outcomes are all
    lost is positive and never known to be.

    Where labels know refunds (`refund_arrival` is not None) a refund inside the window makes its click negative, and
    the label is known to be so when the refund has arrived and what it takes back has, too.
    """

    label: Bools  # shape (n_clicks,): converted inside the attribution window
    arrival: Ints  # shape (n_clicks,): when the trainer's side first knows of a conversion, us UTC; NEVER
    outcome_arrival: Ints  # shape (n_outcomes,): as the log's outcomes; NEVER where it does not count
    outside: Bools  # shape (n_outcomes,): by the time it says it happened after the attribution window; not if lost
    repeat: Bools  # shape (n_outcomes,): a conversion after the click's first inside the window that is not lost
    log: ClickLog = field(repr=False)
    feed: LabelFeed = field(default_factory=LabelFeed)
    watermark: Watermark = field(default_factory=Watermark)
    lost: Bools | None = field(
        default=None, repr=False
    )  # shape (n_outcomes,): never arrives; None if the feed is sound
    again: Ints | None = field(default=None, repr=False)  # shape (n_outcomes,): second arrival; NEVER; None if none can
    scratch: Path | None = field(default=None, repr=False)
    refund_arrival: Ints | None = None  # shape (n_clicks,): when a conversion is known to be taken back; NEVER

    def known(self, rows: Ints | slice, by: Ints | int) -> Bools:
        """Return the labels of clicks as known by a moment, us UTC; what arrives at that very moment is known."""
        known: Bools = self.arrival[rows] <= by
        return known & ~self.refunded(rows, by) if self.refund_arrival is not None else known

    def refunded(self, rows: Ints | slice, by: Ints | int) -> Bools:
        """Return which clicks were known by a moment to be refunded: none where labels do not know refunds."""
        if self.refund_arrival is None:
            return np.zeros(len(self.arrival[rows]), np.bool_)
        return np.asarray(self.refund_arrival[rows] <= by)

    @cached_property
    def happened(self) -> Ints:
        """When the conversion that makes a click's label known says that it happened, us UTC, (n_clicks,); NEVER."""
        row, kind, _, _ = self.log.outcomes
        way = passage(self.log, self.feed)
        first = np.flatnonzero(
            ~self.outside & (kind != OutcomeKind.REFUND) & (way.comes == self.arrival[row]) & (way.comes != NEVER)
        )
        happened: Ints = scratch_column(self.scratch, len(self.arrival), np.int64, NEVER)
        np.minimum.at(happened, row[first], way.says[first])
        return happened

    @cached_property
    def in_order(self) -> tuple[Ints, Ints]:
        """Rows that convert and when that is known, ordered by (arrival, row)."""
        rows = np.flatnonzero(self.arrival != NEVER)
        arrivals = self.arrival[rows]
        order = np.argsort(arrivals, kind="stable")
        return out_of_memory(self.scratch, rows[order]), out_of_memory(self.scratch, arrivals[order])

    @cached_property
    def refunds_in_order(self) -> tuple[Ints, Ints]:
        """Rows that are refunded and when that is known, ordered by (arrival, row)."""
        if self.refund_arrival is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        rows = np.flatnonzero(self.refund_arrival != NEVER)
        arrivals = self.refund_arrival[rows]
        order = np.argsort(arrivals, kind="stable")
        return rows[order], arrivals[order]

    @cached_property
    def ends_in_order(self) -> tuple[Ints, Ints]:
        """Rows whose outcomes are over at a known time, and when, us UTC, ordered by (that, row)."""
        until = self.log.outcomes_until
        if until is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        rows = np.flatnonzero(until != NEVER)
        ends = until[rows]
        order = np.argsort(ends, kind="stable")
        return out_of_memory(self.scratch, rows[order]), out_of_memory(self.scratch, ends[order])

    @cached_property
    def outcomes_in_order(self) -> tuple[Ints, Ints]:
        """Indices of the outcomes that count and when they are known, ordered by (arrival, index)."""
        index = np.flatnonzero(self.outcome_arrival != NEVER)
        arrivals = self.outcome_arrival[index]
        order = np.argsort(arrivals, kind="stable")
        return out_of_memory(self.scratch, index[order]), out_of_memory(self.scratch, arrivals[order])


def deliver(
    log: ClickLog, attribution_window: int, feed: LabelFeed, scratch: Path | None = None, *, net: bool = False
) -> Deliveries:
    """Decide for every outcome whether it counts, on the time it happened, and when it is known.

    Parameters
    ----------
    log : ClickLog
    attribution_window : int
        Longest delay that still counts, us.
    feed : LabelFeed
    scratch : Path, optional
        Folder for columns of the log's length, which are mapped from unnamed files there instead of held in memory.
    net : bool
        Whether labels know refunds: a click is positive if it converted inside the window and was not refunded in it.
    """
    row, kind, time, _ = log.outcomes
    way = passage(log, feed)
    outside = way.says - log.click_time[row] > attribution_window
    happens_outside = outside if way.says is time else time - log.click_time[row] > attribution_window
    if way.lost is not None:
        outside &= ~way.lost
    here = ~outside if way.lost is None else ~(outside | way.lost)
    repeat = np.zeros(len(row), dtype=np.bool_)
    later = np.flatnonzero((kind == OutcomeKind.CONVERSION) & here)
    repeat[later[1:]] = row[later[1:]] == row[later[:-1]]
    counts = kind != OutcomeKind.REFUND
    label = scratch_column(scratch, log.n_clicks, np.bool_)
    label[row[counts & ~happens_outside]] = True
    arrival = scratch_column(scratch, log.n_clicks, np.int64, NEVER)
    positive = np.flatnonzero(counts & here)
    shown, known = row[positive], way.comes[positive]
    if np.all(shown[1:] > shown[:-1]):  # one each, as in most logs: no need to look for the first
        arrival[shown] = known
    else:
        np.minimum.at(arrival, shown, known)
    refund_arrival = None
    if net:
        label[row[~counts & ~happens_outside]] = False
        refund_arrival = scratch_column(scratch, log.n_clicks, np.int64, NEVER)
        back = np.flatnonzero(~counts & here & (arrival[row] != NEVER))
        np.minimum.at(refund_arrival, row[back], np.maximum(way.comes[back], arrival[row[back]]))
    counted = np.where(here & ~repeat, way.comes, NEVER)
    return Deliveries(
        label,
        arrival,
        out_of_memory(scratch, counted),
        outside,
        repeat,
        log,
        feed,
        way.watermark,
        way.lost,
        way.again,
        scratch,
        refund_arrival,
    )
