"""Aggregates of a log, click by click, each from the past alone."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from replay.aggregates.base import WHAT, Aggregate
from replay.aggregates.growing import Recent, grown
from replay.aggregates.kernels import FOR_EVER, LATEST, OF_CLICKS, OF_OUTCOMES, sweep_clicks, sweep_outcomes
from replay.aggregates.keys import key_of
from replay.aggregates.numbers import KeyTable, Numbers
from replay.arrow_files import chunks
from replay.label_feed import LabelFeed
from replay.log import NEVER, ClickLog, Floats, Ints
from replay.passage import Passage, passage
from replay.slots import BATCH_BITS

PIECE = 1 << BATCH_BITS  # clicks whose aggregates are made at a time


def as_of(
    log: ClickLog, aggregates: Sequence[Aggregate], feed: LabelFeed, *, piece: int = PIECE
) -> Iterator[dict[str, Floats]]:
    """Yield the aggregates of consecutive pieces of a log's clicks, by name; NaN where there is none.

    A click at t finds the clicks of its key before t, and the outcomes of its key's clicks that had *arrived* before t:
    not what happens or arrives at t itself, since all that an instant brings is played after its predictions.  All
    outcomes count, whether or not inside the attribution window and whether or not first of their click.  A window
    counts what happened in [t - window, t).  Counts and sums are 0 where nothing is known, means and times since
    are missing; where a column of the key is missing, all are.

    A key is looked up once for all that is asked of it.  Then the log is played once, in order of time, with a tally
    per key: nothing later than t has been entered when the tallies of t are read.  The keys of outcomes are numbered
    before, so that a tally of outcomes exists only where there will be some; until they arrive it says nothing.

    Memory is that of a `KeyTable` for each `by`, and of its tallies for each kind and window: 16 to 32 bytes per key of
    clicks and 4 to 8 per click in the window, or 40 to 64 per key of outcomes; and 30 to 60 bytes per outcome.

    Parameters
    ----------
    log : ClickLog
        With the hashes of all key columns in `keys`.
    aggregates : sequence of Aggregate
    feed : LabelFeed
        When outcomes arrive.
    piece : int
        Clicks to a piece; it changes no value.
    """
    together: dict[tuple[str, ...], list[Aggregate]] = {}
    for aggregate in aggregates:
        together.setdefault(aggregate.by, []).append(aggregate)
    events = _Events(log, feed)
    keys = [_Key(events, by, some) for by, some in together.items()]
    for clicks in chunks(log.n_clicks, piece):
        found = {name: values for key in keys for name, values in key.values(clicks).items()}
        yield {aggregate.name: found[aggregate.name] for aggregate in aggregates}


class _Events:
    """A log's outcomes in the orders in which they become known and in which they grow old."""

    def __init__(self, log: ClickLog, feed: LabelFeed) -> None:
        self.log, self._feed = log, feed

    @cached_property
    def passage(self) -> Passage:
        """When each outcome first arrives, and when it says that it happened."""
        return passage(self.log, self._feed)

    @cached_property
    def arriving(self) -> Ints:
        """Outcomes that arrive, by when they do."""
        known = np.flatnonzero(self.passage.comes != NEVER)
        ordered: Ints = known[np.argsort(self.passage.comes[known], kind="stable")]
        return ordered

    @cached_property
    def ageing(self) -> Ints:
        """The same by when they happened."""
        ordered: Ints = self.arriving[np.argsort(self.passage.says[self.arriving], kind="stable")]
        return ordered

    def counting(self, outcomes: Ints, kinds: int, window: int) -> Ints:
        """Return those of some that are of such a kind and do not arrive when their window is over already."""
        comes, says = self.passage.comes[outcomes], self.passage.says[outcomes]
        chosen = (kinds >> self.log.outcomes.kind[outcomes].astype(np.int64)) & 1 == 1
        counted: Ints = outcomes[chosen & (comes - says <= window)]
        return counted


class _Key:
    """All aggregates of one key."""

    def __init__(self, events: _Events, by: tuple[str, ...], aggregates: Sequence[Aggregate]) -> None:
        self._columns, self._by, self._table = events.log.keys, by, KeyTable()
        self._asked: dict[tuple[int, int], list[Aggregate]] = {}
        for one in aggregates:
            self._asked.setdefault((one.kinds, FOR_EVER if one.window is None else one.window), []).append(one)
        outcomes = self._table.enter(key_of(self._columns, by, events.log.outcomes.row))
        of_outcomes = self._table.used
        self._sweeps = [
            _OutcomeSweep(events, kinds, window, _whats(some), outcomes, of_outcomes)
            if kinds
            else _ClickSweep(events.log.click_time, window, _whats(some), self._table)
            for (kinds, window), some in self._asked.items()
        ]
        of_clicks = any(not kinds for kinds, _ in self._asked)
        self._number = self._table.enter if of_clicks else self._table.look_up

    def values(self, clicks: slice) -> dict[str, Floats]:
        """Return the aggregates of some clicks; pieces must come one after the other."""
        numbers = self._number(key_of(self._columns, self._by, clicks))
        return {
            one.name: values
            for sweep, some in zip(self._sweeps, self._asked.values(), strict=True)
            for one, values in zip(some, sweep.values(clicks, numbers), strict=True)
        }


def _whats(aggregates: Sequence[Aggregate]) -> Ints:
    return np.array([WHAT.index(aggregate.what) for aggregate in aggregates], dtype=np.int64)


class _ClickSweep:
    """What is read from the tallies of clicks in one window."""

    def __init__(self, time: Ints, window: int, whats: Ints, table: KeyTable) -> None:
        self._time, self._window, self._whats, self._table = time, window, whats, table
        self._coming = self._going = 0
        self._tallies, self._recent = np.zeros((0, OF_CLICKS), dtype=np.int64), Recent()

    def values(self, clicks: slice, numbers: Numbers) -> Floats:
        out = np.empty((len(self._whats), len(numbers)))
        recent = self._recent.add(numbers, self._coming if self._window == FOR_EVER else self._going)
        self._tallies = grown(self._tallies, self._table.used)
        self._coming, self._going = sweep_clicks(
            clicks.start,
            clicks.stop,
            self._coming,
            self._going,
            self._time,
            recent,
            self._recent.first,
            self._window,
            self._tallies,
            self._whats,
            out,
        )
        return out


class _OutcomeSweep:
    """What is read from the tallies of some kinds of outcome in one window."""

    def __init__(self, events: _Events, kinds: int, window: int, whats: Ints, numbers: Numbers, n_keys: int) -> None:
        arriving = events.counting(events.arriving, kinds, window)
        ageing = arriving if window == FOR_EVER else events.counting(events.ageing, kinds, window)
        passed, amount = events.passage, events.log.outcomes.amount
        self._outcomes = arriving, ageing, passed.comes, passed.says, numbers, amount, window
        self._time, self._whats = events.log.click_time, whats
        self._tallies = np.zeros((n_keys, OF_OUTCOMES), dtype=np.int64)
        self._tallies[:, LATEST] = np.iinfo(np.int64).min
        self._said = np.zeros((n_keys, len(whats)))
        self._said[:, whats == WHAT.index("mean")] = np.nan
        self._coming = self._going = 0

    def values(self, clicks: slice, numbers: Numbers) -> Floats:
        out = np.empty((len(self._whats), len(numbers)))
        self._coming, self._going = sweep_outcomes(
            self._coming,
            self._going,
            self._time[clicks],
            numbers,
            *self._outcomes,
            self._tallies,
            self._said,
            self._whats,
            out,
        )
        return out
