"""How far results move when ties are settled otherwise: a log's events of one instant, shuffled and played again."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from learners.base import Learner
from replay.aggregates import derive
from replay.feed import deliver
from replay.log import NEVER, ClickLog, Ints
from replay.policies import Examples
from replay.scratch import out_of_memory
from replay.store import cache_folder
from replay.ties import ShuffledTies, contested, shuffled_outcomes, tied
from scenarios import Scenario
from simulator import build
from simulator.amounts import check_money
from simulator.engine import replay
from simulator.folder import Temporary
from simulator.measure import evaluated, measure, unmeasured
from simulator.methods import PROBABILITY, Method
from simulator.money import AMOUNT, judge, valued
from simulator.operator import Operator
from simulator.part import Part
from simulator.preparation import read_log
from simulator.stage import Stage, set_stage
from simulator.trainer import Trainer
from simulator.tuning import choose
from simulator.watcher import Unwatched, Watcher

PLAYS = 5


class Movement(NamedTuple):
    """How far one metric of one method moved: all evaluated clicks, mature labels."""

    metric: str
    value: float  # in the order of an ordinary run
    low: float  # its 95 % interval over days; nan where it has none
    high: float
    least: float  # over all plays, the ordinary one among them
    most: float

    @property
    def moved(self) -> float:
        """The largest distance from the ordinary run."""
        return max(self.most - self.value, self.value - self.least)

    @property
    def of_interval(self) -> float:
        """The same as a share of the interval's width; nan where there is none."""
        width = self.high - self.low
        return self.moved / width if width > 0 else float("nan")


class Shaken(NamedTuple):
    """What was found of one method."""

    method: str  # its label
    examples: int  # learned in a play, by the model that serves and by all heads
    tied: int  # of these, those that came due at the instant of another click's
    same: bool  # whether every play served the same predictions, to the last bit
    movements: tuple[Movement, ...]  # of metrics that have an answer


class Ties(NamedTuple):
    """What was found of a scenario."""

    clicks: int
    tied_clicks: int  # at the instant of another
    outcomes: int  # that arrive
    tied_outcomes: int  # at the instant of another
    plays: int
    seed: int
    methods: tuple[Shaken, ...]


def shake(
    scenario: Scenario,
    *,
    log: Any = None,
    learner: Learner | None = None,
    plays: int = PLAYS,
    watcher: Watcher | None = None,
) -> Ties:
    """Play every method on the whole log, and again with the ties in other orders, and compare the metrics.

    In every further play, clicks whose examples come due at one instant are learned in another order, whatever the kind
    of example; outcomes that were due at one moment leave a backlog in another order; and of two conversions of one
    click at one moment another one may be the first.  Orders are drawn from the scenario's seed.  Two orders
    stay, since they are what the clock and the method mean: predict, learn, publish; and a click's own examples.

    Parameters
    ----------
    scenario : Scenario
    log : dataframe, optional
        Read in place of the scenario's `log.path`, as for `run`.
    learner : Learner, optional
        In place of the scenario's.
    plays : int
        With shuffled ties, beside the ordinary one.
    watcher : Watcher, optional
        Told how far it is.

    Returns
    -------
    Ties

    Raises
    ------
    ScenarioError, LogError
        If the request is wrong; the message says what to do.
    """
    watcher, scratch = watcher or Unwatched(), Temporary()
    prototype, methods = learner or build.learner(scenario), build.methods(scenario)
    read = read_log(scenario, log, prototype, watcher)
    check_money(scenario, read, methods)
    stage = _stage(scenario, read, prototype, scratch.folder, watcher, cache_folder())
    others = [_shuffled(stage, read, play, scratch.folder) for play in range(plays)]
    clock = stage.clock
    watcher.replaying(list(methods), clock.start, clock.start + (plays + 1) * (clock.end - clock.start))
    shaken = tuple(_shaken(stage, others, *item) for item in methods.items())
    arrival = np.sort(stage.deliveries.outcome_arrival)
    arrival = arrival[: np.searchsorted(arrival, NEVER)]
    counts = (read.n_clicks, _count(read.click_time), len(arrival), _count(arrival))
    return Ties(*counts, plays, scenario.seed, shaken)


def _count(times: Ints) -> int:
    return int(np.count_nonzero(tied(times)))


def _stage(scenario: Scenario, log: ClickLog, learner: Learner, folder: Path, watcher: Watcher, cache: Path) -> Stage:
    feed = build.feed(scenario, log)
    whole = derive(log, build.aggregates(scenario), feed, build.encoding(scenario), cache)
    return set_stage(scenario, whole, learner, folder, watcher)


