"""What as-of aggregates cost, as ratios of CPU seconds in one run: to the native learner, and to a whole replay.

    python benchmarks/aggregates.py [clicks] [users] [streamers]

A log like a livestream's: users, streamers and six small features, Zipf all of them, 2 % of clicks bring a gift, some
of it late.  Three aggregates are made of it, as a gift model has them, by user and streamer.

- *all in* is what asking for them adds to a first run: sending outcomes through the feed, working the aggregates out,
  encoding them, writing all slots anew with theirs beside the log's, sealing and opening what was written.  A second
  run only opens it.
- *computed* is the part of that which works them out.
- *learner* is one prediction and one step of the native learner for each click, on the same log with the same
  features, aggregates among them: no clock, no feed, no label shown twice, no metric.  No method costs less.
- *replay* is the method fnw on the same clock and feed.

Each is measured in turn, nothing is taken from a cache, and medians of all turns are told; a ratio is the median of the
turns' ratios, since what else the machine does changes from turn to turn.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from learners import Logistic
from replay.aggregates import Aggregate, as_of, derive
from replay.encoding import Encoding
from replay.feed import LabelFeed, deliver
from replay.hashing import hash_word
from replay.log import ClickLog, Intake, OutcomeKind, Outcomes
from replay.slots import SlotTable
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.clock import Clock
from simulator.engine import replay as play
from simulator.methods import METHODS, Timing
from simulator.trainer import Trainer

BITS = 20
REPEATS = 7
_NUMBERS = count()
PAIR = ("user", "streamer")
CASES = {
    "gift count and mean, time since, by pair": [
        Aggregate("pair_gift_count", "gifts", "count", PAIR),
        Aggregate("pair_gift_mean", "gifts", "mean", PAIR),
        Aggregate("pair_since_click", "clicks", "time_since_last", PAIR),
    ],
    "three keys, three sweeps": [
        Aggregate("user_gifts", "gifts", "sum", ("user",)),
        Aggregate("streamer_gifts", "gifts", "mean", ("streamer",)),
        Aggregate("pair_clicks", "clicks", "count", PAIR),
    ],
    "windows of 7 days": [
        Aggregate("user_gifts_7d", "gifts", "sum", ("user",), 7 * DAY),
        Aggregate("streamer_gifts_7d", "gifts", "count", ("streamer",), 7 * DAY),
        Aggregate("pair_clicks_7d", "clicks", "count", PAIR, 7 * DAY),
    ],
}


def livestream(n: int, users: int, streamers: int) -> ClickLog:
    """Return a log in memory, with hashes of users and streamers as its keys."""
    rng = np.random.default_rng(0)
    columns = [rng.zipf(1.2, n) % users, rng.zipf(1.2, n) % streamers, *(rng.zipf(1.3, n) % 200 for _ in range(6))]
    spread = np.stack(columns, axis=1) * 1_000_003 + np.arange(8) * 7_919
    hashes = (spread + 1).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    time_ = np.sort(rng.integers(0, 21 * DAY, n))
    row = np.flatnonzero(rng.random(n) < 0.02)
    row = np.repeat(row, rng.poisson(0.5, len(row)) + 1)
    happened = time_[row] + rng.exponential(20 * MINUTE, len(row)).astype(np.int64)
    amount = np.rint(rng.lognormal(0.7, 2.0, len(row)) * 1e6).astype(np.int64)
    order = np.lexsort((happened, row))
    kind = np.full(len(row), OutcomeKind.GIFT, np.int8)
    return ClickLog(
        click_time=time_,
        click=np.arange(n),
        slots=SlotTable.of((hashes >> np.uint64(64 - BITS)).astype(np.uint32)),
        feature_names=tuple(f"f{j}" for j in range(8)),
        outcomes=Outcomes(row[order], kind, happened[order], amount[order]),
        observed_until=22 * DAY,
        intake=Intake(),
        fingerprint="benchmark",
        keys={name: _hashed(column) for name, column in zip(PAIR, columns, strict=False)},
    )


def _hashed(column: np.ndarray) -> np.ndarray:
    return np.array([hash_word(np.uint64(v), np.uint64(0)) for v in range(column.max() + 1)], np.uint64)[column]


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU seconds of a run, those of the system on its behalf among them."""
    start = time.process_time()
    run()
    return time.process_time() - start


def learn(log: ClickLog) -> None:
    """Predict and learn every click once."""
    learner = Logistic(BITS)
    label = np.zeros(log.n_clicks, np.float32)
    label[log.outcomes.row] = 1
    for at in range(0, log.n_clicks, 1_024):
        x, a = log.slots.slice(at, min(at + 1_024, log.n_clicks)), label[at : at + 1_024]
        learner.predict(x)
        learner.learn(x, a, 1 - a)


def replay(log: ClickLog, feed: LabelFeed) -> None:
    """Replay fnw, publishing every hour."""
    deliveries = deliver(log, DAY, feed)
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    trainer = Trainer(log, deliveries, METHODS["fnw"](Timing(DAY, 0)), Logistic(BITS), 1_024, prediction, shown)
    play(trainer, Clock.of(log, HOUR, 0, 1_024), lambda _: None)


def main() -> None:
    n, users, streamers = (
        int(given) for given in (*sys.argv[1:], *("2000000", "24000", "450000")[len(sys.argv) - 1 :])
    )
    feed = LabelFeed("exponential", 10 * MINUTE)
    for aggregates in CASES.values():
        list(as_of(livestream(1_000, 10, 10), aggregates, feed))  # compile, or load what was compiled
    log = livestream(n, users, streamers)
    pairs = len(np.unique(log.keys["user"] * np.uint64(31) + log.keys["streamer"]))
    print(f"{n:,} clicks, {len(log.outcomes.row):,} gifts, {pairs:,} pairs; CPU seconds, and their ratios")
    print(f"{'':42}{'computed':>9}{'all in':>9}{'learner':>9}{'replay':>9}{'to learner':>12}{'to replay':>11}")
    for name, aggregates in CASES.items():
        turns = np.array([measured(log, aggregates, feed) for _ in range(REPEATS)])
        times = "".join(f"{spent:>9.2f}" for spent in np.median(turns, axis=0))
        to_learner, to_replay = np.median(turns[:, 1:2] / turns[:, 2:], axis=0)
        print(f"{name:42}{times}{to_learner:>12.2f}{to_replay:>11.2f}")


def measured(log: ClickLog, aggregates: list[Aggregate], feed: LabelFeed) -> list[float]:
    """Return seconds computed, all in, of the learner and of the replay."""
    with tempfile.TemporaryDirectory() as folder:
        make = partial(derive, _anew(log), aggregates, feed, Encoding(BITS), Path(folder))
        computed, all_in = seconds(lambda: [None for _ in as_of(log, aggregates, feed)]), seconds(make)
        whole = make()  # opened
        return [computed, all_in, seconds(lambda: learn(whole)), seconds(lambda: replay(whole, feed))]


def _anew(log: ClickLog) -> ClickLog:
    """Return a log that no cache has seen."""
    return replace(log, fingerprint=f"log {next(_NUMBERS)}")


if __name__ == "__main__":
    main()
