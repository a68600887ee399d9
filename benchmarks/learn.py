"""Clicks per second of the native learner: predict all, learn all, and the pair, for every optimizer.

The slots are those of a log like Criteo's: 8 small integers and 9 categories with a Zipf tail of up to 100,000 values,
in 2^20 slots.  The best of several runs is shown, since others may be using the machine; "drains" cuts the same clicks
into calls of 1,024, as hourly publishing does.

    python benchmarks/learn.py [clicks]
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from learners import Logistic
from learners.kernels import Floats32, Slots
from learners.optimizers import OPTIMIZERS

BITS = 20
REPEATS = 7
DRAIN = 1_024


def clicks_like_criteo(n: int) -> tuple[Slots, Floats32]:
    """Return slots of shape (n, 17) and labels with a rate of 0.2."""
    rng = np.random.default_rng(0)
    columns = [rng.poisson(5, n) for _ in range(8)] + [rng.zipf(1.3, n) % 100_000 for _ in range(9)]
    spread = np.stack(columns, axis=1) * 1_000_003 + np.arange(17) * 7_919
    mixed = spread.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed >> np.uint64(64 - BITS)).astype(np.uint32), (rng.random(n) < 0.2).astype(np.float32)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def replay(learner: Logistic, x: Slots, y: Floats32, step: int) -> tuple[float, float]:
    """Return the seconds spent predicting and learning, in turns of `step` clicks."""
    predicting = learning = 0.0
    for at in range(0, len(x), step):
        slots, positive = x[at : at + step], y[at : at + step]
        negative = 1 - positive
        predicting += seconds(lambda slots=slots: learner.predict(slots))
        learning += seconds(lambda slots=slots, a=positive, b=negative: learner.learn(slots, a, b))
    return predicting, learning


def measure(optimizer: str, x: Slots, y: Floats32, step: int) -> str:
    runs = [replay(Logistic(BITS, optimizer), x, y, step) for _ in range(REPEATS)]
    predicting, learning = (min(times) for times in zip(*runs, strict=True))
    pair = min(sum(times) for times in runs)
    rates = (len(x) / spent / 1e6 for spent in (predicting, learning, pair))
    return "".join(f"{rate:>12.1f} M/s" for rate in rates)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    x, y = clicks_like_criteo(n)
    print(f"{n:,} clicks, {x.shape[1]} features, 2^{BITS} slots")
    print(f"{'':24}{'predict':>16}{'learn':>16}{'pair':>16}")
    for optimizer in OPTIMIZERS:
        replay(Logistic(BITS, optimizer), x[:100], y[:100], 100)  # compile, or load what was compiled
        for name, step in (("one call", n), (f"drains of {DRAIN:,}", DRAIN)):
            print(f"{optimizer:10}{name:14}{measure(optimizer, x, y, step)}")


if __name__ == "__main__":
    main()
