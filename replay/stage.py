"""Everything that is accepted, on disk in reading order, until the order of the log is known."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.arrays import as_arrow
from replay.arrow_files import SlotWriter, Spool, Spools, TableWriter, no_slots, read_file, read_slots, read_table
from replay.columns import raw_columns, raw_schema
from replay.encoding import Encoder
from replay.errors import LogError, suggestion
from replay.hashing import NO_ID, Hashes, hash_ids
from replay.log import NEVER, Bools, Floats, Ints, OutcomeKind
from replay.places import Places
from replay.quarantine import Piece, Quarantine, Reason, millionths
from replay.readers.base import LogReader, RawClicks, RawOutcomes
from replay.readers.strays import Strays, numbers
from replay.repeats import IdIndex
from replay.segments import Codes, SegmentCoder
from replay.slots import SlotTable
from replay.store import COLUMNS, SLOTS

_REFUSED = -2  # in place of the row of a click that was refused


class KnownIds(NamedTuple):
    """Where the click of an id is found."""

    accepted: IdIndex
    refused: IdIndex

    def find(self, ids: Hashes) -> Ints:
        """Return the earliest row accepted under each id, -2 if all were refused, -1 if there is none."""
        row = self.accepted.find(ids)
        return np.where((row < 0) & (self.refused.find(ids) >= 0), _REFUSED, row)


class Staged(NamedTuple):
    """What was accepted, in reading order, mapped from disk."""

    click_time: Ints
    click: Ints
    has_ids: bool
    slots: SlotTable
    outcomes: Piece
    true_probability: NDArray[np.float32] | None
    true_value: NDArray[np.float32] | None
    outcomes_until: Ints | None
    codes: dict[str, Codes]
    keys: dict[str, Hashes]
    columns: pa.Table | None


class Stage:
    """Takes what a reader gives, refuses what is wrong by itself, and keeps the rest on disk.

    Parameters
    ----------
    folder : Path
        A folder of its own.
    reader : LogReader
    encoder : Encoder
    segments : sequence of str
        Columns to code as segments.
    keys : sequence of str
        Columns to hash as keys of aggregates.
    keep_columns : bool
        Whether to keep the feature columns themselves too.
    quarantine : Quarantine
    places : Places
    """

    def __init__(
        self,
        folder: Path,
        reader: LogReader,
        encoder: Encoder,
        segments: Sequence[str],
        keys: Sequence[str],
        keep_columns: bool,
        quarantine: Quarantine,
        places: Places,
    ) -> None:
        self._folder, self._reader, self._encoder = folder, reader, encoder
        self._quarantine, self._places = quarantine, places
        self._accepted = 0
        self._clicks = Spools(folder / "clicks", {"click_time": np.int64, "click": np.int64})
        dtypes = {"row": np.int64, "kind": np.int8, "time": np.int64, "amount": np.int64, "number": np.int64}
        self._outcomes = Spools(folder / "outcomes", dtypes)
        self._slots = SlotWriter(folder / SLOTS, len(reader.categorical) + len(reader.numeric))
        self._columns = (
            TableWriter(folder / COLUMNS, raw_schema(reader.categorical, reader.numeric)) if keep_columns else None
        )
        self._truths: dict[str, Spool] = {}
        self._until: Spool | None = None
        self.over_before = 0  # clicks whose outcomes were over before them: not known, then
        self._ids: Spool | None = None
        self._refused_ids: list[Hashes] = []
        self.coders = {name: SegmentCoder(name) for name in segments}
        self._codes = {name: Spool(folder / f"segment_{i}", np.int32) for i, name in enumerate(segments)}
        self._keys = {name: Spool(folder / f"key_{i}", np.uint64) for i, name in enumerate(keys)}

    def add_clicks(self, raw: RawClicks) -> None:
        """Take some clicks and the outcomes in their rows."""
        n = len(raw.click_time)
        number = self._numbered(raw.source, raw.first_row, n, raw.strays, None)
        keep = raw.click_time != NEVER
        self._quarantine.read_clicks(n)
        self._quarantine.refuse_clicks(Reason.MISSING_CLICK_TIME, number[~keep], raw.click_time[~keep])
        kept = slice(None) if keep.all() else keep
        row = np.full(n, -1)
        row[kept] = np.arange(self._accepted, self._accepted + np.count_nonzero(keep))
        row = row[raw.outcome_row]
        found = self._sound(row, raw.outcome_kind, raw.outcome_time, raw.outcome_amount, number[raw.outcome_row])
        self._outcomes.append(*self._quarantine.refuse(Reason.CLICK_QUARANTINED, found, found.row < 0))
        self._add_ids(raw.click_id, keep)
        self._add_features(raw.features, keep)
        self._add_truth("true_probability", raw.true_probability, keep)
        self._add_truth("true_value", raw.true_value, keep)
        self._add_until(raw, keep)
        self._clicks.append(raw.click_time[kept], number[kept])
        self._accepted += int(np.count_nonzero(keep))

    def known_ids(self) -> KnownIds:
        """Return where the click of an id is found."""
        accepted = self._ids.read() if self._ids is not None else np.empty(0, dtype=np.uint64)
        refused = np.concatenate([np.empty(0, dtype=np.uint64), *self._refused_ids])
        return KnownIds(IdIndex(accepted), IdIndex(refused))

    def add_outcomes(self, raw: RawOutcomes, known: KnownIds) -> None:
        """Take some outcomes of a second table; all clicks must have been taken before."""
        number = self._numbered(raw.source, raw.first_row, len(raw.time), raw.strays, raw.stray_kind)
        found = self._sound(known.find(hash_ids(raw.click_id)), raw.kind, raw.time, raw.amount, number)
        found = self._quarantine.refuse(Reason.CLICK_QUARANTINED, found, found.row == _REFUSED)
        self._outcomes.append(*self._quarantine.refuse(Reason.OUTCOME_WITHOUT_CLICK, found, found.row < 0))

    def finish(self) -> Staged:
        """Return all that was accepted; nothing can be added any more."""
        n_features = self._slots.n_features
        self._slots.close()
        if self._columns is not None:
            self._columns.close()
        slots = read_file(self._folder / SLOTS) if n_features else None
        return Staged(
            **self._clicks.read(),
            has_ids=self._ids is not None,
            slots=read_slots(slots, self._accepted, n_features) if slots is not None else no_slots(self._accepted),
            outcomes=Piece(**self._outcomes.read()),
            true_probability=self._truth("true_probability"),
            true_value=self._truth("true_value"),
            outcomes_until=self._until.read() if self._until is not None else None,
            codes={name: spool.read() for name, spool in self._codes.items()},
            keys={name: spool.read() for name, spool in self._keys.items()},
            columns=read_table(read_file(self._folder / COLUMNS)) if self._columns is not None else None,
        )

    def _numbered(self, source: str, row: int, n: int, strays: Strays | None, kind: OutcomeKind | None) -> Ints:
        """Return the numbers of `n` rows, and refuse those that were left out among them."""
        left_out = 0 if strays is None else len(strays.at)
        first = self._places.add(source, row, n + left_out)
        if strays is not None:
            self._quarantine.refuse_strays(first + strays.at, strays.found, kind)
        return first + numbers(n, strays)

    def _sound(self, row: Ints, kind: NDArray[np.int8], time: Ints, amount: Floats, number: Ints) -> Piece:
        exact, usable = millionths(amount, kind)
        self._quarantine.read_outcomes(kind, exact)
        timeless = time == NEVER
        found = Piece(row, kind, time, exact, number)
        found = self._quarantine.refuse(Reason.OUTCOME_TIME_INVALID, found, timeless, amount)
        return self._quarantine.refuse(Reason.AMOUNT_INVALID, found, ~usable[~timeless], amount[~timeless])

    def _add_truth(self, name: str, values: NDArray[np.float32] | None, keep: Bools) -> None:
        if values is None:
            return
        if name not in self._truths:
            self._truths[name] = Spool(self._folder / name, np.float32)
        self._truths[name].append(values[keep])

    def _add_until(self, raw: RawClicks, keep: Bools) -> None:
        if raw.outcomes_until is None:
            return
        self._until = self._until or Spool(self._folder / "outcomes_until", np.int64)
        until = raw.outcomes_until[keep]
        over = until < raw.click_time[keep]
        self.over_before += int(np.count_nonzero(over))
        self._until.append(np.where(over, NEVER, until))

    def _truth(self, name: str) -> NDArray[np.float32] | None:
        return self._truths[name].read() if name in self._truths else None

    def _add_ids(self, click_id: pa.Array | None, keep: Bools) -> None:
        if click_id is not None and self._ids is None:
            self._ids = Spool(self._folder / "ids", np.uint64)
            self._ids.append(np.full(self._accepted, NO_ID))
        if self._ids is not None:
            ids = hash_ids(click_id) if click_id is not None else np.full(len(keep), NO_ID, dtype=np.uint64)
            self._ids.append(ids[keep])
            self._refused_ids.append(ids[~keep])

    def _add_features(self, features: pa.Table, keep: Bools) -> None:
        wanted = [("segment", name) for name in self.coders] + [("key", name) for name in self._keys]
        there = features.column_names
        unknown = [f"no {what} column {name!r}{suggestion(name, there)}" for what, name in wanted if name not in there]
        if unknown:
            raise LogError(unknown)
        if not keep.all() and features.num_columns:
            features = features.filter(as_arrow(keep))
        self._slots.append(self._encoder.encode(features))
        for name, coder in self.coders.items():
            self._codes[name].append(coder.encode(features.column(name)))
        for name, spool in self._keys.items():
            for values in features.column(name).chunks:
                spool.append(hash_ids(values, name))
        if self._columns is not None:
            self._columns.append(raw_columns(features, self._reader.categorical, self._reader.numeric))
