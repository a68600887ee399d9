"""The label feed: when the trainer's side hears of an outcome, and which outcomes count."""

import math
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from replay.log import NEVER, Bools, ClickLog, Ints, OutcomeKind, Outcomes
from replay.uniform import uniform

_CONVERSION, _REFUND = int(OutcomeKind.CONVERSION), int(OutcomeKind.REFUND)


@dataclass(frozen=True)
class LabelFeed:
    """How long an outcome takes from happening to being known.

    Drawn latencies depend on the seed, the click and the outcome's place among the click's own, and on nothing that
    comes later, so that a rewritten future leaves them alone.
    """

    kind: str = "constant"  # "constant", "exponential", "lognormal"
    mean: int = 0  # us
    sigma: float = 1.0  # of the lognormal's logarithm
    seed: int = 0
    outages: tuple[
        tuple[int, int], ...
    ] = ()  # [from, until) us UTC, apart and in order: what is due then comes at once

    @property
    def lag(self) -> int:
        """How far the feed's watermark stands behind now while it works, us.

        The feed is complete up to its watermark: exactly where latency is constant, for 99 outcomes in 100 where it is
        drawn.
        """
        if self.kind == "constant" or not self.mean:
            return self.mean
        if self.kind == "exponential":
            return math.ceil(self.mean * math.log(100.0))
        return math.ceil(self.mean * math.exp(2.3263 * self.sigma - 0.5 * self.sigma**2))

    def held_back(self, time: Ints) -> Ints:
        """Return when what would arrive at `time` does arrive: an outage holds it back to its end."""
        for start, end in self.outages:
            time = np.where((time >= start) & (time < end), end, time)
        return time

    def watermark(self, now: int) -> int:
        """Return the moment before which everything that happened has arrived by just before `now`."""
        for start, end in self.outages:
            if start < now <= end:
                return start - self.lag
        return now - self.lag

    def latency(self, row: Ints, ordinal: Ints) -> Ints:
        """Return latencies in us, shape (n_outcomes,)."""
        if self.kind == "constant" or not self.mean:
            return np.full(len(row), self.mean, dtype=np.int64)
        first = uniform(2 * self.seed, row, ordinal)
        if self.kind == "exponential":
            waits: Ints = np.rint(-self.mean * np.log(first)).astype(np.int64)
            return waits
        # Box and Muller's normal from a second, independent uniform
        angle = uniform(2 * self.seed + 1, row, ordinal)
        normal = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * angle)
        drawn: Ints = np.rint(self.mean * np.exp(self.sigma * normal - 0.5 * self.sigma**2)).astype(np.int64)
        return drawn


@dataclass(frozen=True)
class Deliveries:
    """What the feed makes of a log: labels, and when they are known.

    A delay of exactly the attribution window still counts (d <= W, as in the literature).  The first conversion or
    gift inside the window makes a click positive; the label is known when the first of them arrives.
    """

    label: Bools  # shape (n_clicks,): converted inside the attribution window
    arrival: Ints  # shape (n_clicks,): when the trainer's side first knows, us UTC; NEVER
    outcome_arrival: Ints  # shape (n_outcomes,): as the log's outcomes; NEVER where it does not count
    outside: Bools  # shape (n_outcomes,): happened after the attribution window
    repeat: Bools  # shape (n_outcomes,): a conversion after the click's first inside the window
    outcomes: Outcomes = field(repr=False)  # the log's
    feed: LabelFeed = field(default_factory=LabelFeed)
    scratch: Path | None = field(default=None, repr=False)

    @cached_property
    def happened(self) -> Ints:
        """When the conversion that makes a click's label known happened, us UTC, shape (n_clicks,); NEVER."""
        row, kind, time, _ = self.outcomes
        comes = _comes(self.outcomes, self.feed)
        first = np.flatnonzero(~self.outside & (kind != OutcomeKind.REFUND) & (comes == self.arrival[row]))
        happened: Ints = _scratch_full(len(self.arrival), np.int64, NEVER, self.scratch)
        np.minimum.at(happened, row[first], time[first])
        return happened

    @cached_property
    def in_order(self) -> tuple[Ints, Ints]:
        """Rows that convert and when that is known, ordered by (arrival, row)."""
        rows = np.flatnonzero(self.arrival != NEVER)
        arrivals = self.arrival[rows]
        order = np.argsort(arrivals, kind="stable")
        return _scratch(rows[order], self.scratch), _scratch(arrivals[order], self.scratch)

    @cached_property
    def outcomes_in_order(self) -> tuple[Ints, Ints]:
        """Indices of the outcomes that count and when they are known, ordered by (arrival, index)."""
        index = np.flatnonzero(self.outcome_arrival != NEVER)
        arrivals = self.outcome_arrival[index]
        order = np.argsort(arrivals, kind="stable")
        return _scratch(index[order], self.scratch), _scratch(arrivals[order], self.scratch)


