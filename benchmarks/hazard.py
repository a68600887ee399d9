"""How the hazard stands beside other methods: in steady and growing traffic, after an outage, after changes.

A world with six categories of up to 20,000 values and a rate of 0.1 within 7 days.  Half of the traffic is fast and
half slow: 70 % and 20 % of conversions come after half an hour, the others after two days.  Shown are the sum of
predictions over the sum of true probabilities, overall, slow and fast, and the mean log loss above the truth's, in
thousandths, over the last ten days (for the outage: over its 24 hours and the next).  Means over seeds.

    python -m benchmarks.hazard [--clicks N] [--seeds N] [--rates R,R] [--regimes NAME,NAME] [--ablation]
"""

import argparse
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from learners import Logistic
from learners.arms import ManyArmedLogistic
from learners.base import Floats32
from learners.kernels import Slots
from replay.feed import LabelFeed, deliver
from replay.log import ClickLog, Floats, Intake, Outcomes
from replay.slots import SlotTable
from scenarios.durations import DAY, HOUR, MINUTE
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import METHODS, Method, Timing
from simulator.trainer import Trainer

BITS = 18
DAYS = 40
CHANGE = (DAYS - 10) * DAY  # when the last ten days begin
WINDOW = 7 * DAY
SIZES = (20_000, 5_000, 1_000, 200, 50, 10)
SLOW = 2  # which category decides on the delay
QUICK, LATE = 30 * MINUTE, 48 * HOUR
METHODS_SHOWN: Mapping[str, Callable[[Timing], Method]] = {
    "oracle": METHODS["oracle"],
    "fake_negative": METHODS["fake_negative"],
    "fnw": METHODS["fnw"],
    "pu": METHODS["pu"],
    "waiting_window 1h": partial(METHODS["waiting_window"], window=HOUR),
    "waiting_window 7d": partial(METHODS["waiting_window"], window=WINDOW),
    "hazard": METHODS["hazard"],
    "hazard 1h,1d,7d": partial(METHODS["hazard"], ages="1h,1d,7d"),
    "es_dfm_exact": METHODS["es_dfm_exact"],
    "es_dfm_exact by hazard": partial(METHODS["es_dfm_exact"], auxiliary="hazard"),
}


class Regime(NamedTuple):
    """What happens to the world."""

    growth: float = 0.0  # per day
    shift: float = 0.0  # of the logit, from `CHANGE` on
    slower: float = 1.0  # factor on the share of fast conversions, from `CHANGE` on
    outage: int = 0  # length of an outage of the feed that begins at `CHANGE`


REGIMES = {
    "steady": Regime(),
    "x2 per week": Regime(growth=np.log(2) / 7),
    "x0.5 per week": Regime(growth=-np.log(2) / 7),
    "outage 24h": Regime(outage=DAY),
    "rate +.7": Regime(shift=0.7),
    "rate -.7": Regime(shift=-0.7),
    "delays slower": Regime(slower=0.6),
}


class World(NamedTuple):
    """A log, what is true of it, and the feed it comes through."""

    log: ClickLog
    truth: Floats  # P(converts within the window)
    slow: NDArray[np.bool_]
    feed: LabelFeed
    judged: slice  # which clicks the figures are about


def made(regime: Regime, clicks: int, seed: int) -> World:
    """Return a world drawn from a seed."""
    rng = np.random.default_rng(seed)
    time = click_times(rng, clicks, regime.growth)
    values = [rng.choice(size, clicks, p=popularity(size)) for size in SIZES]
    effects = [rng.normal(0, 0.45, size) for size in SIZES]
    slow = (rng.random(SIZES[SLOW]) < 0.5)[values[SLOW]]
    changed = time >= CHANGE
    logit = sum(effect[value] for effect, value in zip(effects, values, strict=True))
    p = 1 / (1 + np.exp(-logit - base(logit, 0.1) - regime.shift * changed))
    fast = np.where(slow, 0.2, 0.7) * np.where(changed, regime.slower, 1.0)
    quick = rng.random(clicks) < fast
    delay = np.rint(np.where(quick, rng.exponential(QUICK, clicks), rng.exponential(LATE, clicks))).astype(np.int64)
    row = np.flatnonzero((rng.random(clicks) < p) & (delay <= WINDOW))
    truth = p * (fast * -np.expm1(-WINDOW / QUICK) + (1 - fast) * -np.expm1(-WINDOW / LATE))
    outages = ((CHANGE, CHANGE + regime.outage),) if regime.outage else ()
    end = CHANGE + regime.outage + DAY if regime.outage else DAYS * DAY
    judged = slice(*np.searchsorted(time, [CHANGE, end]).tolist())
    return World(log_of(time, values, row, delay[row]), truth, slow, LabelFeed(outages=outages), judged)


def click_times(rng: np.random.Generator, clicks: int, growth: float) -> NDArray[np.int64]:
    share = np.sort(rng.random(clicks))
    if growth:
        share = np.log1p(share * np.expm1(growth * DAYS)) / (growth * DAYS)
    return np.rint(share * DAYS * DAY).astype(np.int64)


def popularity(size: int) -> Floats:
    weight = np.arange(1, size + 1) ** -0.9
    return weight / weight.sum()


