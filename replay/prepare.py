"""From a reader to a log: read once, judge, encode, put in order, keep; later runs open what is kept."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from replay.assemble import Assembly, Recipe
from replay.encoding import Encoding
from replay.log import ClickLog
from replay.quarantine import FILE, refuse_too_many
from replay.readers.base import LogReader
from replay.store import DamagedError, cache_folder, draft, open_entry, publish, room_in, seal


def prepare(
    reader: LogReader,
    *,
    encoding: Encoding,
    segments: Sequence[str] = (),
    keys: Sequence[str] = (),
    keep_columns: bool = False,
    cache: Path | None = None,
    clock_skew: int = 0,
    max_quarantined: float = 0.05,
    duplicates: str = "ids",
    progress: Callable[[int], None] | None = None,
) -> ClickLog:
    """Return the log that a reader reads, validated and encoded, mapped from the cache.

    Parameters
    ----------
    reader : LogReader
    encoding : Encoding
        How features become slots.
    segments : sequence of str
        Columns by which results may be split.
    keys : sequence of str
        Columns of the keys of aggregates.
    keep_columns : bool
        Whether to keep the feature columns too: categories as text, numbers as float64.
    cache : Path, optional
        Where prepared logs are kept; `cache_folder()` if None.
    clock_skew : int
        Microseconds by which an outcome may stand before its click; it is moved to the click's time.
    max_quarantined : float
        Share of clicks, and of outcomes, that may be refused.  Repeats do not count.
    duplicates : "ids" or "rows"
        Which clicks are one: those with the same click id; or, in a log without ids, also those of one time, with
        the same slots and the same outcomes.
    progress : callable, optional
        Called with the number of clicks read so far; not at all if the log is in the cache.

    Raises
    ------
    LogError
        If the log cannot be read or kept, or too much of it is refused.
    """
    if duplicates not in ("ids", "rows"):
        raise ValueError(f'duplicates must be "ids" or "rows", got {duplicates!r}')
    recipe = Recipe(encoding, tuple(segments), tuple(keys), keep_columns, clock_skew, duplicates)
    entry = (cache if cache is not None else cache_folder()) / recipe.key(reader)
    try:
        log = open_entry(entry)
    except FileNotFoundError:
        log = _prepared(reader, recipe, entry, progress)
    except DamagedError as damage:
        log = _noted(
            _prepared(reader, recipe, entry, progress), f"the prepared log was damaged ({damage}) and made anew"
        )
    refuse_too_many(log.intake, max_quarantined, entry / FILE)
    return log


def fingerprint_of(
    reader: LogReader,
    *,
    encoding: Encoding,
    segments: Sequence[str] = (),
    keys: Sequence[str] = (),
    keep_columns: bool = False,
    clock_skew: int = 0,
    duplicates: str = "ids",
) -> str:
    """Return the fingerprint of the log that `prepare` makes, which is the name of its entry in the cache."""
    return Recipe(encoding, tuple(segments), tuple(keys), keep_columns, clock_skew, duplicates).key(reader)


def _prepared(
    reader: LogReader, recipe: Recipe, entry: Path, progress: Callable[[int], None] | None = None
) -> ClickLog:
    with room_in(entry.parent), draft(entry.parent) as folder:
        seal(folder, asdict(Assembly(reader, recipe, folder).run(progress)))
        publish(folder, entry)
    return open_entry(entry, sealed=True)


def _noted(log: ClickLog, note: str) -> ClickLog:
    return replace(log, intake=replace(log.intake, notes=(*log.intake.notes, note)))
