"""The files of KuaiLive: which are there, and whether they have the columns that must be."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from replay.errors import LogError, Problems, suggestion
from replay.readers.digests import Digests
from replay.readers.inputs import open_inputs
from replay.readers.paths import DELIMITED, PARQUET
from replay.readers.sources import Form, Source

NEEDED: Mapping[str, Sequence[str]] = {
    "click": ("user_id", "live_id", "streamer_id", "timestamp"),
    "gift": ("user_id", "live_id", "timestamp", "gift_price"),
    "room": ("live_id",),
    "user": ("user_id",),
    "streamer": ("streamer_id",),
}
REQUIRED = ("click", "gift")
WATCHED = "watch_live_time"
_OTHER_NAMES = {"streamer_id": "author_id"}  # as some copies have it
_SHOWN = 8


class File(NamedTuple):
    """One file of the log."""

    source: Source
    columns: Mapping[str, str]  # name by which the column is known here -> name in the file

    def forms(self, *names: str) -> dict[str, Form]:
        """Return how to read some columns, as they stand."""
        return {self.columns[name]: "plain" for name in names if name in self.columns}

    def column(self, batch: pa.RecordBatch, name: str) -> pa.Array:
        """Return a column of a batch."""
        return batch.column(self.columns[name])


def open_folder(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], digests: Digests
) -> dict[str, Source]:
    """Return the files of a folder by what they are: click, gift, and room, user, streamer where they are there.

    Raises
    ------
    LogError
        With all that is missing or there twice.
    """
    folder = _folder(source)
    found: dict[str, Source] = {}
    problems = Problems()
    for name in NEEDED:
        paths = [path for suffix in (*DELIMITED, *PARQUET) if (path := folder / f"{name}{suffix}").is_file()]
        if len(paths) > 1:
            names = ", ".join(path.name for path in paths)
            problems.append(f"{folder}: expected one file of {name}s, found {names}; keep one")
        elif paths:
            with problems.collected():
                found[name] = open_inputs(paths[0], digests).sources[0]
        elif name in REQUIRED:
            problems.append(f"{folder}: expected a file {name}.csv, found none; there {_listed(folder)}")
    problems.stop()
    return found


def check_columns(sources: Mapping[str, Source]) -> dict[str, File]:
    """Return the files with their columns, under the names that they are published with.

    Raises
    ------
    LogError
        With every file that cannot be read, and every column that is missing or there twice.
    """
    files: dict[str, File] = {}
    problems = Problems()
    for kind, source in sources.items():
        with problems.collected():
            names = source.schema().names
            files[kind] = File(source, {_published(name, names): name for name in names})
            problems += _wrong(kind, files[kind], names)
    problems.stop()
    return files


def _folder(source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> Path:
    paths = [source] if isinstance(source, str | os.PathLike) else list(source)
    if len(paths) != 1:
        raise LogError(f"expected one folder with the files of KuaiLive, got {len(paths)} paths; name the folder alone")
    path = os.fspath(paths[0])
    if "://" in path:
        raise LogError(f"{path}: only local files are read; copy it to this machine first")
    if not Path(path).is_dir():
        found = "a file" if Path(path).exists() else "nothing"
        raise LogError(f"{path}: expected the folder with click.csv and gift.csv, found {found}")
    return Path(path)


def _listed(folder: Path) -> str:
    names = sorted(path.name for path in folder.iterdir())
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"are {', '.join(names[:_SHOWN])}{more}" if names else "is nothing"


def _published(name: str, names: Sequence[str]) -> str:
    return next((known for known, other in _OTHER_NAMES.items() if name == other and known not in names), name)


def _wrong(kind: str, file: File, names: Sequence[str]) -> list[str]:
    where = file.source.name
    missing = [name for name in NEEDED[kind] if name not in file.columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    return [
        *(
            f"{where}: expected a column {name!r}, found none{suggestion(name, names) or f'; there are {_some(names)}'}"
            for name in missing
        ),
        *(f"{where}: expected one column {name!r}, found {names.count(name)}; rename all but one" for name in twice),
    ]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "") or "no columns"