def _shuffled(stage: Stage, log: ClickLog, play: int, folder: Path) -> Stage:
    """Return the stage of a play with other orders; what it keeps lies in `folder`, apart from everything else."""
    scenario, seed = stage.scenario, _seed(stage, play)
    feed = replace(build.feed(scenario, log), ties=seed)
    other = shuffled_outcomes(log, seed)
    other = derive(other, build.aggregates(scenario), feed, build.encoding(scenario), folder / f"play_{play}")
    deliveries = deliver(other, scenario.clock.attribution_window, feed, folder, net=scenario.clock.net)
    return replace(stage, log=replace(other, segments=stage.log.segments), deliveries=deliveries)


def _seed(stage: Stage, play: int) -> int:
    return (stage.scenario.seed << 20) + play


def _shaken(stage: Stage, others: list[Stage], label: str, method: Method) -> Shaken:
    clock = stage.clock

    def tick(play: int) -> Callable[[int], None]:
        return lambda now: stage.watcher.tick(label, now + play * (clock.end - clock.start))

    learner = choose(stage.scenario, stage.learner, stage.rehearsal, label, method, lambda _: None).learner
    first = _play(stage, method, learner, tick(0))
    rows, found, same = _figures(stage, method, first), [], True
    for play, other in enumerate(others):
        trainer = _play(other, _with_other_ties(method, _seed(stage, play)), learner, tick(play + 1))
        same &= np.array_equal(trainer.prediction.view(np.uint32), first.prediction.view(np.uint32))
        found.append({name: value for name, (value, _, _) in _figures(other, method, trainer).items()})
    stage.watcher.finished(label)
    movements = []
    for name, (value, low, high) in rows.items():
        values = [value, *(figures[name] for figures in found if np.isfinite(figures.get(name, np.nan)))]
        movements.append(Movement(name, value, low, high, min(values), max(values)))
    return Shaken(label, first.tally.examples + first.tally.head_examples, first.tied, same, tuple(movements))


def _with_other_ties(method: Method, seed: int) -> Method:
    heads = {name: replace(head, policy=ShuffledTies(head.policy, seed)) for name, head in method.heads.items()}
    return replace(method, policy=ShuffledTies(method.policy, seed), heads=heads)


class _Counting(Trainer):
    """A trainer that counts the examples it learns at the instant of another click's."""

    tied = 0

    def due(self, part: Part, start: int, end: int) -> Examples:
        examples = super().due(part, start, end)
        self.tied += int(np.count_nonzero(contested(examples)))
        return examples


def _play(stage: Stage, method: Method, learner: Learner, tick: Callable[[int], None]) -> _Counting:
    n, clock = stage.log.n_clicks, stage.clock
    recorded = {name: np.zeros(n, np.float32) for name in method.stages}
    columns = np.zeros(n, np.float32), np.zeros(n, np.bool_), recorded
    trainer = _Counting(stage.log, stage.deliveries, method, copy.deepcopy(learner), clock.batch, *columns)
    operator = Operator(trainer, clock, build.pipeline(stage.scenario, clock)) if clock.drains else None
    replay(trainer, clock, tick, operator)
    return trainer


def _figures(stage: Stage, method: Method, trainer: Trainer) -> dict[str, tuple[float, float, float]]:
    """Return the overall metrics by name, each with its interval, of those that have an answer."""
    log, deliveries = replace(stage.log, segments={}), stage.deliveries
    probability = trainer.prediction if method.target == "conversion" else trainer.recorded.get(PROBABILITY)
    clicks = evaluated(log, deliveries, trainer.prediction if probability is None else probability, stage.yardstick)
    one = unmeasured(clicks, stage.yardstick) if probability is None else measure(clicks, stage.clock, stage.yardstick)
    tables: list[Any] = [one.metrics]
    if method.target == "value":
        hold = partial(out_of_memory, deliveries.scratch)
        worth = valued(log, deliveries, trainer.prediction, trainer.recorded.get(AMOUNT), stage.yardstick, hold)
        tables.append(judge(worth, stage.clock, stage.yardstick, hold).table)
    return {
        name: (value, low, high)
        for table in tables
        for span, curve, name, value, low, high in zip(
            table.span, table.curve, table.metric, table.value, table.low, table.high, strict=True
        )
        if (span, curve) == ("overall", "true") and np.isfinite(value)
    }
