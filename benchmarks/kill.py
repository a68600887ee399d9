"""kill -9 at random moments of a grid: whatever is left must be whole, and the resumed grid the same to the byte.

    python benchmarks/kill.py [--kills 50] [--seed 1]

A grid of 24 small cells is run in a child process that is killed after a random time, again and again, in the same
folder.  Whenever all cells are there they are compared with those of a grid that nobody killed, and a new folder is
begun.
"""

import argparse
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import numpy as np

from simulator import GridResult, load_grid, run_grid

OVERRIDES = [
    "log.clicks=3000",
    "log.days=12",
    "clock.evaluate_from=6d",
    "metrics.bootstrap=20",
    'grid.waiting_window.window=["5m", "15m", "1h", "3h", "12h", "2d"]',
    'grid.clock.publish_every=["2h", "6h"]',
    "grid.learner.learning_rate=[0.02, 0.1]",
]


def main() -> None:
    """Kill, resume, compare."""
    options = _options()
    grid, chance = load_grid("quickstart", OVERRIDES), np.random.default_rng(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="latelabel-kill-"))
    started = time.perf_counter()
    expected = _bytes(run_grid(grid, out=folder / "whole"))
    whole = time.perf_counter() - started
    out, finished, half = folder / "out", 0, 0
    for _ in range(options.kills):
        child = multiprocessing.get_context("fork").Process(target=run_grid, args=(grid,), kwargs={"out": out})
        child.start()
        time.sleep(chance.uniform(0, whole / 6))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        half += sum(path.name != ".lock" for path in out.glob("*/.*"))
        if len(list(out.glob("cells/[!.]*"))) == len(grid.cells):
            finished += _same(run_grid(grid, out=out), expected)
            shutil.rmtree(out)
    _same(run_grid(grid, out=out), expected)
    print(
        f"{options.kills} kills left {half} half-written folders; {finished + 1} grids of {len(grid.cells)} cells were"
    )
    print("finished in spite of them, each the same, to the byte, as the one that nobody killed")
    shutil.rmtree(folder)


def _bytes(result: GridResult) -> dict[str, bytes]:
    found = {}
    for cell in result.cells:
        for path in sorted(cell.result.folder.rglob("*.parquet")):
            found[f"{cell.choice} {path.relative_to(cell.result.folder)}"] = path.read_bytes()
    return found


def _same(result: GridResult, expected: dict[str, bytes]) -> bool:
    assert _bytes(result) == expected
    return True


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