def base(logit: Floats, rate: float) -> float:
    """Return what to add to the logits for a mean probability."""
    added = 0.0
    for _ in range(30):
        mean = (1 / (1 + np.exp(-logit - added))).mean()
        added += 0.8 * float(np.log(rate / (1 - rate)) - np.log(mean / (1 - mean)))
    return added


def log_of(
    time: NDArray[np.int64], values: list[NDArray[np.int64]], row: NDArray[np.int64], delay: NDArray[np.int64]
) -> ClickLog:
    n, conversions = len(time), len(row)
    place = np.stack(values, axis=1).astype(np.uint64) * np.uint64(1_000_003) + np.arange(len(values), dtype=np.uint64)
    slots = (place * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(64 - BITS)).astype(np.uint32)
    return ClickLog(
        click_time=time,
        click=np.arange(n),
        slots=SlotTable.of(slots),
        feature_names=tuple(f"category_{size}" for size in SIZES),
        outcomes=Outcomes(row, np.zeros(conversions, np.int8), time[row] + delay, np.zeros(conversions, np.int64)),
        observed_until=int(time[-1]) + WINDOW,
        intake=Intake(clicks_read=n, outcomes_read={"conversion": conversions}),
        fingerprint="hazard",
    )


def served(world: World, build: Callable[[Timing], Method], learner: Any) -> Floats:
    """Return what a method serves, hour by hour."""
    log = world.log
    prediction = np.zeros(log.n_clicks, np.float32)
    deliveries = deliver(log, WINDOW, world.feed)
    method = build(Timing(WINDOW, CHANGE))
    trainer = Trainer(log, deliveries, method, learner, 1024, prediction, np.zeros(log.n_clicks, np.bool_))
    replay(trainer, Clock.of(log, HOUR), lambda _: None)
    return prediction.astype(np.float64)


def figures(world: World, prediction: Floats) -> NDArray[np.float64]:
    """Return prediction over truth, overall, slow and fast, and the excess log loss in thousandths."""
    f, q, slow = prediction[world.judged], world.truth[world.judged], world.slow[world.judged]
    excess = (q * np.log(q / f) + (1 - q) * np.log((1 - q) / (1 - f))).mean()
    ratios = [f[part].sum() / q[part].sum() for part in (np.ones_like(slow), slow, ~slow)]
    return np.array([*ratios, 1_000 * excess])


class Asked(NamedTuple):
    """A row of the table."""

    name: str
    build: Callable[[Timing], Method]
    learner: Callable[[float], Any]


def native(rate: float) -> Logistic:
    return Logistic(BITS, "adagrad", rate)


def altered(start: float, quick: float) -> Callable[[float], Logistic]:
    """Return a learner whose arms start and follow differently: what the choices in them are worth."""

    class Arms(ManyArmedLogistic):
        pass

    class Learner(Logistic):
        def with_arms(self, arms: int) -> ManyArmedLogistic:
            return Arms(arms, BITS, "adagrad", self._learning_rate, 0.0)

    Arms.start, Arms.quick = start, quick
    return lambda rate: Learner(BITS, "adagrad", rate)


class OneArm:
    """The hazard's learner with one probability, so that the oracle can have it too."""

    features, takes_negative = "slots", True

    def __init__(self, rate: float) -> None:
        self.model = native(rate).with_arms(1)

    def predict(self, x: Slots) -> Floats32:
        """Return probabilities of shape (n_clicks,)."""
        return self.model.predict(x)[:, 0]

    def learn(self, x: Slots, positive: Floats32, negative: Floats32) -> None:
        """Take one step per example."""
        self.model.learn(x, positive, negative, np.zeros(len(x), np.int8))


def rows(*, ablation: bool) -> list[Asked]:
    if not ablation:
        plain = [Asked(name, build, native) for name, build in METHODS_SHOWN.items()]
        return [plain[0], Asked("oracle, the hazard's learner", METHODS["oracle"], OneArm), *plain[1:]]
    settings = [(start, quick) for start in (1e-8, 0.1, 1.0, 10.0) for quick in (1.0, 10.0)] + [(1.0, 3.0), (1.0, 30.0)]
    named = [Asked(f"start {start:g}, intercepts x{quick:g}", METHODS["hazard"], altered(start, quick))
             for start, quick in settings]  # fmt: skip
    return [Asked("oracle", METHODS["oracle"], native), *named]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=400_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rates", default="0.05")
    parser.add_argument("--regimes", default=",".join(REGIMES))
    parser.add_argument("--ablation", action="store_true")
    asked = parser.parse_args()
    for name in asked.regimes.split(","):
        worlds = [made(REGIMES[name], asked.clicks, seed) for seed in range(asked.seeds)]
        for rate in map(float, asked.rates.split(",")):
            print(f"\n{name}, learning rate {rate}: all, slow, fast, excess x1000 and its standard error")
            for row in rows(ablation=asked.ablation):
                found = np.array([figures(world, served(world, row.build, row.learner(rate))) for world in worlds])
                means = " ".join(f"{mean:.3f}" for mean in found.mean(axis=0)[:3])
                error = found[:, 3].std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.nan
                print(f"  {row.name:28}{means}  {found[:, 3].mean():6.2f} +- {error:.2f}", flush=True)


if __name__ == "__main__":
    main()
