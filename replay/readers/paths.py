"""Which files a log is: a file, a folder, a glob, or a list of them."""

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from replay.errors import LogError, Problems, suggestion

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]

PARQUET = (".parquet", ".parq", ".pq")
_TEXT = (".csv", ".tsv", ".txt")
DELIMITED = (*_TEXT, *(f"{suffix}.gz" for suffix in _TEXT))
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_SHOWN = 8  # names shown of what a folder holds


def find_files(paths: Paths) -> list[Path]:
    """Return the files that are meant, in the order of their names.

    A folder stands for all Parquet and delimited files below it whose names do not begin with "." or "_".

    Raises
    ------
    LogError
        With every path that is remote, missing, of no use, or matches nothing.
    """
    asked: Sequence[str | os.PathLike[str]] = [paths] if isinstance(paths, str | os.PathLike) else paths
    files: list[Path] = []
    problems = Problems([] if asked else ["expected a path to a log, got an empty list"])
    for path in asked:
        with problems.collected():
            files.extend(_expand(os.fspath(path)))
    problems.stop()
    return sorted(files, key=lambda file: file.as_posix())


def _expand(path: str) -> Iterable[Path]:
    if _URL.match(path):
        raise LogError(f"{path}: only local files are read; copy it to this machine first")
    if os.path.lexists(path) or not glob.has_magic(path):
        return _one(Path(path))
    found = sorted(glob.glob(path, recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
    if not found:
        raise LogError(f"{path}: no file matches{_neighbours(Path(path))}")
    return [file for name in found for file in _one(Path(name))]


def _one(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return _folder(path)
    if path.is_file():
        return [path]
    if os.path.lexists(path):
        raise LogError(f"{path}: expected a file or a folder, found something else (a broken link, a pipe or a device)")
    raise LogError(f"{path}: no such file or folder{_neighbours(path)}")


def _folder(folder: Path) -> list[Path]:
    files = [Path(at, name) for at, _, names in os.walk(folder) for name in names]
    wanted = [file for file in files if _is_log(file.relative_to(folder))]
    if not wanted:
        held = _listed(_names(folder))
        raise LogError(
            f"{folder}: expected files ending in {', '.join(PARQUET + DELIMITED)}, found none; the folder holds {held}"
        )
    return wanted


def _is_log(file: Path) -> bool:
    hidden = any(part.startswith((".", "_")) for part in file.parts)
    return not hidden and file.name.lower().endswith(PARQUET + DELIMITED)


def _neighbours(path: Path) -> str:
    """Say what there is where the path was looked for."""
    folder = path.parent
    if not folder.is_dir():
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        return f"; there is no folder {path.parent}, only {folder.absolute()}"
    names = _names(folder)
    return suggestion(path.name, names) or f"; {folder.absolute()} holds {_listed(names)}"


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more or "nothing"
