import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from replay import arrow_files, store
from replay.encoding import Encoding
from replay.errors import LogError
from replay.log import NEVER
from replay.prepare import prepare
from replay.store import cache_folder
from tests.strategies import FakeReader, row

ROOT = Path(__file__).parents[1]
ROWS = [
    row(9, "b", click_id="x", outcomes=[(0, 12, 0.0), (1, 10, 2.5)]),
    row(3, "a", click_id="y", outcomes=[(0, 1, 0.0)]),
    row(NEVER, click_id="z"),
    row(9, None, 2.0, click_id="q", outcomes=[(2, 11, 1.0)]),
]
FILES = ["manifest.json", "slots.arrow", "clicks.arrow", "outcomes.arrow", "columns.arrow", "quarantine.parquet"]


def reader(rows=ROWS, **options):
    return FakeReader(rows, ids=True, probability=True, value=True, **options)


def prepared(folder, given=None, **options):
    options = {
        "encoding": Encoding(),
        "segments": ["category"],
        "keep_columns": True,
        "max_quarantined": 1.0,
        **options,
    }
    return prepare(given if given is not None else reader(), cache=folder, **options)


def columns(log):
    """Return everything a log holds, as bytes."""
    arrays = [
        log.click_time,
        log.click,
        *log.outcomes,
        log.true_probability,
        log.true_value,
        log.segments["category"].code,
    ]
    texts = [log.segments["category"].values, log.columns.to_pylist(), log.feature_names, log.observed_until]
    return [array.tobytes() for array in arrays], log.slots.slice(0, log.n_clicks).tobytes(), texts, log.fingerprint


def test_a_prepared_log_is_opened_without_reading(tmp_path):
    first, again = reader(), reader()
    log = prepared(tmp_path, first)
    opened = prepared(tmp_path, again)
    assert (first.reads, again.reads) == (1, 0)
    assert columns(opened) == columns(log)
    assert opened.intake == log.intake
    assert opened.description == log.description
    assert [path.name for path in tmp_path.iterdir()] == [log.fingerprint]
    assert sorted(path.name for path in (tmp_path / log.fingerprint).iterdir()) == sorted(FILES)


def test_columns_lie_in_the_files_and_cannot_be_written(tmp_path):
    log = prepared(tmp_path)
    truths = [log.true_probability, log.true_value]
    arrays = [log.click_time, log.click, *log.outcomes, *truths, log.slots.words, *log.slots.batches()]
    for array in [*arrays, log.segments["category"].code]:
        assert array.flags.c_contiguous
        assert not array.flags.writeable
        assert not array.flags.owndata
    assert [array.dtype for array in log.outcomes] == [np.int64, np.int8, np.int64, np.int64]


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": Encoding(bits=19)},
        {"encoding": Encoding(seed=1)},
        {"encoding": Encoding(mantissa_bits=4)},
        {"segments": []},
        {"keep_columns": False},
        {"clock_skew": 1},
        {"duplicates": "rows"},
        {"given": reader(ROWS[1:])},
    ],
    ids=lambda options: next(iter(options)),
)
def test_another_log_or_another_way_is_another_entry(tmp_path, options):
    assert prepared(tmp_path).fingerprint != prepared(tmp_path, **options).fingerprint
    assert len(list(tmp_path.iterdir())) == 2


def test_the_allowed_share_of_refusals_is_not_part_of_the_log(tmp_path):
    prepared(tmp_path)
    with pytest.raises(LogError, match=r"max_quarantined = 0\.05"):
        prepared(tmp_path, max_quarantined=0.05)
    assert len(list(tmp_path.iterdir())) == 1


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def flip_last(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path):
    path.write_bytes(b"")


def lengthen(path):
    path.write_bytes(path.read_bytes() + b"\n")


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


HARMS = [flip, flip_last, cut, empty, lengthen, replace_by_folder, Path.unlink]


@pytest.mark.parametrize(
    ("name", "harm"),
    # white space after a manifest changes nothing
    [(name, harm) for name in FILES for harm in HARMS if (name, harm) != (FILES[0], lengthen)],
)
def test_a_damaged_log_is_made_anew(tmp_path, name, harm):
    log = prepared(tmp_path)
    expected, notes = columns(log), log.intake.notes
    path = tmp_path / log.fingerprint / name
    harm(path)
    again = reader()
    mended = prepared(tmp_path, again)
    assert again.reads == 1
    assert columns(mended) == expected
    assert mended.intake.notes[:-1] == notes
    assert mended.intake.notes[-1].startswith("the prepared log was damaged (")
    assert [path.name for path in tmp_path.iterdir()] == [log.fingerprint]
    once_more = reader()
    assert prepared(tmp_path, once_more).intake.notes == notes
    assert once_more.reads == 0


def test_every_bit_of_the_manifest_counts(tmp_path):
    log = prepared(tmp_path)
    path = tmp_path / log.fingerprint / "manifest.json"
    good = path.read_bytes()
    meaning = json.loads(good)
    for at in range(0, len(good), 7):
        path.write_bytes(good[:at] + bytes([good[at] ^ 2]) + good[at + 1 :])
        try:
            store.open_entry(path.parent)
        except store.DamagedError:
            continue
        assert json.loads(path.read_bytes()) == meaning


