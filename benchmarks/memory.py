"""Peak memory of each method, beside mapped files, at two lengths of log: it should not grow with the log.

    python -m benchmarks.memory [--clicks 20000000] [METHOD ...]

Every method is run alone, by itself, in a process of its own, on a made-up log that is prepared beforehand.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from simulator.methods import METHODS

SCRIPT = """
import json, sys
from benchmarks.memory import Anonymous
from simulator import load, run
scenario = load(json.loads(sys.stdin.read()))
with Anonymous() as held:
    run(scenario, out=sys.argv[1])
print(held.peak // 1024)
"""


def anonymous() -> int:
    """Return this process's memory that is not a mapped file, KiB."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


class Anonymous:
    """Watches that memory from a thread, fifty times a second; `peak`, KiB, is the most that was seen."""

    def __enter__(self) -> Self:
        self.peak, self._done = anonymous(), threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self.peak = max(self.peak, anonymous())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self.peak = max(self.peak, anonymous())


def peak(scenario: Mapping[str, Any], folder: Path) -> int:
    """Return the peak of memory that is not a mapped file, MiB, of a run in a process of its own."""
    arguments = [sys.executable, "-c", SCRIPT, str(folder / "run")]
    found = subprocess.run(arguments, input=json.dumps(scenario), check=True, stdout=subprocess.PIPE, text=True)
    return int(found.stdout.split()[-1])


def made_up(method: str, clicks: int) -> dict[str, Any]:
    """Return a scenario with one method."""
    log = {"kind": "synthetic", "clicks": clicks, "days": 30, "conversion_rate": 0.1, "gifts": {"share": 0.5}}
    log["refunds"] = {"share": 0.2}
    clock = {"evaluate_from": "15d"}
    if method in {"net_pu", "tesla"}:
        clock["label"] = "net_conversion"
    sections = {"name": "memory", "log": log, "clock": clock, "learner": {"bits": 18}, "metrics": {"bootstrap": 20}}
    return {**sections, "method": [{"name": method}]}


def main() -> None:
    """Print a line for every method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=20_000_000)
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="default: all")
    options = parser.parse_args()
    lengths = (options.clicks // 10, options.clicks)
    with tempfile.TemporaryDirectory(prefix="latelabel-") as name:
        folder = Path(name)
        os.environ.setdefault("LATELABEL_CACHE", str(folder / "cache"))
        for clicks in lengths:
            peak(made_up("oracle", clicks), folder)  # prepares the log
        for method in options.methods or METHODS:
            short, long = (peak(made_up(method, clicks), folder) for clicks in lengths)
            grown = f"{short} MiB at {lengths[0]:,} clicks, {long} MiB at {lengths[1]:,}"
            print(f"{method}: {grown}: {long / short:.2f} times", flush=True)


if __name__ == "__main__":
    main()
