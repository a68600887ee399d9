"""Estimators on a log as it is: no bids, only what each would have said of a day's clicks early, and the truth."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from learners.base import Floats32, Learner
from replay.feed import Deliveries
from replay.log import ClickLog, Ints
from scenarios.durations import DAY, HOUR
from simulator.clock import Clock
from simulator.engine import replay
from simulator.market.book import Book
from simulator.market.estimators import Estimator
from simulator.market.estimators.base import Floats
from simulator.market.heard import worth
from simulator.market.knowledge import Knowledge, News, Terms
from simulator.methods import Method
from simulator.trainer import Trainer


@dataclass(frozen=True)
class Trial:
    """A log whose clicks were all bought, and what was predicted of them when they were."""

    log: ClickLog
    deliveries: Deliveries
    prediction: Floats32  # shape (n_clicks,): P(converts inside the attribution window), made at the click
    group: NDArray[np.int32]  # shape (n_clicks,): campaign
    n_groups: int
    cost: Ints  # shape (n_clicks,), millionths
    value: str  # "conversions" or "money"
    terms: Terms


class Error(NamedTuple):
    """How far an estimator was off, at one time after the ends of days."""

    estimator: str
    after: int  # us after the end of the day
    bias: float  # of the sum over all days, relative to the truth
    by_day: float  # root mean square error of a day's sum, relative to the mean of the truth
    by_campaign: float  # likewise of one campaign's day
    unanswered: float  # share of the true value of which the estimator said nothing


class Found(NamedTuple):
    """The errors of estimators on the days of a log."""

    errors: list[Error]
    days: int
    clicks: int  # in those days
    value: float  # that they brought in the end


def predict_all(
    log: ClickLog, deliveries: Deliveries, method: Method, learner: Learner, clock: Clock
) -> tuple[Floats32, Trainer]:
    """Return what a method serves for every click of a log, learning as labels arrive, and its trainer."""
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    trainer = Trainer(log, deliveries, method, copy.deepcopy(learner), clock.batch, prediction, shown)
    replay(trainer, clock, lambda _: None)
    return prediction, trainer


def estimate_days(trial: Trial, estimators: Mapping[str, Estimator], after: Sequence[int], evaluate_from: int) -> Found:
    """Return how far each estimator is off, some time after the end of each day.

    Parameters
    ----------
    trial : Trial
    estimators : mapping of str to Estimator
    after : sequence of int
        Times after the end of a day, us.
    evaluate_from : int
        us UTC.  Whole UTC days from then on count whose labels are mature in the log.
    """
    days = _mature_days(trial, evaluate_from)
    estimates, truth = _ask(trial, estimators, after, days)
    errors = [
        _error(name, wait, estimates[name][:, number], truth)
        for name in estimators
        for number, wait in enumerate(after)
    ]
    ends = np.searchsorted(trial.log.click_time, [days[0], days[-1] + DAY]) if len(days) else [0, 0]
    return Found(errors, len(days), int(ends[1] - ends[0]), float(truth.sum()))


def _ask(
    trial: Trial, estimators: Mapping[str, Estimator], after: Sequence[int], days: Ints
) -> tuple[dict[str, Floats], Floats]:
    """Return what each estimator says, shape (n_days, n_times, n_groups), and the truth, shape (n_days, n_groups)."""
    log, times = trial.log, trial.log.click_time
    book = Book(log.n_clicks, trial.n_groups)
    news = News.of(log, trial.deliveries, trial.value)
    knowledge = Knowledge(book, news, trial.deliveries.watermark, trial.terms, lambda rows: rows)
    finally_worth = worth(log, trial.deliveries, trial.value)
    estimates = {name: np.full((len(days), len(after), trial.n_groups), np.nan) for name in estimators}
    truth = np.zeros((len(days), trial.n_groups))
    moments = sorted(
        (day + DAY + wait, number, place) for number, day in enumerate(days) for place, wait in enumerate(after)
    )
    for now in _hours(trial.terms.start, moments[-1][0] if moments else 0):
        _enter(trial, book, slice(book.n, int(np.searchsorted(times, now))), knowledge.amount())
        knowledge.hear(now)
        while moments and moments[0][0] <= now:
            _, number, place = moments.pop(0)
            known = knowledge.known(int(days[number]), int(days[number]) + DAY)
            for name, estimator in estimators.items():
                estimates[name][number, place] = estimator(known)
    for number, day in enumerate(days):
        rows = book.rows(int(day), int(day) + DAY)
        truth[number] = np.bincount(trial.group[rows], finally_worth[rows], minlength=trial.n_groups)
    return estimates, truth


def _enter(trial: Trial, book: Book, rows: slice, amount: Floats) -> None:
    group, probability = trial.group[rows], trial.prediction[rows]
    book.enter(trial.log.click_time[rows], group, trial.cost[rows], probability, probability * amount[group])


def _hours(start: int, end: int) -> range:
    """Return whole hours UTC after `start`, the last not before `end`."""
    return range(start - start % HOUR + HOUR, end + HOUR, HOUR)


def _mature_days(trial: Trial, evaluate_from: int) -> Ints:
    """Return the beginnings of the UTC days whose clicks are all evaluated and mature in the log."""
    if not trial.log.n_clicks:
        return np.zeros(0, np.int64)
    first = -(-max(evaluate_from, int(trial.log.click_time[0])) // DAY) * DAY
    last = trial.log.observed_until - trial.terms.attribution_window
    days = np.arange(first, last + 1 - DAY, DAY, dtype=np.int64)
    begun: Ints = days[days <= trial.log.click_time[-1]]
    return begun


def _error(name: str, after: int, estimate: Floats, truth: Floats) -> Error:
    """Return the error of estimates of shape (n_days, n_groups)."""
    answered = np.isfinite(estimate)
    said, true = np.where(answered, estimate, 0.0), np.where(answered, truth, 0.0)
    whole = truth.sum()
    if not true.sum():
        return Error(name, after, np.nan, np.nan, np.nan, 1.0)
    by_day = _relative(said.sum(axis=1), true.sum(axis=1))
    by_campaign = _relative(said[answered], true[answered])
    bias = said.sum() / true.sum() - 1
    return Error(name, after, float(bias), by_day, by_campaign, float(1 - true.sum() / whole))


def _relative(said: Floats, true: Floats) -> float:
    return float(np.sqrt(np.mean((said - true) ** 2)) / true.mean())
