"""Fingerprints of files by content, remembered so that a big log is not read again only to know that it is the same."""

import json
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import xxhash

from replay.errors import LogError

_INDEX = "digests.json"
_CHUNK = 1 << 20
_RACY = 2_000_000_000  # ns: a file changed twice within its clock's tick looks unchanged, so young ones are not trusted


class Stamp(NamedTuple):
    """What changes on disk whenever a file's content does."""

    size: int
    modified: int  # ns since 1970
    changed: int  # ns since 1970, of the inode: it moves even where a copy sets `modified` back
    inode: int


def stamp(path: Path) -> Stamp:
    """Return the stamp of a file as it is now."""
    try:
        status = path.stat()
    except OSError as error:
        raise LogError(f"{path}: cannot be opened: {error.strerror}") from error
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def check_unchanged(path: Path, before: Stamp) -> None:
    """Raise LogError if a file is no longer what it was."""
    if stamp(path) != before:
        raise LogError(f"{path}: changed while it was read; run again when nothing writes to it")


class Digests:
    """XXH3 digests of files.

    Parameters
    ----------
    cache : Path or None
        Folder of the index that outlives the process; None for no index.  An index that is damaged is ignored, and
        an entry holds only while the file's stamp is the same and was not taken within 2 s of its last change.
    """

    def __init__(self, cache: Path | None = None) -> None:
        self._cache = cache
        self._known = _load(cache) if cache is not None else {}
        self._new = False

    def of(self, path: Path) -> str:
        """Return the digest of a file's content, 32 hexadecimal digits."""
        before = stamp(path)
        known = self._known.get(str(path.absolute()))
        if known is not None and known[:-1] == list(before):
            return str(known[-1])
        digest = _read(path)
        check_unchanged(path, before)
        if time.time_ns() - max(before.modified, before.changed) > _RACY:
            self._known[str(path.absolute())] = [*before, digest]
            self._new = True
        return digest

    def save(self) -> None:
        """Write what was learned to the index, if there is one; it is replaced in one step."""
        if self._cache is None or not self._new:
            return
        with suppress(OSError):  # without an index all goes on, only slower
            self._write(self._cache)
        self._new = False

    def _write(self, cache: Path) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=cache, suffix=".part", delete=False) as beside:
            json.dump(_load(cache) | self._known, beside)
        Path(beside.name).replace(cache / _INDEX)


def _load(cache: Path) -> dict[str, list[int | str]]:
    try:
        index = json.loads((cache / _INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    entries = index.items() if isinstance(index, dict) else ()
    return {path: entry for path, entry in entries if _is_entry(entry)}


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, list) or len(entry) != len(Stamp._fields) + 1:
        return False
    return isinstance(entry[-1], str) and len(entry[-1]) == 2 * xxhash.xxh3_128().digest_size


def _read(path: Path) -> str:
    digest = xxhash.xxh3_128()
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    try:
        with path.open("rb", buffering=0) as file:
            while size := file.readinto(buffer):
                digest.update(view[:size])
    except OSError as error:
        raise LogError(f"{path}: cannot be read: {error.strerror}") from error
    return digest.hexdigest()
