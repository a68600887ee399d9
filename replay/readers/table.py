"""Any log of named columns: Parquet, delimited text, dataframes."""

import json
import zoneinfo
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import xxhash

from replay.errors import Problems, suggestion
from replay.readers.base import RawClicks, RawOutcomes
from replay.readers.columns import lay_out, lay_out_outcomes
from replay.readers.digests import Digests
from replay.readers.inputs import Inputs, open_inputs
from replay.readers.layout import Layout, OutcomeLayout, TableColumns
from replay.readers.rows import KINDS, read_clicks, read_outcomes
from replay.readers.sources import Source
from replay.readers.times import Clock, Tally, is_zone, tell
from replay.readers.units import WORDS, agree

_VERSION = 1  # of how columns become raw clicks; part of the fingerprint


@dataclass(frozen=True, kw_only=True)
class OutcomeColumns:
    """A second table, of outcomes, whose rows name their click by its id.

    Parameters
    ----------
    source : path, paths or dataframe
        As that of `TableReader`.
    click_id, time : str
        Columns of the click's id and of the time of the outcome.
    amount : str, optional
        Column of the amount.
    kind : str, optional
        Column that says conversion, gift or refund; where it is empty, and without it, `outcome_kind` of the log.
    """

    source: Any
    click_id: str = "click_id"
    time: str = "time"
    amount: str | None = None
    kind: str | None = None


class _Plan(NamedTuple):
    """How the log is read, once its first rows have been looked at."""

    layout: Layout
    clock: Clock
    notes: tuple[str, ...]


