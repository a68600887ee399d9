"""The sources of one table, opened by what they are, each content once."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from replay.errors import LogError, Problems
from replay.readers.delimited import DelimitedSource
from replay.readers.digests import Digests
from replay.readers.frames import FrameSource
from replay.readers.parquet import MAGIC, ParquetSource
from replay.readers.paths import DELIMITED, PARQUET, find_files
from replay.readers.sources import Source


class Inputs:
    """The sources of one table in reading order; content that comes again is set aside.

    Parameters
    ----------
    sources : sequence of Source
    digests : Digests
        Where the digests of files among them are remembered.
    """

    def __init__(self, sources: Sequence[Source], digests: Digests) -> None:
        self._given = tuple(sources)
        self._store = digests

    @property
    def sources(self) -> Sequence[Source]:
        """Sources to read."""
        return self._given if len(self._given) == 1 else self._split[0]

    @property
    def replayed(self) -> Sequence[tuple[str, str]]:
        """Each source set aside, with the one that has its content already."""
        return () if len(self._given) == 1 else self._split[1]

    @property
    def notes(self) -> Sequence[str]:
        """What was set aside, in plain words."""
        return [f"{name} has the content of {kept}: left out" for name, kept in self.replayed]

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """Digests of all sources, those set aside included."""
        digests = tuple(source.digest() for source in self._given)
        self._store.save()
        return digests

    @cached_property
    def _split(self) -> tuple[list[Source], list[tuple[str, str]]]:
        first: dict[str, Source] = {}
        replayed: list[tuple[str, str]] = []
        for source, digest in zip(self._given, self.digests, strict=True):
            kept = first.setdefault(digest, source)
            if kept is not source:
                replayed.append((source.name, kept.name))
        return list(first.values()), replayed


def open_inputs(source: Any, digests: Digests) -> Inputs:
    """Open a path, several paths or a dataframe.

    Raises
    ------
    LogError
        With every path that cannot be used.
    """
    if not _is_paths(source):
        return Inputs([FrameSource(source)], digests)
    sources: list[Source] = []
    problems = Problems()
    for path in find_files(source):
        with problems.collected():
            sources.append(_open(path, digests))
    problems.stop()
    return Inputs(sources, digests)


def _is_paths(source: object) -> bool:
    if isinstance(source, list | tuple):
        return all(isinstance(path, str | Path) for path in source)
    return isinstance(source, str | Path)


def _open(path: Path, digests: Digests) -> Source:
    if path.name.lower().endswith(PARQUET) or _begins_as_parquet(path):
        return ParquetSource(path, digests)
    if path.name.lower().endswith(DELIMITED):
        return DelimitedSource(path, digests)
    raise LogError(f"{path}: expected a name that ends in {', '.join(PARQUET + DELIMITED)}; rename or convert it")


def _begins_as_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise LogError(f"{path}: cannot be opened: {error.strerror}") from error
