"""Logs made from logs: some of the clicks, the past of a moment, and another future after it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from replay.log import NEVER, Bools, ClickLog, Ints, OutcomeKind, Outcomes, Segment
from replay.slots import SlotTable
from scenarios.durations import HOUR


def thinned(log: ClickLog, clicks: int) -> ClickLog:
    """Return at most so many clicks, evenly spread over the whole log, with all that came of them."""
    step = max(1, -(-log.n_clicks // clicks))
    return log if step == 1 else _rows(log, np.arange(0, log.n_clicks, step, dtype=np.int64))


def clicks_before(log: ClickLog, moment: int) -> ClickLog:
    """Return the clicks before a moment, us UTC, with all that came of them, however late; nothing is copied."""
    n = int(np.searchsorted(log.click_time, moment))
    outcomes = _of(log.outcomes, slice(int(np.searchsorted(log.outcomes.row, n))))
    return replace(
        log,
        click_time=log.click_time[:n],
        click=log.click[:n],
        slots=replace(log.slots, n_rows=n),
        outcomes=outcomes,
        true_probability=None if log.true_probability is None else log.true_probability[:n],
        true_value=None if log.true_value is None else log.true_value[:n],
        outcomes_until=None if log.outcomes_until is None else log.outcomes_until[:n],
        segments={name: Segment(one.code[:n], one.values) for name, one in log.segments.items()},
        keys={name: hashes[:n] for name, hashes in log.keys.items()},
        columns=None if log.columns is None else log.columns.slice(0, n),
    )


def ended(log: ClickLog, moment: int) -> ClickLog:
    """Return the log as if the world had ended after a moment, us UTC: no click and no outcome later than it."""
    past = clicks_before(log, moment + 1)
    outcomes = _of(past.outcomes, past.outcomes.time <= moment)
    until = _open(past, moment)
    return replace(past, outcomes=outcomes, outcomes_until=until, observed_until=min(log.observed_until, moment + 1))


def rewritten(log: ClickLog, moment: int) -> ClickLog:
    """Return the log with other outcomes after a moment, us UTC.

    Of what came later, every other click loses all of it and the others have it three hours later still; clicks that
    nothing came of convert an hour after the moment, or after themselves.  No session ends any more.
    """
    row, kind, time, _ = log.outcomes
    later = time > moment
    kept = _of(log.outcomes, ~later | (row % 2 == 1))
    delayed = kept._replace(time=np.where(kept.time > moment, kept.time + 3 * HOUR, kept.time))
    silent = np.ones(log.n_clicks, dtype=np.bool_)
    silent[row] = False
    rows = np.flatnonzero(silent)
    times = np.maximum(log.click_time[rows], moment) + HOUR
    new = Outcomes(rows, np.full(len(rows), OutcomeKind.CONVERSION, kind.dtype), times, np.zeros(len(rows), np.int64))
    both = Outcomes(
        np.concatenate((delayed.row, new.row)),
        np.concatenate((delayed.kind, new.kind)),
        np.concatenate((delayed.time, new.time)),
        np.concatenate((delayed.amount, new.amount)),
    )
    ordered = _of(both, np.lexsort((both.kind, both.time, both.row)))
    return replace(log, outcomes=ordered, outcomes_until=_open(log, moment))


def _open(log: ClickLog, moment: int) -> Ints | None:
    """Return when the outcomes of clicks end, with no end after a moment."""
    until = log.outcomes_until
    return None if until is None else np.where(until > moment, NEVER, until)


def _of(outcomes: Outcomes, chosen: Bools | Ints | slice) -> Outcomes:
    row, kind, time, amount = outcomes
    return Outcomes(row[chosen], kind[chosen], time[chosen], amount[chosen])


def _rows(log: ClickLog, rows: Ints) -> ClickLog:
    place = np.full(log.n_clicks, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    chosen = _of(log.outcomes, place[log.outcomes.row] >= 0)
    columns: Any = None if log.columns is None else log.columns.take(pa.array(rows))
    return replace(
        log,
        click_time=log.click_time[rows],
        click=log.click[rows],
        slots=SlotTable.of(log.slots.take(rows)),
        outcomes=chosen._replace(row=place[chosen.row]),
        true_probability=None if log.true_probability is None else log.true_probability[rows],
        true_value=None if log.true_value is None else log.true_value[rows],
        outcomes_until=None if log.outcomes_until is None else log.outcomes_until[rows],
        segments={name: Segment(one.code[rows], one.values) for name, one in log.segments.items()},
        keys={name: hashes[rows] for name, hashes in log.keys.items()},
        columns=columns,
    )
