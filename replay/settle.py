"""What is accepted, put in order: clicks by time, outcomes by click, repeats and impossible outcomes refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from replay.arrow_files import Spool, Spools, chunks
from replay.log import Bools, Ints, Outcomes
from replay.quarantine import Piece, Quarantine, Reason

_PIECE = 1 << 18  # outcomes settled at a time

Order = Ints | None  # rows in reading order, as the log has them; None if it has them all as they were read


def order_by_time(time: Ints, without: Ints) -> tuple[Order, int]:
    """Return the order of the log, and how many of its clicks were read later than a later click.

    Parameters
    ----------
    time : int array of shape (n,)
        Click times in reading order.
    without : int array
        Rows to leave out.
    """
    order = dropped(None, without, len(time))
    kept = time if order is None else time[order]
    late = _count_late(kept)
    if late:
        by_time = np.argsort(kept, kind="stable")
        order = by_time if order is None else order[by_time]
    return order, late


def dropped(order: Order, without: Ints, n: int) -> Order:
    """Return an order without some rows."""
    if not len(without):
        return order
    keep = np.ones(n, dtype=np.bool_)
    keep[without] = False
    return np.flatnonzero(keep) if order is None else order[keep[order]]


def _count_late(time: Ints) -> int:
    late, latest = 0, np.iinfo(np.int64).min
    for piece in chunks(len(time)):
        running = np.maximum(np.maximum.accumulate(time[piece]), latest)
        late += int(np.count_nonzero(time[piece] < running))
        latest = running[-1]
    return late


def place(rows: Ints, order: Order, n: int) -> Ints:
    """Return where rows in reading order stand in the log, of `n` rows in reading order."""
    if order is None:
        return rows
    place = np.full(n, -1, dtype=np.int64)
    for piece in chunks(len(order)):
        place[order[piece]] = np.arange(piece.start, piece.stop)
    return place[rows]


def arranged(column: NDArray[Any], order: Order, path: Path) -> NDArray[Any]:
    """Return a column in the order of the log, mapped from disk; a new file at `path` if it is not so already."""
    if order is None:
        return column
    spool = Spool(path, column.dtype.type)
    for piece in chunks(len(order)):
        spool.append(column[order[piece]])
    return spool.read()


def settle_outcomes(
    outcomes: Piece, click_time: Ints, clock_skew: int, quarantine: Quarantine, folder: Path
) -> tuple[Outcomes, int]:
    """Return the outcomes sorted by (row, time, kind, amount), and how many were moved to their click's time.

    Those more than `clock_skew` before their click are refused, and so is what stands there already.

    Parameters
    ----------
    outcomes : Piece
        Their rows are those of the log.
    click_time : int array of shape (n_clicks,)
        In the order of the log.
    clock_skew : int
        Microseconds.
    quarantine : Quarantine
    folder : Path
        A new folder for the result.
    """
    settled = Spools(folder, {"row": np.int64, "kind": np.int8, "time": np.int64, "amount": np.int64})
    moved = 0
    for piece in _by_clicks(outcomes):
        clicked = click_time[piece.row]
        found = quarantine.refuse(Reason.OUTCOME_BEFORE_CLICK, piece, piece.time < clicked - clock_skew)
        found = _sorted(found)
        found = quarantine.refuse(Reason.DUPLICATE_OUTCOME, found, _repeated(found))
        time = np.maximum(found.time, click_time[found.row])
        early = int(np.count_nonzero(time > found.time))
        if early:  # only now, since two of one amount before their click are two
            found = _sorted(found._replace(time=time))
        moved += early
        settled.append(found.row, found.kind, found.time, found.amount)
    return Outcomes(**settled.read()), moved


def _by_clicks(outcomes: Piece) -> Iterator[Piece]:
    """Yield outcomes by row, all of one click in one piece."""
    row = outcomes.row
    by_row = np.argsort(row, kind="stable") if _count_late(row) else None
    if by_row is not None:
        row = row[by_row]
    start = 0
    while start < len(row):
        last = min(start + _PIECE, len(row)) - 1
        stop = int(np.searchsorted(row, row[last], side="right"))
        yield outcomes.at(slice(start, stop) if by_row is None else by_row[start:stop])
        start = stop


def _sorted(piece: Piece) -> Piece:
    same_click = piece.row[1:] == piece.row[:-1]
    if not same_click.any():
        return piece
    several = np.append(same_click, False) | np.append(False, same_click)
    at = np.flatnonzero(several)
    some = piece.at(at)
    order = np.arange(len(piece.row))
    order[at] = at[np.lexsort((some.amount, some.kind, some.time, some.row))]
    return piece.at(order)


def _repeated(piece: Piece) -> Bools:
    same = np.ones(max(len(piece.row) - 1, 0), dtype=np.bool_)
    for column in (piece.row, piece.time, piece.kind, piece.amount):
        same &= column[1:] == column[:-1]
    return np.append(np.zeros(min(len(piece.row), 1), dtype=np.bool_), same)
