"""The feed's watermark: how far everything that happened is known to have arrived."""

import math
from dataclasses import dataclass, field

import numpy as np

from replay.faults import Outage, Reordering
from replay.log import Ints

_SURE = math.log(100.0)  # means of an exponential that 99 in 100 draws stay below


def _nothing() -> Ints:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Hold:
    """An outage at work: what is due in it, and behind its backlog, comes later.

    Parameters
    ----------
    start, end : int
        us UTC.
    due, comes : int array of shape (n_queued,)
        When what queued was due, and when it came, both non-decreasing; empty where the backlog came at once.
    """

    start: int
    end: int
    due: Ints = field(default_factory=_nothing)
    comes: Ints = field(default_factory=_nothing)

    def after(self, time: Ints) -> Ints:
        """Return the moment by which everything due up to `time` has come."""
        held = np.where((time >= self.start) & (time < self.end), self.end, time)
        if not len(self.due):
            return held
        last = np.searchsorted(self.due, time, side="right") - 1
        return np.where(last >= 0, np.maximum(held, self.comes[np.maximum(last, 0)]), held)

    def before(self, now: int) -> int:
        """Return the earliest moment up to which not everything due has come by just before `now`."""
        if now <= self.start:
            return now
        if now <= self.end:
            return self.start
        first = int(np.searchsorted(self.comes, now))
        return now if first == len(self.comes) else min(now, int(self.due[first]))


def drained(due: Ints, outage: Outage) -> Hold:
    """Return an outage at work on outcomes that are due, in order, from its start on.

    They leave a queue one by one, in the order in which they were due, from the outage's end on; the queue is over once
    it is empty.  So when one arrives hangs only on what was due before it.
    """
    if outage.per_hour is None:
        return Hold(outage.start, outage.end)
    gap = max(1, round(3_600_000_000 / outage.per_hour))
    place = np.arange(len(due), dtype=np.int64) * gap
    comes = place + np.maximum.accumulate(np.maximum(due, outage.end) - place)
    free = np.concatenate([[outage.end], comes[:-1] + gap])  # when the queue could take the next
    idle = np.flatnonzero(due >= free)
    queued = int(idle[0]) if len(idle) else len(due)
    return Hold(outage.start, outage.end, due[:queued], comes[:queued])


@dataclass(frozen=True)
class Watermark:
    """What the feed says of itself: up to which moment everything that happened has arrived.

    It allows for the latency, exactly where that is constant and for 99 outcomes in 100 where it is drawn; for extra
    latency while it lasts; and for outages, those of some clicks too: while anything is held back it stands still, and
    as a backlog drains it goes on as the head of the queue does.  It knows nothing of what is lost, and of wrong times.

    Parameters
    ----------
    lag : int
        us.
    slower : tuple of Reordering
        Apart.
    holds : tuple of Hold
        In order of their starts.
    """

    lag: int = 0
    slower: tuple[Reordering, ...] = ()
    holds: tuple[Hold, ...] = ()

    def reaches(self, time: Ints) -> Ints:
        """Return the moments at which the watermark passes `time`: all that happened up to then has arrived."""
        at = time
        for one in self.slower:
            last = np.clip(time, None, one.end - 1)  # the last moment of it up to `time`
            at = np.where(time >= one.start, np.maximum(at, last + _extra(one)), at)
        at = at + self.lag
        for hold in self.holds:
            at = hold.after(at)
        return at

    def at(self, now: int) -> int:
        """Return the moment before which everything that happened has arrived by just before `now`, us UTC."""
        for hold in reversed(self.holds):
            now = hold.before(now)
        now -= self.lag
        return min((_before(one, now) for one in self.slower), default=now)


def _extra(reordering: Reordering) -> int:
    return math.ceil(reordering.mean * _SURE)


def _before(one: Reordering, now: int) -> int:
    extra = _extra(one)
    if now <= one.start or now > one.end - 1 + extra:
        return now
    return max(one.start, now - extra)
