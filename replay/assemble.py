"""One reading of a log: everything taken, put in order and written as the files of a prepared log."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from replay.arrow_files import SlotWriter, Spool, TableWriter, chunks, gather_table, write_columns
from replay.encoding import Encoder, Encoding
from replay.log import MICROS, Ints, Outcomes
from replay.places import Places
from replay.quarantine import Quarantine, Reason
from replay.readers.base import LogReader
from replay.repeats import Repeats, content_keys, content_repeats, count_repeats, tied_clicks
from replay.settle import Order, arranged, dropped, order_by_time, place, settle_outcomes
from replay.slots import BATCH_BITS
from replay.stage import Stage, Staged
from replay.store import CLICKS, COLUMNS, FORMAT, OUTCOMES, SLOTS, Contents, digest


@dataclass(frozen=True)
class Recipe:
    """How a log is prepared; see `prepare`."""

    encoding: Encoding
    segments: tuple[str, ...]
    keys: tuple[str, ...]
    keep_columns: bool
    clock_skew: int
    duplicates: str

    def key(self, reader: LogReader) -> str:
        """Return the fingerprint of what this makes of a reader's log."""
        return digest([FORMAT, reader.fingerprint(), asdict(self)])


class _Ordered(NamedTuple):
    order: Order
    repeats: Repeats
    click_time: Ints  # in the order of the log


