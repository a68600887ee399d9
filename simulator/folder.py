"""A run's folder: written beside, then renamed, so that it is there whole or not at all."""

import glob
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Temporary:
    """A folder that is removed when nothing refers to it any more, or when the process ends."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="latelabel-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


class OutputError(ValueError):
    """The output folder cannot be used."""


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give an empty folder beside `target` to write into, and rename it to `target` at the end.

    A finished run that stands there already is replaced; on any error it stays as it was.

    Raises
    ------
    OutputError
        If `target` is something else than a run's folder, or its parent cannot be written to.
    """
    check_target(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-{os.getpid()}-", dir=target.parent))
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error.strerror}); name another folder with --out") from error
    try:
        yield partial
        partial.chmod(0o755)
        _replace(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sweep(target: Path) -> None:
    """Remove what runs that were killed left beside a target; on systems where one can ask who is alive."""
    if os.name != "posix":
        return
    for left in target.parent.glob(f".{glob.escape(target.name)}-*-*"):
        owner = left.name.removeprefix(f".{target.name}-").partition("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def check_target(target: Path) -> None:
    """Raise OutputError unless `target` is free, empty or a run's folder."""
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise OutputError(f"{target}: expected a folder or nothing, found a {_what(target)}; name another with --out")
    if target.is_dir() and any(target.iterdir()) and not (target / "run.json").is_file():
        raise OutputError(
            f"{target}: expected an earlier run (a folder with run.json) or nothing, found a folder with other files; "
            "name another with --out"
        )


def _what(path: Path) -> str:
    return "symbolic link" if path.is_symlink() else "file"


def _replace(new: Path, target: Path) -> None:
    """Rename a folder over another: the old one is set aside for the moment, since folders cannot be swapped."""
    if not target.exists():
        new.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
    target.rename(old / target.name)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file beside its place and rename it there."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
