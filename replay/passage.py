"""What the feed does to a log's outcomes on their way: when each arrives, what time it carries, what gets lost."""

from dataclasses import dataclass

import numpy as np

from replay.faults import Among, ClockSkew, Duplicates, Loss, Outage, Reordering
from replay.label_feed import LabelFeed
from replay.log import NEVER, Bools, ClickLog, Ints
from replay.uniform import uniform
from replay.watermark import Hold, Watermark, drained

_LOST, _AGAIN, _LATER, _EXTRA = range(4)  # what a draw of a fault is for


@dataclass(frozen=True)
class Passage:
    """What became of every outcome on its way; columns of length n_outcomes, as the log's."""

    comes: Ints  # when it first arrives, us UTC; NEVER if it is lost
    says: Ints  # when it says that it happened, us UTC
    lost: Bools | None  # None if nothing can be
    again: Ints | None  # when it arrives a second time, us UTC; NEVER; None if nothing can
    watermark: Watermark


def arrivals(log: ClickLog, feed: LabelFeed) -> Ints:
    """Return when each outcome of a log first arrives, us UTC, whether or not it counts; NEVER if it is lost."""
    return passage(log, feed).comes


def passage(log: ClickLog, feed: LabelFeed) -> Passage:
    """Send a log's outcomes through a feed.

    What becomes of an outcome hangs on itself, on draws that are a hash of its place, and on outcomes that were due
    before it; on nothing that comes later.
    """
    row, _, time, _ = log.outcomes
    if feed.plain:
        return Passage(time + feed.mean, time, None, None, Watermark(feed.lag))
    ordinal = _ordinal(row)
    due = time + feed.latency(row, ordinal)
    reordering = [(number, one) for number, one in enumerate(feed.faults) if isinstance(one, Reordering)]
    for number, one in reordering:
        extra = -one.mean * np.log(uniform(feed.stream(number, _EXTRA), row, ordinal))
        due = due + np.where(_during(one, time), np.rint(extra).astype(np.int64), 0)
    lost = _lost(feed, row, ordinal, time)
    holds = []
    for outage in feed.silences:
        due, hold = _held(log, outage, due, lost, feed.ties)
        holds.append(hold)
    comes = due if lost is None else np.where(lost, NEVER, due)
    watermark = Watermark(feed.lag, tuple(one for _, one in reordering), tuple(holds))
    return Passage(comes, _says(log, feed), lost, _again(log, feed, ordinal, comes), watermark)


def _during(fault: Loss | Duplicates | Reordering | ClockSkew, time: Ints) -> Bools:
    inside: Bools = (time >= fault.start) & (time < fault.end)
    return inside


def _lost(feed: LabelFeed, row: Ints, ordinal: Ints, time: Ints) -> Bools | None:
    lost = None
    for number, one in enumerate(feed.faults):
        if isinstance(one, Loss):
            drawn = uniform(feed.stream(number, _LOST), row, ordinal) <= one.share
            mine = drawn & _during(one, time)
            lost = mine if lost is None else lost | mine
    return lost


def _held(log: ClickLog, outage: Outage, due: Ints, lost: Bools | None, ties: int | None) -> tuple[Ints, Hold]:
    """Return when outcomes come that were due, and the outage at work."""
    hit = (due >= outage.start) & _among(log, outage.among)
    if outage.per_hour is None:
        return np.where(hit & (due < outage.end), outage.end, due), Hold(outage.start, outage.end)
    waiting = np.flatnonzero(hit if lost is None else hit & ~lost)
    place = waiting if ties is None else uniform(ties, waiting, waiting)
    waiting = waiting[np.lexsort((place, due[waiting]))]
    hold = drained(due[waiting], outage)
    held = due.copy()
    held[waiting[: len(hold.comes)]] = hold.comes
    return held, hold


def _among(log: ClickLog, among: Among | None) -> Bools | bool:
    if among is None:
        return True
    codes, values = log.segments[among.column]
    if among.value not in values:  # as in a part of the log that ends before it
        return False
    return np.asarray(codes[log.outcomes.row] == values.index(among.value))


def _says(log: ClickLog, feed: LabelFeed) -> Ints:
    row, _, time, _ = log.outcomes
    says = time
    for one in feed.faults:
        if isinstance(one, ClockSkew):
            says = np.where(_during(one, time), np.maximum(says + one.shift, log.click_time[row]), says)
    return says


def _again(log: ClickLog, feed: LabelFeed, ordinal: Ints, comes: Ints) -> Ints | None:
    row, _, time, _ = log.outcomes
    again = None
    for number, one in enumerate(feed.faults):
        if isinstance(one, Duplicates):
            drawn = uniform(feed.stream(number, _AGAIN), row, ordinal) <= one.share
            hit = drawn & _during(one, time) & (comes != NEVER)
            wait = np.rint(-one.later * np.log(uniform(feed.stream(number, _LATER), row, ordinal))).astype(np.int64)
            second = np.where(hit, np.where(hit, comes, 0) + wait, NEVER)
            again = second if again is None else np.minimum(again, second)
    if again is None:
        return None
    for outage in feed.silences:  # a silent feed does not repeat itself either
        silent = (again >= outage.start) & (again < outage.end) & _among(log, outage.among)
        again = np.where(silent, outage.end, again)
    return again


def _ordinal(row: Ints) -> Ints:
    """Return each outcome's place among those of its click; `row` is sorted."""
    index = np.arange(len(row), dtype=np.int64)
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = row[1:] != row[:-1]
    return index - np.maximum.accumulate(np.where(first, index, 0)) if len(row) else index
