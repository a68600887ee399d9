"""Whether the interval of the best waiting window holds it: in worlds whose best window is known.

    python benchmarks/stress.py [--seeds 100] [--known 120] [--days 30] [--clicks 20_000]

The logit of the world's conversion rate wanders (it is drawn back to its mean within two days), and conversions come
late (a mixture of 20 minutes and 10 hours, within three days).  Waiting longer loses fewer conversions and learns from
older clicks, so that some window in between has the lowest expected NLL.  Which one is known by its mean over `--known`
worlds of other seeds.  Then each of `--seeds` worlds is asked by itself, as `latelabel stress` asks a log, and counted
is in how many the interval holds the known best, and how many windows it holds.
"""

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from learners import LEARNERS
from replay.feed import LabelFeed, deliver
from replay.log import ClickLog, Intake, Outcomes
from replay.slots import SlotTable
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import METHODS, Timing
from simulator.stress.best import best_of
from simulator.stress.losses import LOSSES, Daily
from simulator.trainer import Trainer

WINDOWS = {"15m": 15 * MINUTE, "1h": HOUR, "3h": 3 * HOUR, "6h": 6 * HOUR, "12h": 12 * HOUR, "1d": DAY}
WINDOWS |= {"36h": 36 * HOUR, "2d": 2 * DAY, "3d": 3 * DAY}
ATTRIBUTION, WARM_UP, START = 3 * DAY, 5 * DAY, 20_000 * DAY
SPREAD, MEMORY = 0.5, 2.0  # of the logit; days
DELAYS = ((0.4, 20 * MINUTE), (0.6, 10 * HOUR))
REPLICATES = 1_000


def world(seed: int, clicks: int, days: int) -> ClickLog:
    """Return a log whose conversion rate swings, with one feature that says nothing."""
    random = np.random.default_rng([seed, 7])
    time = np.sort(random.integers(0, days * DAY, clicks))
    day = time / DAY
    wander = _wander(random, days * 24 + 1)
    logit = -1.5 + np.interp(day * 24, np.arange(len(wander)), wander)
    probability = 1 / (1 + np.exp(-logit))
    converts = random.random(clicks) < probability
    slow = random.random(clicks) < DELAYS[1][0]
    delay = random.exponential(np.where(slow, DELAYS[1][1], DELAYS[0][1])).astype(np.int64)
    row = np.flatnonzero(converts)
    outcomes = Outcomes(row, np.zeros(len(row), np.int8), START + time[row] + delay[row], np.zeros(len(row), np.int64))
    slots = SlotTable.of(random.integers(0, 8, (clicks, 1)).astype(np.uint32))
    observed = START + days * DAY + ATTRIBUTION
    return ClickLog(START + time, np.arange(clicks), slots, ("noise",), outcomes, observed, Intake(), f"{seed}")


def _wander(random: np.random.Generator, hours: int) -> np.ndarray:
    """Return an Ornstein-Uhlenbeck walk by the hour."""
    keep = np.exp(-1 / (24 * MEMORY))
    steps = random.normal(0, SPREAD * np.sqrt(1 - keep**2), hours)
    level = random.normal(0, SPREAD)
    found = np.empty(hours)
    for hour in range(hours):
        level = keep * level + steps[hour]
        found[hour] = level
    return found


def daily(seed: int, clicks: int, days: int) -> Daily:
    """Return the NLL of every window, day by day, of one world."""
    log = world(seed, clicks, days)
    deliveries = deliver(log, ATTRIBUTION, LabelFeed())
    clock = Clock.of(log, 2 * HOUR)
    learner = LEARNERS["logistic"](optimizer="sgd", learning_rate=0.05, bits=8, l1=0.0, l2=0.0, beta=1.0)
    judged = np.flatnonzero(log.click_time >= START + WARM_UP)
    day = log.click_time[judged] // DAY
    first, n_days = int(day[0]), int(day[-1] - day[0]) + 1
    rows = []
    for window in WINDOWS.values():
        method = METHODS["waiting_window"](Timing(ATTRIBUTION, WARM_UP), window=window)
        prediction, shown = np.zeros(clicks, np.float32), np.zeros(clicks, np.bool_)
        replay(Trainer(log, deliveries, method, learner, 1024, prediction, shown), clock, lambda _: None)
        p = prediction[judged].astype(np.float64)
        loss = -np.where(deliveries.label[judged], np.log(p), np.log1p(-p))
        rows.append(np.bincount(day - first, loss, n_days))
    return Daily(
        np.arange(first, first + n_days), np.array(rows), np.bincount(day - first, minlength=n_days).astype(float)
    )


def _mean(arguments: tuple[int, int, int]) -> np.ndarray:
    found = daily(*arguments)
    return found.above.sum(axis=1) / found.below.sum()


def _kept(arguments: tuple[int, int, int]) -> tuple[int, list[int]]:
    found = best_of(LOSSES["nll"], daily(*arguments), REPLICATES, arguments[0])
    return found.best, found.kept or []


def main() -> None:
    """Find the known best, then ask every seed."""
    options = _options()
    size = (options.clicks, options.days)
    names, started = list(WINDOWS), time.perf_counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        means = np.array(list(pool.map(_mean, [(10_000 + seed, *size) for seed in range(options.known)])))
        asked = list(pool.map(_kept, [(seed, *size) for seed in range(options.seeds)]))
    expected, error = means.mean(axis=0), _errors(means)
    best = int(np.argmin(expected))
    print(f"{options.clicks:,} clicks in {options.days} days; mean NLL over {options.known} worlds, less the lowest:")
    for name, value, wide in zip(names, expected - expected[best], error, strict=True):
        print(f"  {name:>4} {value:+.5f} (standard error {wide:.5f})")
    held = sum(best in kept for _, kept in asked)
    hull = sum(bool(kept) and kept[0] <= best <= kept[-1] for _, kept in asked)
    sizes = [len(kept) for _, kept in asked]
    own = sum(one == best for one, _ in asked)
    print(f"known best: {names[best]}; lowest in its own log: {own} of {len(asked)} seeds")
    print(f"held by the set of windows: {held} of {len(asked)} seeds; by the interval: {hull} of {len(asked)}")
    print(f"windows in the set: mean {np.mean(sizes):.1f} of {len(names)}, most {max(sizes)}")
    print(f"{time.perf_counter() - started:.0f} s, load average {os.getloadavg()[0]:.1f}")


def _errors(means: np.ndarray) -> np.ndarray:
    """Return the standard errors of the differences to the lowest."""
    best = means[:, [int(np.argmin(means.mean(axis=0)))]]
    return (means - best).std(axis=0, ddof=1) / np.sqrt(len(means))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--known", type=int, default=120)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--clicks", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
