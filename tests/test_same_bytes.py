"""Same scenario and log, same bytes: whatever the process, the hash seed, the jobs, the chunks and the company."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frames import changed, frame, played

from simulator.methods import METHODS

ROOT = Path(__file__).parents[1]
EVERY = [{"name": name} for name in METHODS]


def bytes_of(folder, method=None):
    """Return what a run computed: predictions and metrics as columns, by file."""
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.ParquetFile(path).read()
        if path.name == "metrics.parquet":
            for name in table["method"].unique().to_pylist():
                rows = pa.compute.equal(table["method"], name)
                found[f"metrics of {name}"] = table.filter(rows).combine_chunks()
        elif path.name == "late.parquet":
            found["late"] = table
        else:
            found[path.parent.name.replace("method=", "predictions of ")] = table
    return {name: table for name, table in found.items() if method is None or name.endswith(f" {method}")}


def same(one, other):
    assert one.keys() == other.keys()
    assert one
    for name, table in one.items():
        assert table.equals(other[name]), name


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    return bytes_of(played(frame(), changed(method=EVERY), out=folder / "run").folder)


def test_in_threads(reference, tmp_path):
    same(reference, bytes_of(played(frame(), changed(method=EVERY), out=tmp_path / "run", jobs=3).folder))


def test_alone(reference, tmp_path):
    for name in ("fnw", "frozen"):
        alone = bytes_of(played(frame(), changed(method=[{"name": name}]), out=tmp_path / name).folder)
        same({key: table for key, table in reference.items() if key == "late" or key.endswith(f" of {name}")}, alone)


@pytest.mark.parametrize("rows", [7, 100, 1_000])
def test_from_parquet_of_any_row_groups(reference, tmp_path, rows):
    path = tmp_path / "log.parquet"
    frame().to_parquet(path, row_group_size=rows)
    scenario = changed(method=EVERY, log={"path": str(path)})
    same(reference, bytes_of(played(None, scenario, out=tmp_path / "run").folder))


def test_from_csv_and_from_several_files(reference, tmp_path):
    log = frame()
    for number, start in enumerate(range(0, len(log), 400)):
        log[start : start + 400].to_csv(tmp_path / f"part-{number}.csv", index=False)
    scenario = changed(method=EVERY, log={"path": str(tmp_path / "*.csv")})
    same(reference, bytes_of(played(None, scenario, out=tmp_path / "run").folder))


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_in_another_process_with_another_hash_seed_and_no_cache(reference, tmp_path, hash_seed):
    frame().to_parquet(tmp_path / "log.parquet")
    script = (
        "import sys; sys.path[:0] = ['tests']\n"
        "from frames import changed, played\n"
        "from simulator.methods import METHODS\n"
        "scenario = changed(method=[{'name': name} for name in METHODS], log={'path': sys.argv[1]})\n"
        "played(None, scenario, out=sys.argv[2])\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "LATELABEL_CACHE": str(tmp_path / "cache")}
    arguments = [sys.executable, "-c", script, str(tmp_path / "log.parquet"), str(tmp_path / "run")]
    subprocess.run(arguments, check=True, cwd=ROOT, env=environment)  # noqa: S603  (our own interpreter)
    same(reference, bytes_of(tmp_path / "run"))
