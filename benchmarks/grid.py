"""What a grid of 16 waiting windows costs, in runs of one; and what a second process is worth.

    python benchmarks/grid.py [--clicks 1_000_000] [--repeats 3] [--folder DIR]

The log is like Criteo's: 8 integers, 9 categories, CVR 0.2, 30 days, Parquet.  Every run is a process of its own, from
the command line on, with imports and reports.  Costs are CPU seconds of it and of its children; what two processes gain
is told in wall time, and as two bounds: that which their CPU seconds set, twice those of one process over those of two;
and what two commands gain that share nothing, half of the windows each, side by side against one after the other.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from criteo_like import CARDINALITIES, write_log

WINDOWS = ["1m", "5m", "15m", "30m", "1h", "2h", "3h", "6h", "9h", "12h", "18h", "1d", "2d", "3d", "5d", "7d"]
SCENARIO = """
name = "grid"
[log]
kind = "table"
path = "{path}"
categorical = {categorical}
numeric = {numeric}
[clock]
attribution_window = "7d"
evaluate_from = "8d"
publish_every = "1h"
[learner]
optimizer = "adagrad"
bits = 20
"""
METHODS = {
    "waiting_window": ["waiting_window"],
    "oracle, waiting_window, fnw": ["oracle", "waiting_window", "fnw"],
}


def main() -> None:
    """Measure and print."""
    options = _options()
    folder = options.folder or Path(tempfile.gettempdir()) / "latelabel-grid"
    log = write_log(folder / f"criteo-like-{options.clicks}.parquet", options.clicks)
    _cost(["--help"], folder / "cache")  # compiled code and file caches are there for all
    for name, methods in METHODS.items():
        scenario = _written(folder, log, methods)
        for repeat in range(options.repeats):
            print(f"{name}, {options.clicks:,} clicks, repeat {repeat + 1}")
            _compare(scenario, folder)


def _compare(scenario: Path, folder: Path) -> None:
    windows = f"grid.waiting_window.window={json.dumps(WINDOWS)}"
    for what in ("raw", "prepared"):
        if what == "raw":
            shutil.rmtree(folder / "cache", ignore_errors=True)
        one = _run([scenario], folder)
        if what == "raw":
            shutil.rmtree(folder / "cache", ignore_errors=True)
        many = _run([scenario, "--set", windows], folder)
        print(
            f"  from the {what} log: one run {one[0]:.1f} CPU s, 16 windows {many[0]:.1f}: {many[0] / one[0]:.1f} times"
        )
    two = _run([scenario, "--set", windows, "--jobs", "2"], folder)
    print(f"  two processes: wall {many[1]:.1f} s to {two[1]:.1f} s, {many[1] / two[1]:.2f} times;", end=" ")
    print(f"by CPU at most {2 * many[0] / two[0]:.2f} times;", end=" ")
    apart = _apart(scenario, folder)
    print(f"two separate commands {apart:.2f} times (load average {os.getloadavg()[0]:.1f})", flush=True)


def _apart(scenario: Path, folder: Path) -> float:
    """Return what two commands side by side gain, with half of the windows each."""
    halves = {f"out-{part}": f"grid.waiting_window.window={json.dumps(WINDOWS[part::2])}" for part in (0, 1)}
    alone = sum(_run([scenario, "--set", half], folder, name)[1] for name, half in halves.items())
    started = time.perf_counter()
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda name: _run([scenario, "--set", halves[name]], folder, name), halves))
    return alone / (time.perf_counter() - started)


def _run(arguments: list[str | Path], folder: Path, name: str = "out") -> tuple[float, float]:
    out = folder / name
    shutil.rmtree(out, ignore_errors=True)
    return _cost(["run", *arguments, "--quiet", "--out", out], folder / "cache")


def _cost(arguments: list[str | Path], cache: Path) -> tuple[float, float]:
    """Return CPU and wall seconds of a command and its children."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "simulator.cli", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "LATELABEL_CACHE": str(cache)})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - started


def _written(folder: Path, log: Path, methods: list[str]) -> Path:
    features = {
        "categorical": json.dumps([f"cat{j}" for j in range(len(CARDINALITIES))]),
        "numeric": json.dumps([f"int{j}" for j in range(8)]),
    }
    text = SCENARIO.format(path=log, **features)
    path = folder / "scenario.toml"
    path.write_text(text + "".join(f'[[method]]\nname = "{name}"\n' for name in methods))
    return path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
