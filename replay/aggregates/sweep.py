"""Aggregates of a log, click by click, each from the past alone."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from replay.aggregates.base import WHAT, Aggregate
from replay.aggregates.kernels import FOR_EVER, sweep_clicks, sweep_outcomes
from replay.aggregates.keys import key_of
from replay.aggregates.tallies import OF_CLICKS, OF_OUTCOMES, Tallies
from replay.arrow_files import chunks
from replay.hashing import Hashes
from replay.label_feed import LabelFeed
from replay.log import NEVER, ClickLog, Floats, Ints
from replay.passage import Passage, passage
from replay.slots import BATCH_BITS

PIECE = 1 << BATCH_BITS  # clicks whose aggregates are made at a time

_Asked = tuple[tuple[str, ...], int, int]  # by, kinds and window: what aggregates share a sweep


def as_of(
    log: ClickLog,
    aggregates: Sequence[Aggregate],
    feed: LabelFeed,
    *,
    piece: int | None = None,
    scratch: Path | None = None,
) -> Iterator[dict[str, Floats]]:
    """Yield the aggregates of consecutive pieces of a log's clicks, by name; NaN where there is none.

    A click at t finds the clicks of its key before t, and the outcomes of its key's clicks that had *arrived* before t:
    not what happens or arrives at t itself, since all that an instant brings is played after its predictions.  All
    outcomes count, whether or not inside the attribution window and whether or not first of their click.  A window
    counts what happened in [t - window, t).  Counts and sums are 0 where nothing is known, means and times since
    are missing; where a column of the key is missing, all are.

    The log is played once, in order of time, with a tally per key: nothing later than t has been looked at when the
    tallies of t are read.  Memory is that of `Tallies`, and 16 to 24 bytes for each outcome.

    Parameters
    ----------
    log : ClickLog
        With the hashes of all key columns in `keys`.
    aggregates : sequence of Aggregate
    feed : LabelFeed
        When outcomes arrive.
    piece : int, optional
        Clicks to a piece; it changes no value.
    scratch : Path, optional
        Folder for the keys of several columns, 8 bytes per click, which are otherwise held in memory.
    """
    together: dict[_Asked, list[Aggregate]] = {}
    for aggregate in aggregates:
        window = FOR_EVER if aggregate.window is None else aggregate.window
        together.setdefault((aggregate.by, aggregate.kinds, window), []).append(aggregate)
    events = _Events(log, feed, scratch)
    sweeps = [_Sweep(events, *asked, some) for asked, some in together.items()]
    for clicks in chunks(log.n_clicks, piece or PIECE):
        found: dict[str, Floats] = {}
        for sweep in sweeps:
            found |= sweep.values(clicks.start, clicks.stop)
        yield {aggregate.name: found[aggregate.name] for aggregate in aggregates}


class _Events:
    """The clicks and outcomes of a log, in the orders in which they become known and in which they grow old."""

    def __init__(self, log: ClickLog, feed: LabelFeed, scratch: Path | None) -> None:
        self.log, self._feed, self._scratch = log, feed, scratch
        self._keys: dict[tuple[str, ...], Hashes] = {}

    def key(self, by: tuple[str, ...]) -> Hashes:
        """Return every click's key."""
        if by not in self._keys:
            path = None if self._scratch is None else self._scratch / f"key_{len(self._keys)}"
            self._keys[by] = key_of(self.log.keys, by, self.log.n_clicks, path)
        return self._keys[by]

    @cached_property
    def arrival(self) -> Ints:
        """When each outcome first arrives."""
        return self._passage.comes

    @cached_property
    def happened(self) -> Ints:
        """When each outcome says that it happened."""
        return self._passage.says

    @cached_property
    def _passage(self) -> Passage:
        return passage(self.log, self._feed)

    @cached_property
    def coming(self) -> Ints:
        """Outcomes that arrive, by when they do."""
        known = np.flatnonzero(self.arrival != NEVER)
        ordered: Ints = known[np.argsort(self.arrival[known], kind="stable")]
        return ordered

    @cached_property
    def going(self) -> Ints:
        """The same by when they happened."""
        ordered: Ints = self.coming[np.argsort(self.happened[self.coming], kind="stable")]
        return ordered


class _Sweep:
    """One key, kind of event and window, and all that is read from its tallies."""

    def __init__(
        self, events: _Events, by: tuple[str, ...], kinds: int, window: int, aggregates: Sequence[Aggregate]
    ) -> None:
        log, key = events.log, events.key(by)
        self._names = [aggregate.name for aggregate in aggregates]
        self._whats = np.array([WHAT.index(aggregate.what) for aggregate in aggregates], dtype=np.int64)
        self._cursor = np.zeros(4, dtype=np.int64)
        self._kernel: Any
        if not kinds:
            self._kernel, self._tallies = sweep_clicks, Tallies(OF_CLICKS)
            self._columns: tuple[Any, ...] = log.click_time, key, window
            return
        self._kernel, self._tallies = sweep_outcomes, Tallies(OF_OUTCOMES)
        row, kind, _, amount = log.outcomes
        going = events.coming if window == FOR_EVER else events.going
        self._columns = (
            log.click_time,
            key,
            events.coming,
            going,
            events.arrival,
            row,
            kind,
            events.happened,
            amount,
            kinds,
            window,
        )

    def values(self, start: int, stop: int) -> dict[str, Floats]:
        """Return the aggregates of clicks start to stop; pieces must come one after the other."""
        out = np.empty((len(self._whats), stop - start))
        at = start
        while at < stop:
            tallies, part = self._tallies, out[:, at - start :]
            at = self._kernel(at, stop, *self._columns, tallies.table, tallies.shift, self._cursor, self._whats, part)
            if at < stop:
                tallies.widen()
        return dict(zip(self._names, out, strict=True))
