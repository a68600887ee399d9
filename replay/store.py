"""The cache of prepared logs: a folder per log and way of preparing it, checked whole whenever it is opened.

An entry is written beside its place and renamed into it, so that it is there whole or not at all; its files are not
forced to disk, since one that did not get there fails its digest and the log is prepared again.
"""

import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import xxhash

from replay import quarantine
from replay.arrow_files import no_slots, read_columns, read_file, read_slots, read_table
from replay.errors import LogError
from replay.log import ClickLog, Intake, Outcomes, Segment

FORMAT = 2  # of the files and of how values become slots; another number, another entry
SLOTS, CLICKS, OUTCOMES, COLUMNS = "slots.arrow", "clicks.arrow", "outcomes.arrow", "columns.arrow"
_MANIFEST = "manifest.json"
_DRAFT = ".draft-"
_DAMAGE = (OSError, ValueError, KeyError, TypeError, pa.ArrowException)  # what reading a damaged entry raises
_FULL = (errno.ENOSPC, errno.EDQUOT)
_STALE = 24 * 3600  # seconds after which an abandoned draft is swept


class DamagedError(Exception):
    """An entry of the cache is not as it was written."""


@dataclass(frozen=True)
class Contents:
    """What a prepared log is, beside its columns."""

    fingerprint: str
    n_clicks: int
    feature_names: tuple[str, ...]
    observed_until: int
    intake: Intake
    segments: Mapping[str, tuple[str, ...]]
    keys: tuple[str, ...]
    description: Mapping[str, Any]


def cache_folder() -> Path:
    """Return where prepared logs are kept: `LATELABEL_CACHE`, or the user's cache folder."""
    chosen = os.environ.get("LATELABEL_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs  # noqa: PLC0415 - not needed where the folder is chosen

    return platformdirs.user_cache_path("latelabel")


def digest(content: Any) -> str:
    """Return a digest of what JSON can say, the same in every process."""
    return xxhash.xxh3_128_hexdigest(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())


@contextmanager
def draft(cache: Path) -> Iterator[Path]:
    """Give a new folder beside the entries, gone afterwards unless it was published.

    Raises
    ------
    LogError
        If the cache cannot be written to, or the disk is full.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        folder = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=cache))
    except OSError as error:
        raise LogError(f"{_unwritable(cache, error)}; name another folder in LATELABEL_CACHE") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unwritable(cache: Path, error: OSError) -> str:
    return f"prepared logs cannot be kept in {cache}: {error.strerror or error}"


def _sweep(cache: Path) -> None:
    for folder in cache.glob(_DRAFT + "*"):
        with suppress(OSError):  # another process may be sweeping too
            latest = max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
            if time.time() - latest > _STALE:
                shutil.rmtree(folder, ignore_errors=True)


def seal(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write the manifest of a finished draft, with the size and digest of every file."""
    files = {path.name: [path.stat().st_size, _file_digest(read_file(path))] for path in sorted(folder.iterdir())}
    manifest = {"format": FORMAT, "files": files, "contents": contents}
    (folder / _MANIFEST).write_text(json.dumps({"digest": digest(manifest), "manifest": manifest}, indent=1))


def publish(folder: Path, entry: Path) -> None:
    """Move a sealed draft to its place, unless another process put the same log there first."""
    for _ in range(10):  # each turn is lost only to another process doing the same
        with suppress(OSError):
            folder.rename(entry)
            return
        with suppress(DamagedError, FileNotFoundError):
            open_files(entry)
            return
        with suppress(OSError):
            aside = folder.with_name(f"{folder.name}-replaced")
            entry.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
    raise LogError(f"{entry} can be neither opened nor replaced; delete it, or name another folder in LATELABEL_CACHE")


def open_entry(entry: Path, *, sealed: bool = False) -> ClickLog:
    """Return a prepared log where it lies on disk, after comparing every file with its digest.

    Parameters
    ----------
    entry : Path
    sealed : bool
        Whether this process has just sealed it, and need not read it all once more.

    Raises
    ------
    FileNotFoundError
        If there is no such entry.
    DamagedError
        If anything in it is missing or not as it was written.
    """
    contents, data = open_files(entry, sealed=sealed)
    try:
        return _log(contents, data, entry)
    except _DAMAGE as error:
        raise DamagedError(f"{type(error).__name__}: {error}") from error


def open_files(entry: Path, *, sealed: bool = False) -> tuple[dict[str, Any], dict[str, pa.Buffer]]:
    """Return what an entry says of itself and its files by name, each compared with its digest unless just sealed.

    Raises
    ------
    FileNotFoundError, DamagedError
        As `open_entry`.
    """
    if not entry.exists():
        raise FileNotFoundError(entry)
    try:
        manifest = _read_manifest(entry)
        files = manifest["files"]
        data = {name: read_file(entry / name) if sealed else _checked(entry / name, *files[name]) for name in files}
        return manifest["contents"], data
    except _DAMAGE as error:
        raise DamagedError(f"{type(error).__name__}: {error}") from error


@contextmanager
def room_in(cache: Path) -> Iterator[None]:
    """Say what to do where the disk is full.

    Raises
    ------
    LogError
        If it is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise LogError(
            f"no room for the prepared log in {cache}; make some, or name another folder in LATELABEL_CACHE"
        ) from error


def _read_manifest(entry: Path) -> dict[str, Any]:
    sealed = json.loads((entry / _MANIFEST).read_bytes())
    manifest: dict[str, Any] = sealed["manifest"]
    if digest(manifest) != sealed["digest"]:
        raise ValueError(f"{_MANIFEST} does not match its digest")
    if manifest["format"] != FORMAT:
        raise ValueError(f"format {manifest['format']}, expected {FORMAT}")
    return manifest


def _file_digest(data: pa.Buffer) -> str:
    return xxhash.xxh3_128_hexdigest(memoryview(data))


def _checked(path: Path, size: int, expected: str) -> pa.Buffer:
    if path.stat().st_size != size:
        raise ValueError(f"{path.name} has {path.stat().st_size} bytes, expected {size}")
    data = read_file(path)
    if _file_digest(data) != expected:
        raise ValueError(f"{path.name} does not match its digest")
    return data


def _log(contents: Mapping[str, Any], data: Mapping[str, pa.Buffer], entry: Path) -> ClickLog:
    clicks = read_columns(data[CLICKS])
    n, names = contents["n_clicks"], tuple(contents["feature_names"])
    description = dict(contents["description"])
    if quarantine.FILE in data:
        description["quarantine"] = str(entry / quarantine.FILE)
    return ClickLog(
        click_time=clicks["click_time"],
        click=clicks["click"],
        slots=read_slots(data[SLOTS], n, len(names)) if names else no_slots(n),
        feature_names=names,
        outcomes=Outcomes(**read_columns(data[OUTCOMES])),
        observed_until=contents["observed_until"],
        intake=Intake(**{**contents["intake"], "notes": tuple(contents["intake"]["notes"])}),
        fingerprint=contents["fingerprint"],
        true_probability=clicks.get("true_probability"),
        true_value=clicks.get("true_value"),
        outcomes_until=clicks.get("outcomes_until"),
        segments={
            name: Segment(clicks[f"segment_{i}"], tuple(values))
            for i, (name, values) in enumerate(contents["segments"].items())
        },
        keys={name: clicks[f"key_{i}"] for i, name in enumerate(contents["keys"])},
        columns=read_table(data[COLUMNS]) if COLUMNS in data else None,
        description=description,
    )