def deliver(log: ClickLog, attribution_window: int, feed: LabelFeed, scratch: Path | None = None) -> Deliveries:
    """Decide for every outcome whether it counts, on the time it happened, and when it is known.

    Parameters
    ----------
    log : ClickLog
    attribution_window : int
        Longest delay that still counts, us.
    feed : LabelFeed
    scratch : Path, optional
        Folder for columns of the log's length, which are mapped from unnamed files there instead of held in memory.
    """
    n = len(log.outcomes.row)
    outside, repeat, counted = np.zeros(n, np.bool_), np.zeros(n, np.bool_), _comes(log.outcomes, feed).copy()
    label = _scratch_full(log.n_clicks, np.bool_, False, scratch)
    arrival = _scratch_full(log.n_clicks, np.int64, NEVER, scratch)
    _count(*log.outcomes[:3], log.click_time, attribution_window, label, arrival, outside, repeat, counted)
    return Deliveries(label, arrival, _scratch(counted, scratch), outside, repeat, log.outcomes, feed, scratch)


@numba.njit(cache=True, nogil=True)
def _count(
    row: Ints,
    kind: NDArray[np.int8],
    time: Ints,
    click_time: Ints,
    window: int,
    label: Bools,
    arrival: Ints,
    outside: Bools,
    repeat: Bools,
    counted: Ints,
) -> None:
    """Judge outcomes, sorted by click and time; `counted` comes as their arrival and loses what does not count."""
    converted = -1  # the last click with a conversion inside the window
    for i in range(len(row)):
        comes = counted[i]
        outside[i] = time[i] - click_time[row[i]] > window
        conversion = kind[i] == _CONVERSION and not outside[i]
        repeat[i] = conversion and row[i] == converted
        if conversion:
            converted = row[i]
        if outside[i] or repeat[i]:
            counted[i] = NEVER
        if not outside[i] and kind[i] != _REFUND:
            label[row[i]] = True
            arrival[row[i]] = min(arrival[row[i]], comes)


def _comes(outcomes: Outcomes, feed: LabelFeed) -> Ints:
    """Return when each outcome arrives, us UTC, whether or not it counts."""
    if feed.kind == "constant":
        return feed.held_back(outcomes.time + feed.mean)
    return feed.held_back(outcomes.time + feed.latency(outcomes.row, _ordinal(outcomes.row)))


def _ordinal(row: Ints) -> Ints:
    """Return each outcome's place among those of its click; `row` is sorted."""
    index = np.arange(len(row), dtype=np.int64)
    first = np.ones(len(row), dtype=np.bool_)
    first[1:] = row[1:] != row[:-1]
    return index - np.maximum.accumulate(np.where(first, index, 0)) if len(row) else index


def _scratch(array: NDArray[Any], folder: Path | None) -> NDArray[Any]:
    if folder is None or not len(array):
        return array
    mapped = _scratch_full(len(array), array.dtype, None, folder)
    mapped[:] = array
    return mapped


def _scratch_full(length: int, dtype: Any, value: Any, folder: Path | None) -> NDArray[Any]:
    """Return an array in memory, or mapped from an unnamed file that vanishes with it."""
    if folder is None or not length:
        return np.full(length, value, dtype=dtype) if value is not None else np.empty(length, dtype=dtype)
    with tempfile.TemporaryFile(dir=folder) as file:
        mapped = np.asarray(np.memmap(file, dtype=dtype, mode="w+", shape=(length,)))  # a plain array is quicker to cut
    if value is not None and value is not False:
        mapped[:] = value
    return mapped
