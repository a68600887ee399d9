"""How fast a market is: auctions a minute on one core, and clicks learned in it against clicks learned in a replay.

    python benchmarks/market.py [--auctions 5_000_000]

Four campaigns, hourly updates, PID on Bornhuetter and Ferguson's estimate over a day, fnw, 14 days.  Times
are CPU seconds of the process after one small run that compiles the loops.  The ratio is to a replay of the same log by
the same method in the same process: a market predicts every auction, holds it, learns from what was won, and keeps the
book, so it costs more for each.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from learners import Logistic
from replay.feed import deliver
from simulator import build
from simulator.engine import replay
from simulator.market.loop import play
from simulator.market.runner import Stall, bidder_of, set_up, split_by
from simulator.methods import METHODS, Timing
from simulator.preparation import prepare_log
from simulator.trainer import Trainer
from simulator.watcher import Unwatched


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--auctions", type=lambda text: int(text.replace("_", "")), default=5_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds_of(stall(50_000, Path(folder)), Path(folder))
        big = stall(asked.auctions, Path(folder))
        market, bought = seconds_of(big, Path(folder))
        plain = replay_seconds(big)
    print(f"{asked.auctions:,} auctions, {bought:,} won: {market:.1f} CPU s")
    print(f"auctions a minute on one core: {asked.auctions / market * 60 / 1e6:.1f} million")
    print(f"a replay of the same {asked.auctions:,} clicks: {plain:.1f} CPU s; market / replay: {market / plain:.2f}")


def stall(auctions: int, folder: Path) -> Stall:
    """Return what a bidder needs."""
    changes = [f"log.clicks={auctions}", 'market.bidder=[{estimator="bornhuetter_ferguson"}]']
    scenario = build.load("launch", changes)
    learner = build.learner(scenario)
    log = prepare_log(split_by(scenario, "campaign"), None, learner, Unwatched())
    return set_up(scenario, log, learner, folder, Unwatched())


def seconds_of(one: Stall, folder: Path) -> tuple[float, int]:
    """Return the CPU seconds of the only bidder's run, and how many clicks it won."""
    bidder = bidder_of(one, one.market.bidder[0], folder)
    started = time.process_time()
    play(bidder, one.clock, one.market.update_every, lambda _: None)
    return time.process_time() - started, bidder.won.n


def replay_seconds(one: Stall) -> float:
    """Return the CPU seconds of a replay that takes every auction for a click."""
    log, window = one.auctions.log, one.yardstick.attribution_window
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    method, deliveries = METHODS["fnw"](Timing(window, 0)), deliver(log, window, one.auctions.deliveries.feed)
    trainer = Trainer(log, deliveries, method, Logistic(18), 1024, prediction, shown)
    started = time.process_time()
    replay(trainer, one.clock, lambda _: None)
    return time.process_time() - started


if __name__ == "__main__":
    main()
