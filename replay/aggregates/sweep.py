"""Aggregates of a log, click by click, each from the past alone."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np

from replay.aggregates.base import Aggregate
from replay.aggregates.groups import Groups, group
from replay.aggregates.kernels import (
    COUNT,
    FOR_EVER,
    LATEST,
    NOTHING,
    PART,
    TALLIED,
    UNKNOWN,
    WHOLE,
    sweep_clicks,
    sweep_outcomes,
)
from replay.arrow_files import chunks
from replay.feed import LabelFeed, arrives
from replay.log import MICROS, NEVER, ClickLog, Floats, Ints
from replay.slots import BATCH_BITS

PIECE = 1 << BATCH_BITS  # clicks whose aggregates are made at a time

Sweep = Callable[[int, int], Ints]  # the tallies that clicks start to stop find, shape (stop - start, 4)


def as_of(
    log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, piece: int | None = None
) -> Iterator[dict[str, Floats]]:
    """Yield the aggregates of consecutive pieces of a log's clicks, by name; NaN where there is none.

    A click at t finds the clicks of its key before t, and the outcomes of its key's clicks that had *arrived* before t:
    not what happens or arrives at t itself, since all that an instant brings is played after its predictions.  All
    outcomes count, whether or not inside the attribution window and whether or not first of their click.  A window
    counts what happened in [t - window, t).  Counts and sums are 0 where nothing is known, means and times since
    are missing; where a column of the key is missing, all are.

    The log is played once, in order of time, with a tally per key: nothing later than t has been looked at when the
    tallies of t are read.  Memory is 4 bytes per click and 32 per distinct key, for as long as this is drawn from.

    Parameters
    ----------
    log : ClickLog
        With the hashes of all key columns in `keys`.
    aggregates : sequence of Aggregate
    feed : LabelFeed
        When outcomes arrive.
    piece : int, optional
        Clicks to a piece; it changes no value.
    """
    players = _Players(log, feed)
    sweeps = [players.sweep(aggregate) for aggregate in aggregates]
    for clicks in chunks(log.n_clicks, piece or PIECE):
        found = {sweep: sweep(clicks.start, clicks.stop) for sweep in dict.fromkeys(sweeps)}
        time = log.click_time[clicks]
        yield {
            aggregate.name: value(aggregate.what, found[sweep], time)
            for aggregate, sweep in zip(aggregates, sweeps, strict=True)
        }


def value(what: str, tally: Ints, time: Ints) -> Floats:
    """Return what tallies say at some moments, shape (n,); NaN where they say nothing.

    Parameters
    ----------
    what : {"count", "sum", "mean", "time_since_last"}
    tally : int array of shape (n, 4)
    time : int array of shape (n,)
        us UTC
    """
    number = tally[:, COUNT]
    if what == "count":
        return np.where(number == UNKNOWN, np.nan, number.astype(np.float64))
    if what == "time_since_last":
        known = (number != UNKNOWN) & (tally[:, LATEST] != NOTHING)
        return np.where(known, (time - np.where(known, tally[:, LATEST], 0)) / MICROS, np.nan)
    money: Floats = tally[:, WHOLE] + tally[:, PART] / MICROS
    if what == "sum":
        return np.where(number == UNKNOWN, np.nan, money)
    return np.where(number > 0, money / np.maximum(number, 1), np.nan)


class _Clicks:
    """The clicks of each key before a click's time."""

    def __init__(self, log: ClickLog, groups: Groups, n_groups: int, window: int) -> None:
        self._columns, self._window = (log.click_time, groups), window
        self._tally, self._cursor = _none(n_groups), np.zeros(2, dtype=np.int64)

    def __call__(self, start: int, stop: int) -> Ints:
        out = np.zeros((stop - start, TALLIED), dtype=np.int64)
        sweep_clicks(start, stop, *self._columns, self._window, self._tally, self._cursor, out)
        return out


class _Outcomes:
    """The outcomes of each key's clicks that had arrived before a click's time."""

    def __init__(
        self, log: ClickLog, arrivals: "_Arrivals", groups: Groups, n_groups: int, kinds: int, window: int
    ) -> None:
        row, kind, time, amount = log.outcomes
        going = arrivals.by_time if window != FOR_EVER else arrivals.coming[:0]
        self._columns = log.click_time, groups, arrivals.coming, going, arrivals.arrival, row, kind, time, amount
        self._kinds, self._window = kinds, window
        self._tally, self._cursor = _none(n_groups), np.zeros(2, dtype=np.int64)

    def __call__(self, start: int, stop: int) -> Ints:
        out = np.zeros((stop - start, TALLIED), dtype=np.int64)
        sweep_outcomes(start, stop, *self._columns, self._kinds, self._window, self._tally, self._cursor, out)
        return out


class _Arrivals:
    """When a log's outcomes arrive, and those that do in two orders."""

    def __init__(self, log: ClickLog, feed: LabelFeed) -> None:
        self._time = log.outcomes.time
        self.arrival = arrives(log.outcomes, feed)
        known = np.flatnonzero(self.arrival != NEVER)
        self.coming: Ints = known[np.argsort(self.arrival[known], kind="stable")]

    @cached_property
    def by_time(self) -> Ints:
        """By when they happened."""
        ordered: Ints = self.coming[np.argsort(self._time[self.coming], kind="stable")]
        return ordered


class _Players:
    """Makes the sweeps of a log; aggregates of one key, kind and window share theirs."""

    def __init__(self, log: ClickLog, feed: LabelFeed) -> None:
        self._log, self._feed = log, feed
        self._groups: dict[tuple[str, ...], tuple[Groups, int]] = {}
        self._sweeps: dict[tuple[tuple[str, ...], int, int], Sweep] = {}

    def sweep(self, aggregate: Aggregate) -> Sweep:
        """Return the sweep that an aggregate is read from."""
        window = FOR_EVER if aggregate.window is None else aggregate.window
        asked = aggregate.by, aggregate.kinds, window
        if asked not in self._sweeps:
            self._sweeps[asked] = self._made(*asked)
        return self._sweeps[asked]

    def _made(self, by: tuple[str, ...], kinds: int, window: int) -> Sweep:
        if by not in self._groups:
            self._groups[by] = group(self._log.keys, by, self._log.n_clicks)
        if not kinds:
            return _Clicks(self._log, *self._groups[by], window)
        return _Outcomes(self._log, self._arrivals, *self._groups[by], kinds, window)

    @cached_property
    def _arrivals(self) -> _Arrivals:
        return _Arrivals(self._log, self._feed)


def _none(n_groups: int) -> Ints:
    tally = np.zeros((n_groups, TALLIED), dtype=np.int64)
    tally[:, LATEST] = NOTHING
    return tally
