"""The Criteo delayed-feedback log: display-ad clicks of 60 days, and the conversions that followed."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import xxhash

from replay.errors import Problems, suggestion
from replay.log import OutcomeKind
from replay.readers.base import RawClicks, RawOutcomes
from replay.readers.delimited import DelimitedSource
from replay.readers.digests import Digests
from replay.readers.inputs import Inputs
from replay.readers.layout import Layout
from replay.readers.paths import Paths, find_files
from replay.readers.rows import read_clicks
from replay.readers.times import Clock, Tally, tell

ORIGIN = 1_388_534_400_000_000  # us UTC, 2014-01-01: the log appeared in 2014, and its own start is not told
_VERSION = 1  # of how the file becomes raw clicks; part of the fingerprint


class CriteoReader:
    """The log as published: tab-separated, no header, one line per click.

    A line has the click's and its conversion's seconds from the start of the log, the latter empty if none came within
    30 days, then 8 integers `int1` to `int8` and 9 hashed categories `cat1` to `cat9`, any of them empty.  Conversions
    come up to 30 days after the last click.  A conversion of -1, as some copies of the log have it, is none.

    Parameters
    ----------
    source : path or sequence of paths
        The file, plain or gzip.
    origin : int, optional
        The moment of second 0, us UTC.
    segments : sequence of str, optional
        Further columns to carry along, by the names above.
    cache : Path, optional
        Folder where digests of files are remembered.

    Raises
    ------
    LogError
        With all that is wrong with the paths; what is wrong with the content is raised by whatever reads it first.

    References
    ----------
    .. [1] Chapelle, "Modeling delayed feedback in display advertising", KDD 2014.
    """

    categorical: Sequence[str] = tuple(f"cat{i}" for i in range(1, 10))
    numeric: Sequence[str] = tuple(f"int{i}" for i in range(1, 9))
    observed_until = None

    def __init__(
        self, source: Paths, *, origin: int = ORIGIN, segments: Sequence[str] = (), cache: Path | None = None
    ) -> None:
        names = ("click_time", "conversion_time", *self.numeric, *self.categorical)
        digests = Digests(cache)
        self._files = Inputs([DelimitedSource(path, digests, names) for path in find_files(source)], digests)
        features = tuple(self.categorical), tuple(self.numeric), tuple(segments)
        self._layout = Layout(names[0], names[1], None, None, None, None, None, *features)
        self._clock = Clock("s", origin=origin)
        self._tally: Tally = Counter()
        unknown = [name for name in segments if name not in names]
        Problems(f"segments or keys: no column {name!r}{suggestion(name, names)}" for name in unknown).stop()

    @property
    def replayed(self) -> Sequence[str]:
        """Files left out because their content had been read already."""
        return [name for name, _ in self._files.replayed]

    @property
    def notes(self) -> Sequence[str]:
        """What was inferred or mended; the counts are complete once the log has been read."""
        return [*tell(self._tally), *self._files.notes]

    def fingerprint(self) -> str:
        """Return a digest of the content and of all arguments; where the files lie is no part of it."""
        asked = ["criteo", _VERSION, self._clock.origin, self._layout.segments, self._files.digests]
        return xxhash.xxh3_128_hexdigest(json.dumps(asked).encode())

    def clicks(self) -> Iterator[RawClicks]:
        """Yield all clicks; see `LogReader`."""
        self._tally.clear()
        sources = self._files.sources
        yield from read_clicks(sources, self._layout, self._clock, OutcomeKind.CONVERSION, self._tally)

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield nothing: outcomes stand in the rows of their clicks."""
        return iter(())