@pytest.mark.parametrize("form", [store.FORMAT - 1, store.FORMAT + 1, str(store.FORMAT)])
def test_a_log_of_another_format_is_made_anew(tmp_path, form):
    log = prepared(tmp_path)
    path = tmp_path / log.fingerprint / "manifest.json"
    manifest = json.loads(path.read_text())["manifest"] | {"format": form}
    path.write_text(json.dumps({"digest": store.digest(manifest), "manifest": manifest}))
    assert f"format {form}, expected {store.FORMAT}" in prepared(tmp_path).intake.notes[-1]


def test_a_file_in_place_of_an_entry_is_replaced(tmp_path):
    log = prepared(tmp_path / "a")
    (tmp_path / log.fingerprint).write_text("in the way")
    assert columns(prepared(tmp_path)) == columns(log)


def test_the_cache_is_where_the_user_says(tmp_path, monkeypatch):
    monkeypatch.setenv("LATELABEL_CACHE", str(tmp_path / "deep" / "down"))
    log = prepared(None)
    assert (tmp_path / "deep" / "down" / log.fingerprint).is_dir()
    monkeypatch.setenv("LATELABEL_CACHE", "~/there")
    assert cache_folder() == Path.home() / "there"
    monkeypatch.delenv("LATELABEL_CACHE")
    assert cache_folder() == platformdirs.user_cache_path("latelabel")


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        LogError, match=r"prepared logs cannot be kept in .*file/cache: .*name another folder in LATELABEL"
    ):
        prepared(tmp_path / "file" / "cache")


class Interrupted(FakeReader):
    """Fails after some batches."""

    def __init__(self, error):
        super().__init__(ROWS, ids=True, batch=1)
        self.error = error

    def clicks(self):
        for i, batch in enumerate(super().clicks()):
            if i == 2:
                raise self.error
            yield batch


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LogError("bad"), OSError(errno.EIO, "gone")], ids=repr)
def test_an_interrupted_preparation_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)) as caught:
        prepared(tmp_path, Interrupted(error))
    assert caught.value is error
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing_and_is_named(tmp_path, monkeypatch):
    def no_room(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(arrow_files.SlotWriter, "close", no_room)
    with pytest.raises(
        LogError, match=f"no room for the prepared log in {tmp_path}; make some, or name another folder"
    ):
        prepared(tmp_path)
    assert not list(tmp_path.iterdir())


def test_old_drafts_are_swept_and_young_ones_are_not(tmp_path):
    old, young, busy, other = (tmp_path / name for name in (".draft-old", ".draft-young", ".draft-busy", "someone's"))
    long_ago = time.time() - 2 * 24 * 3600
    for folder in (old, young, busy, other):
        (folder / "work").mkdir(parents=True)
        (folder / "work" / "column").write_text("")
        for path in (folder / "work" / "column", folder / "work", folder):
            if folder != young and (folder, path.name) != (busy, "column"):
                os.utime(path, (long_ago, long_ago))
    log = prepared(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {young.name, busy.name, other.name, log.fingerprint}


PREPARE = """
import sys, time
from pathlib import Path
from replay.encoding import Encoding
from replay.prepare import prepare
from tests.test_cache import columns, reader
barrier, cache = Path(sys.argv[1]), Path(sys.argv[2])

class Waiting(type(reader())):
    def clicks(self):
        (barrier / sys.argv[3]).touch()
        while len(list(barrier.iterdir())) < 2:
            time.sleep(0.01)
        return super().clicks()

waiting = Waiting(reader().rows, ids=True, probability=True, value=True)
log = prepare(waiting, encoding=Encoding(), segments=["category"], keep_columns=True, max_quarantined=1.0, cache=cache)
print(columns(log), log.intake, waiting.reads)
"""


def test_two_processes_prepare_the_same_log_at_once_under_any_hash_seed(tmp_path):
    barrier, cache = tmp_path / "barrier", tmp_path / "cache"
    barrier.mkdir()
    processes = [
        subprocess.Popen(  # noqa: S603  our own words
            [sys.executable, "-c", PREPARE, barrier, cache, seed],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        for seed in ("0", "1")
    ]
    one, other = (process.communicate(timeout=120)[0] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert one == other
    assert one.endswith(b" 1\n")
    assert len(list(cache.iterdir())) == 1


def test_the_digest_of_an_entry_does_not_depend_on_when_it_was_made(tmp_path):
    entries = [tmp_path / name / prepared(tmp_path / name).fingerprint for name in ("a", "b")]
    for name in FILES:
        assert (entries[0] / name).read_bytes() == (entries[1] / name).read_bytes()


def test_opening_does_without_what_is_slow_to_import(tmp_path):
    log = prepared(tmp_path)
    code = (
        "import sys; from pathlib import Path; from replay.store import open_entry;"
        "open_entry(Path(sys.argv[1])); print({'pandas', 'sklearn', 'pyarrow.parquet'} & {*sys.modules})"
    )
    done = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", code, tmp_path / log.fingerprint], cwd=ROOT, capture_output=True, check=True
    )
    assert done.stdout == b"set()\n"
