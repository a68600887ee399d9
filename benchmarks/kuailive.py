"""How long KuaiLive takes to prepare, and with how much memory, beside a plain reading of the same files.

    python benchmarks/kuailive.py [FOLDER [SCALE]]

FOLDER is where files of that shape are written once, at SCALE of the published size (1 is all of it: 4.9 million
clicks, 11.6 million rooms, 1.2 GB).  Each step runs in a process of its own, so that its peak memory is its own, after
a small one has compiled the loops.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kuailive_like import write_folder


def read_plainly(folder: Path) -> str:
    """Read every column of every file with pyarrow on one thread, a block at a time, and forget it."""
    from pyarrow import csv

    rows = 0
    for path in sorted(folder.glob("*.csv")):
        with csv.open_csv(path, csv.ReadOptions(use_threads=False, block_size=1 << 23)) as file:
            rows += sum(batch.num_rows for batch in file)
    return f"{rows:,} rows of five files"


def digest(folder: Path) -> str:
    """Take the digests of all files, by which a prepared log is found again."""
    from replay.readers import KuaiLiveReader

    return KuaiLiveReader(folder).fingerprint()


def link(folder: Path) -> str:
    """Find the click of every gift."""
    from replay.readers import KuaiLiveReader

    return f"{sum(len(gifts.time) for gifts in KuaiLiveReader(folder).outcomes()):,} gifts"


def prepare(folder: Path) -> str:
    """Prepare the log with all features."""
    from replay.encoding import Encoding
    from replay.prepare import prepare as prepared
    from replay.readers import KuaiLiveReader

    with tempfile.TemporaryDirectory(dir=folder.parent) as cache:
        log = prepared(KuaiLiveReader(folder), encoding=Encoding(bits=22), cache=Path(cache), max_quarantined=0.2)
        return f"{log.n_clicks:,} clicks, {len(log.outcomes.row):,} gifts, {len(log.feature_names)} features"


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "kuailive-like")
    scale = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    with tempfile.TemporaryDirectory() as small:
        _timed(prepare, write_folder(Path(small) / "files", 0.001))
    write_folder(folder, scale)
    plain, *_ = _timed(read_plainly, folder)
    for what in (read_plainly, digest, link, prepare):
        seconds, peak, said = _timed(what, folder)
        print(f"{what.__name__:<14}{seconds:8.1f} s {seconds / plain:6.2f} of a plain reading {peak:8.0f} MB   {said}")


def _timed(what: Callable[[Path], str], folder: Path) -> tuple[float, float, str]:
    """Return seconds, peak memory in MB and what was said, of a process that does just this."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (what, folder))


def _run(what: Callable[[Path], str], folder: Path) -> tuple[float, float, str]:
    started = time.perf_counter()
    said = what(folder)
    return time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, said


if __name__ == "__main__":
    main()
