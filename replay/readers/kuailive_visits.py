"""The first pass over KuaiLive: which gifts there are, which clicks they may hang on, and how long visits were."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.hashing import Hashes, hash_ids
from replay.log import NEVER, Ints
from replay.readers.id_table import IdTable, distinct
from replay.readers.kuailive_files import WATCHED, File
from replay.readers.kuailive_gifts import Links, Visits, link, pairs
from replay.readers.rows import numbers
from replay.readers.times import Clock, Tally, read_times

CLOCK = Clock("ms", inferred=True, zone="Asia/Shanghai")
_LONGEST = 30 * 86_400_000  # ms: a longer visit is none
_MILLI = 1_000  # us
_SHARES = (0.5, 0.9, 0.99, 0.999)


class FirstPass(NamedTuple):
    """What must be known of all clicks and gifts before the first click is handed on."""

    gift_time: Ints  # shape (n_gifts,), us UTC; NEVER
    links: Links  # of the gifts
    rooms: IdTable  # clicked on
    watched: NDArray[np.float32]  # shape (n_clicks,), ms; NaN where not known
    latest: int | None  # us UTC: time of the last click or gift that is recorded


def first_pass(click: File, gift: File, tally: Tally) -> FirstPass:
    """Read the gifts, then the clicks, and find the click of each gift."""
    pair, time = _gifts(gift, tally)
    visits, rooms, watched, last = _visits(click, IdTable(distinct(pair)))
    latest = max(last, _latest(time))
    return FirstPass(time, link(pair, time, visits), IdTable(rooms), watched, latest if latest >= 0 else None)


def pair_and_time(file: File, batch: pa.RecordBatch, tally: Tally) -> tuple[Hashes, Ints]:
    """Return viewer and room as one hash, and the time, us UTC, of some rows of clicks or gifts."""
    time = read_times(file.column(batch, "timestamp"), CLOCK, f"timestamp in {file.source.name}", tally).time
    return pairs(file.column(batch, "user_id"), file.column(batch, "live_id")), time


def told(found: FirstPass, watch_is_there: bool, moving: bool) -> Iterator[str]:
    """Yield what the user should know of the gifts and of how long visits are."""
    when, links = found.gift_time, found.links
    same = (when == links.click_time) & (when != NEVER)
    if same.any():
        count = int(np.count_nonzero(same & (links.end != NEVER)))
        done = f"{count:,} count from the end of the visit" if moving else "they stay at it"
        yield f"gifts that bear the very time of their click: {np.count_nonzero(same):,} of {len(when):,}; {done}"
    after = int(np.count_nonzero(links.earlier & (links.end != NEVER) & (when != NEVER) & (when > links.end)))
    if after:
        yield f"gifts after the end of their click's visit: {after:,}; they keep their time"
    if not watch_is_there:
        yield f"no column {WATCHED} among the clicks: gifts keep the time that is recorded"
    known = found.watched[~np.isnan(found.watched)]
    if len(known):
        lengths = zip(_SHARES, np.quantile(known, _SHARES), strict=True)
        listed = ", ".join(f"{100 * share:g} % of them {length / 60_000:.1f}" for share, length in lengths)
        yield f"visits end within so many minutes: {listed}; a longer attribution window mostly waits"


def _gifts(file: File, tally: Tally) -> tuple[Hashes, Ints]:
    pair, time = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for batch in file.source.batches(file.forms("user_id", "live_id", "timestamp")):
        some, when = pair_and_time(file, batch, tally)
        pair.append(some)
        time.append(when)
    return np.concatenate(pair), np.concatenate(time)


def _latest(time: Ints) -> int:
    """Return the last of some times, -1 where there is none."""
    return int(np.max(time, where=time != NEVER, initial=-1))


def _visits(file: File, given: IdTable) -> tuple[Visits, Hashes, NDArray[np.float32], int]:
    """Return the clicks of pairs with gifts, all rooms clicked on, the length of all visits, and the last click."""
    pair, time, end = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    rooms, lengths, last = [np.empty(0, np.uint64)], [np.empty(0, np.float32)], -1
    for batch in file.source.batches(file.forms("user_id", "live_id", "timestamp", WATCHED)):
        mine, when = pair_and_time(file, batch, Counter())
        watched = _watched(file, batch)
        row = np.flatnonzero(given.among(mine))
        pair.append(mine[row])
        time.append(when[row])
        end.append(_ends(watched[row], when[row]))
        rooms.append(hash_ids(file.column(batch, "live_id")))
        lengths.append(watched.astype(np.float32))
        last = max(last, _latest(when))
    visits = Visits(np.concatenate(pair), np.concatenate(time), np.concatenate(end))
    return visits, distinct(np.concatenate(rooms)), np.concatenate(lengths), last


def visit_end(file: File, batch: pa.RecordBatch, time: Ints) -> Ints:
    """Return when the visits of some clicks end, us UTC; NEVER where that is not told."""
    return _ends(_watched(file, batch), time)


def _ends(watched: NDArray[np.float64], time: Ints) -> Ints:
    known = np.isfinite(watched) & (time != NEVER)
    after = np.where(known, watched, 0).astype(np.int64) * _MILLI
    return np.where(known, np.where(known, time, 0) + after, NEVER)


def _watched(file: File, batch: pa.RecordBatch) -> NDArray[np.float64]:
    """Return how long each visit was, ms; NaN where it is not told or cannot be."""
    if WATCHED not in file.columns:
        return np.full(batch.num_rows, np.nan)
    watched = numbers(file.column(batch, WATCHED), WATCHED, np.nan)
    return np.where((watched >= 0) & (watched <= _LONGEST), watched, np.nan)
