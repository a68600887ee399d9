"""Does a method look ahead?  Its future is changed, and what it predicted before is compared to the last bit."""

import copy
from typing import Any, NamedTuple

import numpy as np

from learners.base import Floats32, Learner
from replay.aggregates import with_aggregates
from replay.feed import deliver
from replay.log import ClickLog
from replay.view import LookAheadError
from scenarios import Scenario, ScenarioError
from simulator import build
from simulator.clock import Clock
from simulator.cuts import ended, rewritten, thinned
from simulator.engine import replay
from simulator.feed_faults import faults_beyond
from simulator.methods import Method
from simulator.preparation import read_log
from simulator.trainer import Trainer
from simulator.watcher import Unwatched

CLICKS = 20_000


class Difference(NamedTuple):
    """The first click whose prediction hangs on what had not happened yet."""

    change: str  # what was done to the future
    click: int  # the click's number in the input
    click_time: int  # us UTC


class Verdict(NamedTuple):
    """What was found of one method."""

    method: str  # its label
    declared: bool  # whether it says that it looks ahead, as a bound may
    examples: int  # learned before the moment; with none, there was nothing to be put to the test
    difference: Difference | None = None
    refusal: str = ""  # what the view said, where the method asked for the future outright

    @property
    def looks_ahead(self) -> bool:
        """Whether it was seen to use the future."""
        return self.difference is not None or bool(self.refusal)


class Inspection(NamedTuple):
    """What was found of all methods of a scenario."""

    clicks: int
    moment: int  # us UTC; everything after it was changed
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """Whether no method looks ahead that claims not to."""
        return all(verdict.declared or not verdict.looks_ahead for verdict in self.verdicts)


def inspect(scenario: Scenario, *, log: Any = None, learner: Learner | None = None, clicks: int = CLICKS) -> Inspection:
    """Run every method on a log and on others that differ from it only after a moment, and compare what it predicted.

    The moment is the time of the middle click.  In one other log nothing happens after it, no click and no outcome; in
    another all outcomes after it are changed.  As-of aggregates are made anew for each.  That finds what a policy, a
    correction, a learner or an aggregate takes from the future; what they take from elsewhere, such as a file, it
    cannot find.

    Parameters
    ----------
    scenario : Scenario
    log : dataframe, optional
        Read in place of the scenario's `log.path`, as for `run`.
    learner : Learner, optional
        In place of the scenario's.
    clicks : int
        At most so many clicks, spread evenly over the whole log, so that every waiting time passes in it.

    Returns
    -------
    Inspection

    Raises
    ------
    ScenarioError, LogError
        If the request is wrong; the message says what to do.
    """
    methods = build.methods(scenario)
    prototype = learner or build.learner(scenario)
    whole = thinned(read_log(scenario, log, prototype, Unwatched()), clicks)
    problems = faults_beyond(scenario, whole)
    if problems:
        raise ScenarioError(scenario.name, problems)
    moment = int(whole.click_time[whole.n_clicks // 2]) if whole.n_clicks else 0
    verdicts = tuple(_verdict(scenario, whole, moment, item, prototype) for item in methods.items())
    return Inspection(whole.n_clicks, moment, verdicts)


def _verdict(scenario: Scenario, log: ClickLog, moment: int, item: tuple[str, Method], learner: Learner) -> Verdict:
    label, method = item
    own = learner if build.own_learner(scenario, label) is None else build.learner(scenario, label=label)
    declared = any(policy.looks_ahead for policy in (method.policy, *(head.policy for head in method.heads.values())))
    examples = 0
    try:
        whole, _ = _played(scenario, log, method, own)
        for change, other in {"cut off": ended(log, moment), "rewritten": rewritten(log, moment)}.items():
            then, learned = _played(scenario, other, method, own)
            examples = examples or learned
            n = int(np.searchsorted(log.click_time, moment, side="right"))
            differs = np.flatnonzero(whole[:n].view(np.uint32) != then[:n].view(np.uint32))
            if len(differs):
                row = int(differs[0])
                found = Difference(change, int(log.click[row]), int(log.click_time[row]))
                return Verdict(label, declared, examples, found)
    except LookAheadError as error:
        return Verdict(label, declared, examples, refusal=str(error))
    return Verdict(label, declared, examples)


def _played(scenario: Scenario, log: ClickLog, method: Method, learner: Learner) -> tuple[Floats32, int]:
    """Return the predictions of all clicks of a log, and how many examples were learned on the way."""
    settings, feed = scenario.clock, build.feed(scenario, log)
    log = with_aggregates(log, build.aggregates(scenario), feed, build.encoding(scenario))
    deliveries = deliver(log, settings.attribution_window, feed, net=settings.net)
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    trainer = Trainer(log, deliveries, method, copy.deepcopy(learner), settings.batch, prediction, shown)
    clock = Clock.of(log, settings.publish_every, settings.publish_lag, settings.batch)
    replay(trainer, clock, lambda _: None)
    return prediction, trainer.tally.examples + trainer.tally.head_examples
