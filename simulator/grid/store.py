"""A grid's folder: cells and plays under their digests, each there whole or not at all."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.folder import OutputError, whole_folder, write_text

RECORD = "grid.json"


@dataclass(frozen=True)
class Store:
    """Where a grid's results are.

    Parameters
    ----------
    folder : Path
        Holds grid.json, grid.parquet, report.html, cells/ and plays/.
    """

    folder: Path

    def cell(self, key: str) -> Path:
        """Return the folder of a cell, there or not."""
        return self.folder / "cells" / key

    def play(self, key: str) -> Path:
        """Return the folder of a play, there or not."""
        return self.folder / "plays" / key

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write grid.json."""
        write_text(self.folder / RECORD, json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder, keep other processes from running a grid in it, and sweep what a killed one left.

        Raises
        ------
        OutputError
            If something else is there, it cannot be written to, or another grid is running in it.
        """
        self._check()
        try:
            for path in (self.folder / "cells", self.folder / "plays"):
                path.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / ".lock").open("w")
        except OSError as error:
            raise OutputError(
                f"{self.folder}: cannot be written ({error.strerror}); name another with --out"
            ) from error
        with lock:
            self._lock(lock.fileno())
            for partial in self.folder.glob("*/.*"):
                shutil.rmtree(partial, ignore_errors=True)
            yield

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            told = f"{self.folder}: another grid is running in this folder; wait for it, or name another with --out"
            raise OutputError(told) from error

    def _check(self) -> None:
        folder = self.folder
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise OutputError(f"{folder}: expected a folder or nothing, found something else; name another with --out")
        ours = {RECORD, ".lock", "cells", "plays"}
        if folder.is_dir() and not (folder / RECORD).is_file() and {path.name for path in folder.iterdir()} - ours:
            found = "a run without a grid" if (folder / "run.json").is_file() else "a folder with other files"
            raise OutputError(
                f"{folder}: expected an earlier grid (a folder with {RECORD}) or nothing, found {found}; "
                "name another with --out"
            )


@contextmanager
def written(target: Path) -> Iterator[Path]:
    """Give a folder to write into that takes its place, on disk, when all is written; what is broken there goes."""
    if not is_whole(target):
        shutil.rmtree(target, ignore_errors=True)
    with whole_folder(target) as folder:
        yield folder
        _sync(folder)


def is_whole(folder: Path) -> bool:
    """Return whether a cell or a play is there: its folder was renamed into place when it was complete."""
    return (folder / "run.json").is_file()


def _sync(folder: Path) -> None:
    """Force the files of a folder to disk, so that after a power cut what was renamed into place has its content."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
