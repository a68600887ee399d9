"""What each method costs: CPU time and memory of its replay, each method alone in a process of its own.

Used by `benchmarks.methods`; needs Linux with glibc.  A replay of a few clicks goes before, so that compiled code is
loaded.  The time is the best of two replays or more, as many as take two seconds; the memory is what the first of them
takes at its peak beyond what was there: weights, counts, and the work of a drain.  Mapped files, the log and the
columns of a run, are not counted: the system takes them back when it needs to.
"""

import ctypes
import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.memory import Anonymous, anonymous
from replay.feed import deliver
from replay.log import ClickLog
from scenarios import Scenario
from simulator import Result, build
from simulator.clock import Clock
from simulator.cuts import thinned
from simulator.engine import replay
from simulator.preparation import prepare_log
from simulator.trainer import Trainer
from simulator.watcher import Unwatched

CLICKS = 300_000  # that replays are measured on, at most
ENOUGH = 2  # seconds of CPU for all replays of a method, if there are two
FEW = 2_000  # clicks that load what is compiled


class Cost(NamedTuple):
    """What a replay takes."""

    seconds: float  # of CPU
    mebibytes: float  # at its peak


def costs(result: Result) -> dict[str, Cost]:
    """Return the cost of each method of a run, on clicks spread over its log."""
    return {label: Cost(*_apart(result.folder, label)) for label in result.record["methods"]}


def _apart(folder: Path, label: str) -> list[float]:
    arguments = [sys.executable, "-m", "benchmarks.costs", str(folder), label]
    found: list[float] = json.loads(subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return found


class Measured:
    """One method on some clicks of a log, as often as asked."""

    def __init__(self, result: Result, label: str, log: ClickLog, folder: Path) -> None:
        self.scenario = Scenario.load(result.record["scenario"])
        self.rate = result.record["methods"][label].get("learning_rate")
        self.method = build.methods(self.scenario)[label]
        self.log, self.folder = log, folder
        settings = self.scenario.clock
        feed = build.feed(self.scenario, log)
        self.deliveries = deliver(log, settings.attribution_window, feed, scratch=folder, net=settings.net)
        self.clock = Clock.of(log, settings.publish_every, settings.publish_lag, settings.batch)

    def replayed(self) -> float:
        """Replay it, and return the CPU seconds that took."""
        learner = build.learner(self.scenario, self.rate)
        columns = (self._column(np.float32), self._column(np.bool_))
        trainer = Trainer(self.log, self.deliveries, self.method, learner, self.scenario.clock.batch, *columns)
        started = time.process_time()
        replay(trainer, self.clock, lambda _: None)
        return time.process_time() - started

    def _column(self, dtype: Any) -> Any:
        """Return zeros mapped from a file, as a run has them."""
        with tempfile.TemporaryFile(dir=self.folder) as file:
            return np.asarray(np.memmap(file, dtype=dtype, mode="w+", shape=(self.log.n_clicks,)))


def cost(result: Result, label: str, folder: Path) -> Cost:
    """Return what a method costs, in this process."""
    scenario = Scenario.load(result.record["scenario"])
    log = prepare_log(scenario, None, build.learner(scenario), Unwatched())
    Measured(result, label, thinned(log, FEW), folder).replayed()
    measured = Measured(result, label, thinned(log, CLICKS), folder)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what the few clicks left free would hide as much of what comes
    before = anonymous()
    with Anonymous() as held:
        times = [measured.replayed()]
    while len(times) < 2 or sum(times) < ENOUGH:
        times.append(measured.replayed())
    return Cost(min(times), (held.peak - before) / 1024)


def main() -> None:
    """Print one method's cost, as JSON, for `costs` to read."""
    folder, label = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="latelabel-") as scratch:
        print(json.dumps(cost(Result.load(Path(folder)), label, Path(scratch))))


if __name__ == "__main__":
    main()