class Assembly:
    """Takes a reader's log in and writes the files of a prepared one.

    Parameters
    ----------
    reader : LogReader
    recipe : Recipe
    folder : Path
        Where the files go.
    """

    def __init__(self, reader: LogReader, recipe: Recipe, folder: Path) -> None:
        self._reader, self._recipe, self._folder = reader, recipe, folder
        self._work = folder / "work"
        self._work.mkdir()
        self._places = Places()
        self._quarantine = Quarantine(folder, self._places)
        self._encoder = Encoder(recipe.encoding, reader.categorical, reader.numeric)
        self._stage = Stage(
            self._work,
            reader,
            self._encoder,
            recipe.segments,
            recipe.keys,
            recipe.keep_columns,
            self._quarantine,
            self._places,
        )
        self._notes: list[str] = []

    def run(self, progress: Callable[[int], None] | None) -> Contents:
        """Read everything, write everything, and return what it is."""
        staged, repeats = self._take(progress)
        ordered = self._ordered(staged, repeats)
        outcomes = self._settled(staged, ordered)
        segments = self._write_clicks(staged, ordered, outcomes)
        write_columns(self._folder / OUTCOMES, outcomes._asdict())
        self._write_features(staged, ordered.order)
        self._quarantine.close()
        shutil.rmtree(self._work)
        return self._contents(ordered.click_time, outcomes, segments)

    def _take(self, progress: Callable[[int], None] | None) -> tuple[Staged, Repeats]:
        for clicks in self._reader.clicks():
            self._stage.add_clicks(clicks)
            if progress is not None:
                progress(self._places.read)
        known = self._stage.known_ids()
        repeats = known.accepted.repeats()
        for outcomes in self._reader.outcomes():
            self._stage.add_outcomes(outcomes, known)
        return self._stage.finish(), repeats

    def _ordered(self, staged: Staged, repeats: Repeats) -> _Ordered:
        self._refuse(staged, repeats)
        order, late = order_by_time(staged.click_time, repeats.row)
        if late:
            self._notes.append(f"clicks read out of order: {late:,}; the log was sorted by click time")
        ordered = _Ordered(order, repeats, arranged(staged.click_time, order, self._work / "click_time"))
        if staged.has_ids:
            return ordered
        tied = tied_clicks(ordered.click_time, Spool(self._work / "tied", np.int64))
        return self._without_equals(staged, ordered, tied) if len(tied) else ordered

    def _without_equals(self, staged: Staged, ordered: _Ordered, tied: Ints) -> _Ordered:
        rows = tied if ordered.order is None else arranged(ordered.order, tied, self._work / "tied_as_read")
        keys = content_keys(staged.slots, staged.outcomes, rows, Spool(self._work / "keys", np.uint64))
        time = arranged(ordered.click_time, tied, self._work / "tied_time")
        if self._recipe.duplicates == "ids":
            count = count_repeats(time, keys)
            if count:
                self._notes.append(
                    f"clicks equal to an earlier one in time, features and outcomes: {count:,}; "
                    'each counts, unless duplicates = "rows"'
                )
            return ordered
        repeats = content_repeats(time, keys).renamed(rows)
        self._refuse(staged, repeats)
        order = dropped(ordered.order, repeats.row, len(staged.click_time))
        return _Ordered(order, repeats, arranged(staged.click_time, order, self._work / "click_time_once"))

    def _refuse(self, staged: Staged, repeats: Repeats) -> None:
        self._quarantine.refuse_clicks(
            Reason.DUPLICATE_CLICK, staged.click[repeats.row], staged.click_time[repeats.row]
        )

    def _settled(self, staged: Staged, ordered: _Ordered) -> Outcomes:
        rows = place(ordered.repeats.original(staged.outcomes.row), ordered.order, len(staged.click_time))
        outcomes, moved = settle_outcomes(
            staged.outcomes._replace(row=rows),
            ordered.click_time,
            self._recipe.clock_skew,
            self._quarantine,
            self._work / "settled",
        )
        if moved:
            skew = f"{self._recipe.clock_skew / MICROS:g} s"
            self._notes.append(f"outcomes at most {skew} before their click: {moved:,}; moved to its time")
        return outcomes

    def _write_clicks(self, staged: Staged, ordered: _Ordered, outcomes: Outcomes) -> dict[str, tuple[str, ...]]:
        order = ordered.order
        columns = {"click_time": ordered.click_time, "click": arranged(staged.click, order, self._work / "click")}
        for name in ("true_probability", "true_value", "outcomes_until"):
            column = getattr(staged, name)
            if column is not None:
                columns[name] = arranged(column, order, self._work / f"{name}_in_order")
        if staged.outcomes_until is not None:
            self._tell_of_ends(outcomes, columns["outcomes_until"])
        segments = {}
        for i, (name, coder) in enumerate(self._stage.coders.items()):
            codes = arranged(staged.codes[name], order, self._work / f"codes_{i}")
            renumbered = Spool(self._work / f"renumbered_{i}", np.int32)
            segments[name] = coder.renumber(codes, renumbered)
            columns[f"segment_{i}"] = renumbered.read()
        for i, hashes in enumerate(staged.keys.values()):
            columns[f"key_{i}"] = arranged(hashes, order, self._work / f"keyed_{i}")
        write_columns(self._folder / CLICKS, columns)
        return segments

    def _tell_of_ends(self, outcomes: Outcomes, until: Ints) -> None:
        if self._stage.over_before:
            told = "they wait for the attribution window"
            self._notes.append(f"clicks after the end of their outcomes: {self._stage.over_before:,}; {told}")
        late = sum(
            int(np.count_nonzero(outcomes.time[piece] > until[outcomes.row[piece]]))
            for piece in chunks(len(outcomes.row))
        )
        if late:
            told = "they count, and methods that trust the end learn them as nothing or late"
            self._notes.append(f"outcomes after the end that their click's outcomes_until says: {late:,}; {told}")

    def _write_features(self, staged: Staged, order: Order) -> None:
        if order is None:
            for path in (self._work / SLOTS, self._work / COLUMNS):
                if path.exists():
                    path.rename(self._folder / path.name)
            return
        slots = SlotWriter(self._folder / SLOTS, staged.slots.n_features)
        for piece in chunks(len(order), 1 << BATCH_BITS):
            slots.append(staged.slots.take(order[piece]))
        slots.close()
        if staged.columns is not None:
            columns = TableWriter(self._folder / COLUMNS, staged.columns.schema)
            for piece in chunks(len(order), 1 << BATCH_BITS):
                columns.append(gather_table(staged.columns, order[piece]))
            columns.close()

    def _contents(self, time: Ints, outcomes: Outcomes, segments: dict[str, tuple[str, ...]]) -> Contents:
        reader, crowding = self._reader, self._encoder.crowding()
        latest = max((int(times.max()) for times in (time, outcomes.time) if len(times)), default=0)
        notes = [*reader.notes, *self._notes, *filter(None, [crowding.note()])]
        return Contents(
            fingerprint=self._recipe.key(reader),
            n_clicks=len(time),
            feature_names=(*reader.categorical, *reader.numeric),
            observed_until=latest if reader.observed_until is None else reader.observed_until,
            intake=self._quarantine.intake(notes),
            segments=segments,
            keys=self._recipe.keys,
            description={
                "sources": self._places.sources,
                "replayed": list(reader.replayed),
                "features": {"categorical": list(reader.categorical), "numeric": list(reader.numeric)},
                "encoding": {**asdict(self._recipe.encoding), **crowding.summary()},
            },
        )
