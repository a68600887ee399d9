"""Peak memory of each method, beside mapped files, at two lengths of log: it should not grow with the log.

    python -m benchmarks.memory [--clicks 20000000] [METHOD ...]

Every method is run alone, by itself, in a process of its own, on a made-up log that is prepared beforehand.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from simulator.methods import METHODS

SCRIPT = """
import sys, threading
from simulator import load, run
method, clicks, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
log = {"kind": "synthetic", "clicks": clicks, "days": 30, "conversion_rate": 0.1, "gifts": {"share": 0.5}}
log["refunds"] = {"share": 0.2}
sections = {"name": "memory", "log": log, "learner": {"bits": 18}, "metrics": {"bootstrap": 20}}
sections["clock"] = {"evaluate_from": "15d"}
if method in ("net_pu", "tesla"):
    sections["clock"]["label"] = "net_conversion"
scenario = load({**sections, "method": [{"name": method}]})
peak, done = 0, threading.Event()
def watch():
    global peak
    while not done.wait(0.02):
        lines = open("/proc/self/status").read().splitlines()
        peak = max(peak, *(int(line.split()[1]) for line in lines if line.startswith("RssAnon")))
watcher = threading.Thread(target=watch); watcher.start()
run(scenario, out=out)
done.set(); watcher.join()
print(peak // 1024)
"""


def peak(method: str, clicks: int, folder: Path) -> int:
    """Return the peak of memory that is not a mapped file, MiB, of a run on a prepared log."""
    arguments = [sys.executable, "-c", SCRIPT, method, str(clicks), str(folder / "run")]
    found = subprocess.run(arguments, check=True, capture_output=True, text=True, env=os.environ)
    return int(found.stdout.split()[-1])


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
            peak("oracle", clicks, folder)  # prepares the log
        for method in options.methods or METHODS:
            short, long = (peak(method, clicks, folder) for clicks in lengths)
            grown = f"{short} MiB at {lengths[0]:,} clicks, {long} MiB at {lengths[1]:,}"
            print(f"{method}: {grown}: {long / short:.2f} times", flush=True)


if __name__ == "__main__":
    main()
