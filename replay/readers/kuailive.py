"""KuaiLive: three weeks of live streams as published, with every click on a room and every gift."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import xxhash

from replay.errors import LogError
from replay.hashing import hash_ids
from replay.log import NEVER, Ints, OutcomeKind
from replay.readers.base import RawClicks, RawOutcomes
from replay.readers.digests import Digests
from replay.readers.kuailive_features import CLOSED, MINUTES, OF_CLICK, Choice, choose
from replay.readers.kuailive_files import WATCHED, File, check_columns, open_folder
from replay.readers.kuailive_gifts import click_ids
from replay.readers.kuailive_tables import Traits, read_traits
from replay.readers.kuailive_visits import CLOCK, FirstPass, first_pass, pair_and_time, told, visit_end
from replay.readers.paths import Paths
from replay.readers.rows import numbers
from replay.readers.times import Tally, tell

GIFT_TIMES = ("session_end", "recorded")
ENDS = ("room_end", "visit_end", "window")
_VERSION = 2  # of how the files become raw clicks; part of the fingerprint
_MINUTE, _DAY = 60_000_000, 86_400_000_000  # us
_KEYS = {"room": "live_id", "user": "user_id", "streamer": "streamer_id"}


class KuaiLiveReader:
    """The log as published: click.csv, gift.csv, and room.csv, user.csv and streamer.csv where they are there.

    A click is a visit to a room; its outcomes are gifts.  A gift belongs to the last click of the same viewer on the
    same room that is not later than it.  Times are milliseconds since 1970.  Two clicks of one viewer on one room in
    one millisecond are one click read twice.

    Nearly all published gifts bear the very time of a click, since what a viewer does is stamped with the visit it
    belongs to; when in the visit it happened is not told.  Taken at its word, that makes labels known the instant of
    the click, which nobody could have known.  So such a gift counts from the end of the visit, click plus
    watch_live_time, the latest that it can have been, unless `gift_time` is "recorded".

    No gift comes once the room has closed, so a click's label is sure by then: that is its `outcomes_until`, unless the
    end of the visit is taken for that, or nothing is.  When rooms close and visits end is known after the click, and
    never a feature.

    Parameters
    ----------
    source : path
        The folder.
    gift_time : {"session_end", "recorded"}
    outcomes_until : {"room_end", "visit_end", "window"}
    categorical, numeric : sequence of str, optional
        Features by value and by size; None chooses, see `choose`.
    segments : sequence of str, optional
        Further columns to carry along.
    cache : Path, optional
        Folder where digests of files are remembered.

    Raises
    ------
    LogError
        With all that is wrong with the folder; what is wrong with the content is raised by whatever reads it first.

    References
    ----------
    .. [1] Qu et al., "KuaiLive: A Real-time Interactive Dataset for Live Streaming Recommendation", SIGIR 2026.
    """

    replayed: Sequence[str] = ()

    def __init__(
        self,
        source: Paths,
        *,
        gift_time: str = "session_end",
        outcomes_until: str = "room_end",
        categorical: Sequence[str] | None = None,
        numeric: Sequence[str] | None = None,
        segments: Sequence[str] = (),
        cache: Path | None = None,
    ) -> None:
        if gift_time not in GIFT_TIMES:
            raise LogError(f"gift_time: expected {' or '.join(GIFT_TIMES)}, got {gift_time!r}")
        if outcomes_until not in ENDS:
            raise LogError(f"outcomes_until: expected {', '.join(ENDS[:-1])} or {ENDS[-1]}, got {outcomes_until!r}")
        self._digests = Digests(cache)
        self._sources = open_folder(source, self._digests)
        self._gift_time, self._ends = gift_time, outcomes_until
        self._categorical, self._numeric = (None if names is None else tuple(names) for names in (categorical, numeric))
        self._segments = tuple(segments)
        self._tallies: dict[str, Tally] = {}

    @property
    def categorical(self) -> Sequence[str]:
        """Feature columns to encode by value."""
        return self._choice.categorical

    @property
    def numeric(self) -> Sequence[str]:
        """Feature columns to encode by size."""
        return self._choice.numeric

    @property
    def observed_until(self) -> int | None:
        """The last time that is recorded, us UTC: that visits end later says nothing of what is in the files."""
        return self._first.latest

    @property
    def notes(self) -> Sequence[str]:
        """What was chosen, inferred or mended; the counts are complete once the log has been read."""
        missing = [f"{table}.csv is not there: no features of it" for table in _KEYS if table not in self._sources]
        tally = sum(self._tallies.values(), Counter[str]())
        watch_is_there = WATCHED in self._files["click"].columns
        gifts = told(self._first, watch_is_there, moving=self._gift_time == "session_end")
        ends = []
        if (self._ends == "room_end" and not self._rooms_end) or (self._ends == "visit_end" and not watch_is_there):
            column = f"{CLOSED} in room.csv" if self._ends == "room_end" else f"{WATCHED} in click.csv"
            ends.append(f"no column {column}: labels are sure after the attribution window alone")
        return [*missing, *self._choice.notes, *gifts, *ends, *tell(+tally)]

    def fingerprint(self) -> str:
        """Return a digest of the content and of all arguments; where the files lie is no part of it."""
        content = {kind: source.digest() for kind, source in self._sources.items()}
        self._digests.save()
        asked = [
            "kuailive",
            _VERSION,
            self._gift_time,
            self._ends,
            self._categorical,
            self._numeric,
            self._segments,
            content,
        ]
        return xxhash.xxh3_128_hexdigest(json.dumps(asked).encode())

    def clicks(self) -> Iterator[RawClicks]:
        """Yield all clicks; see `LogReader`."""
        tally, file, row = self._tally("clicks"), self._files["click"], 0
        nothing = np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.int64), np.empty(0)
        watched = [WATCHED] * (self._ends == "visit_end")
        for batch in file.source.batches(file.forms(*OF_CLICK, "timestamp", *watched)):
            pair, time = pair_and_time(file, batch, tally)
            found = self._found(batch, tally)
            features, until = self._features(batch, time, found), self._until(batch, time, found)
            ids = click_ids(pair, time)
            yield RawClicks(file.source.name, row, features, time, ids, *nothing, None, None, None, until)
            row += batch.num_rows

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield all gifts, each with the click that it belongs to."""
        file, links, row = self._files["gift"], self._first.links, 0
        for batch in file.source.batches(file.forms("user_id", "live_id", "timestamp", "gift_price")):
            part = slice(row, row + batch.num_rows)
            pair, time = pair_and_time(file, batch, Counter())
            price = numbers(file.column(batch, "gift_price"), "gift_price", np.nan)
            clicked, end = links.click_time[part], links.end[part]
            if self._gift_time == "session_end":
                time = np.where((time == clicked) & (time != NEVER) & (end != NEVER), end, time)
            kind = np.full(batch.num_rows, OutcomeKind.GIFT, np.int8)
            yield RawOutcomes(file.source.name, row, click_ids(pair, clicked), kind, time, price)
            row += batch.num_rows

    def _found(self, batch: pa.RecordBatch, tally: Tally) -> dict[str, Ints]:
        """Return the rows of some clicks in the other tables, -1 where there is none."""
        rows = {}
        for table, traits in self._tables.items():
            key = _KEYS[table]
            rows[table] = traits.ids.find(hash_ids(self._files["click"].column(batch, key)))
            tally[f"clicks whose {key} is not in {table}.csv"] += int(np.count_nonzero(rows[table] < 0))
        return rows

    def _until(self, batch: pa.RecordBatch, time: Ints, found: Mapping[str, Ints]) -> Ints | None:
        if self._ends == "visit_end":
            return visit_end(self._files["click"], batch, time)
        if self._ends == "window" or not self._rooms_end:
            return None
        return self._tables["room"].moments[CLOSED][found["room"]]

    def _features(self, batch: pa.RecordBatch, time: Ints, found: Mapping[str, Ints]) -> pa.Table:
        choice, click = self._choice, self._files["click"]
        columns: dict[str, pa.Array] = {name: click.column(batch, name) for name in OF_CLICK}
        for table, traits in self._tables.items():
            at = found[table]
            for name, column in choice.named[table].items():
                columns[name] = traits.category(column, at)
            for name, column in choice.dated[table].items():
                columns[name] = traits.elapsed(column, at, time, _MINUTE if name == MINUTES else _DAY)
        wanted = dict.fromkeys((*choice.categorical, *choice.numeric, *self._segments))
        if not wanted:
            return pa.table({"": pa.nulls(len(time))}).select([])
        return pa.table({name: columns[name] for name in wanted})

    @cached_property
    def _files(self) -> Mapping[str, File]:
        return check_columns(self._sources)

    @property
    def _rooms_end(self) -> bool:
        return "room" in self._files and CLOSED in self._files["room"].columns

    @cached_property
    def _choice(self) -> Choice:
        return choose(self._files, self._categorical, self._numeric, self._segments)

    @cached_property
    def _first(self) -> FirstPass:
        return first_pass(self._files["click"], self._files["gift"], self._tally("gifts"))

    @cached_property
    def _tables(self) -> Mapping[str, Traits]:
        tally, tables = self._tally("tables"), dict[str, Traits]()
        for table, key in _KEYS.items():
            named, dated = (tuple(columns[table].values()) for columns in (self._choice.named, self._choice.dated))
            if table == "room" and self._rooms_end and self._ends == "room_end":
                dated = (*dated, CLOSED)
            if table in self._files and named + dated:
                wanted = self._first.rooms if table == "room" else None
                tables[table] = read_traits(self._files[table], key, named, dated, wanted, CLOCK, tally)
                tally[f"{table}.csv: the {key} had been read, and the first counts"] += tables[table].repeats
        return tables

    def _tally(self, name: str) -> Tally:
        tally = self._tallies.setdefault(name, Counter())
        tally.clear()
        return tally
