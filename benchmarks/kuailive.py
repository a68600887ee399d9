"""How long KuaiLive takes to prepare, and with how much memory, beside a plain reading of the same files.

    python benchmarks/kuailive.py [FOLDER [SCALE]]

FOLDER is where files of that shape are written once, at SCALE of the published size (1 is all of it: 4.9 million
clicks, 11.6 million rooms, 1.2 GB).  Each step runs in a process of its own, so that its peak memory is its own, after
a small one has compiled the loops.
"""

import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
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
        _apart(prepare, write_folder(Path(small) / "files", 0.001))
    write_folder(folder, scale)
    plain = _apart(read_plainly, folder)
    for what in (read_plainly, digest, link, prepare):
        cpu, wall, peak, said = _apart(what, folder)
        ratio = f"{cpu / plain[0]:5.2f} of a plain reading"
        print(f"{what.__name__:<13}{cpu:6.1f} CPU s ({wall:6.1f} s), {ratio}, peak {peak:6.0f} MiB   {said}")


def _apart(what: Callable[[Path], str], folder: Path) -> tuple[float, float, float, str]:
    """Return CPU seconds, seconds, peak anonymous memory in MiB and what was said, of a process that does just this."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_run, what, folder).result()


def _run(what: Callable[[Path], str], folder: Path) -> tuple[float, float, float, str]:
    done, peak = threading.Event(), [0]
    watch = threading.Thread(target=_watch, args=(done, peak))
    watch.start()
    cpu, wall = time.process_time(), time.perf_counter()
    said = what(folder)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    done.set()
    watch.join()
    return cpu, wall, peak[0] / 1024, said


def _watch(done: threading.Event, peak: list[int]) -> None:
    """Keep the highest anonymous memory, KiB: mapped files are not counted, since they are the system's to drop."""
    while not done.wait(0.05):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                peak[0] = max(peak[0], int(line.split()[1]))


if __name__ == "__main__":
    main()