class TableReader:
    """A log of one row per click, in named columns.

    Parameters
    ----------
    source : path, sequence of paths, or dataframe
        File, folder or glob of Parquet or delimited text (.csv, .tsv, .txt, also .gz), or several; they are read in
        the order of their names, and content that comes twice is read once.  Or any dataframe with Arrow's PyCapsule
        interface (pandas, polars, pyarrow, duckdb); a stream is drawn once and kept.
    click_time : str, optional
        Column of the time of the click.
    conversion_time, amount, click_id : str, optional
        Columns of the time of its outcome, of the amount that came with it, and of what identifies a click.  A column
        of that very name is used where None is given; with `outcomes`, the first two are not looked for.  Rows with
        an empty conversion time, or -1 among numbers, have no outcome.
    categorical, numeric : sequence of str, optional
        Features to encode by value and by size.  None chooses: text, booleans, dictionaries and whole numbers called
        "*_id" by value, other numbers by size, neither if their name speaks of what follows a click.
    segments : sequence of str, optional
        Further columns to carry along.
    time_unit : {"auto", "s", "ms", "us", "ns"}
        Unit of times that are numbers, since 1970; "auto" goes by their size.
    timezone : str, optional
        IANA name of the zone of times that have none.
    outcomes : OutcomeColumns, optional
        A second table.
    outcome_kind : {"conversion", "gift", "refund"}
        What an outcome is where nothing says it.
    true_probability : str, optional
        Column of the true conversion probability.
    true_value : str, optional
        Column of the true expected money inside the attribution window, in the log's currency.
    outcomes_until : str, optional
        Column of the time after which nothing can come of a click any more, such as the end of its session.
    observed_until : int, optional
        Where the log ends, us UTC.
    cache : Path, optional
        Folder where digests of files are remembered.

    Raises
    ------
    LogError
        With all that is wrong with paths and arguments; what is wrong with the content is raised by whatever reads
        it first.
    """

    def __init__(
        self,
        source: Any,
        *,
        click_time: str = "click_time",
        conversion_time: str | None = None,
        amount: str | None = None,
        click_id: str | None = None,
        categorical: Sequence[str] | None = None,
        numeric: Sequence[str] | None = None,
        segments: Sequence[str] = (),
        time_unit: str = "auto",
        timezone: str | None = None,
        outcomes: OutcomeColumns | None = None,
        outcome_kind: str = "conversion",
        true_probability: str | None = None,
        true_value: str | None = None,
        outcomes_until: str | None = None,
        observed_until: int | None = None,
        cache: Path | None = None,
    ) -> None:
        self.observed_until = observed_until
        self._asked = TableColumns(
            click_time=click_time,
            conversion_time=conversion_time,
            amount=amount,
            click_id=click_id,
            true_probability=true_probability,
            true_value=true_value,
            outcomes_until=outcomes_until,
            categorical=None if categorical is None else tuple(categorical),
            numeric=None if numeric is None else tuple(numeric),
            segments=tuple(segments),
        )
        self._unit, self._zone, self._kind = time_unit, timezone, outcome_kind
        self._second: OutcomeLayout | None = None
        if outcomes is not None:
            self._second = OutcomeLayout(outcomes.click_id, outcomes.time, outcomes.amount, outcomes.kind)
        problems = _wrong_arguments(time_unit, timezone, outcome_kind)
        self._tables = _open_all([source, *([outcomes.source] if outcomes else [])], Digests(cache), problems)
        self._tallies: dict[str, Tally] = {}

    @property
    def categorical(self) -> Sequence[str]:
        """Feature columns to encode by value."""
        return self._plan.layout.categorical

    @property
    def numeric(self) -> Sequence[str]:
        """Feature columns to encode by size."""
        return self._plan.layout.numeric

    @property
    def replayed(self) -> Sequence[str]:
        """Sources left out because their content had been read already."""
        return [name for table in self._tables for name, _ in table.replayed]

    @property
    def notes(self) -> Sequence[str]:
        """What was chosen, inferred or mended; the counts are complete once the log has been read."""
        tally = sum(self._tallies.values(), Counter[str]())
        return [*self._plan.notes, *tell(tally), *(note for table in self._tables for note in table.notes)]

    def fingerprint(self) -> str:
        """Return a digest of the content and of all arguments; where the files lie is no part of it."""
        asked = (asdict(self._asked), self._unit, self._zone, self._kind, self._second, self.observed_until)
        content = [table.digests for table in self._tables]
        return xxhash.xxh3_128_hexdigest(json.dumps(["table", _VERSION, asked, content]).encode())

    def clicks(self) -> Iterator[RawClicks]:
        """Yield all clicks; see `LogReader`."""
        plan, tally = self._plan, self._tallies.setdefault("clicks", Counter())
        tally.clear()
        yield from read_clicks(self._tables[0].sources, plan.layout, plan.clock, KINDS[self._kind], tally)

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield the second table, or nothing."""
        if self._second is not None:
            plan, tally = self._plan, self._tallies.setdefault("outcomes", Counter())
            tally.clear()
            yield from read_outcomes(self._tables[1].sources, self._second, plan.clock, KINDS[self._kind], tally)

    @cached_property
    def _plan(self) -> _Plan:
        second, notes, problems = self._second, list[str](), Problems()
        with problems.collected():
            layout, chosen = lay_out(self._asked, self._tables[0].sources, second_table=second is not None)
            notes += chosen
            if second is not None and layout.click_id is None:
                problems.append("outcomes name their click by its id, but the log has none; set click_id to its column")
        if second is not None:
            with problems.collected():
                notes += lay_out_outcomes(second, self._tables[1].sources)
        problems.stop()
        clock, inferred = agree(self._columns_of_times(layout), self._unit, self._zone)
        return _Plan(layout, clock, (*notes, *inferred))

    def _columns_of_times(self, layout: Layout) -> list[tuple[Source, str]]:
        clicks = [name for name in (layout.click_time, layout.conversion_time, layout.outcomes_until) if name]
        columns = [clicks, *([[self._second.time]] if self._second else [])]
        return [
            (source, column)
            for table, named in zip(self._tables, columns, strict=True)
            for source in table.sources
            for column in named
        ]


def _wrong_arguments(unit: str, zone: str | None, kind: str) -> Problems:
    problems = Problems()
    if unit not in ("auto", *WORDS):
        problems.append(f"time_unit: expected one of auto, {', '.join(WORDS)}, got {unit!r}")
    if kind not in KINDS:
        problems.append(f"outcome_kind: expected one of {', '.join(KINDS)}, got {kind!r}{suggestion(kind, KINDS)}")
    if zone is not None and not is_zone(zone):
        near = suggestion(zone, zoneinfo.available_timezones())
        problems.append(f'timezone: expected an IANA name such as "UTC" or "America/New_York", got {zone!r}{near}')
    return problems


def _open_all(sources: Sequence[Any], digests: Digests, problems: Problems) -> list[Inputs]:
    tables: list[Inputs] = []
    for source in sources:
        with problems.collected():
            tables.append(open_inputs(source, digests))
    problems.stop()
    return tables
