"""One bidder in the market: it predicts, bids, pays, hears, learns, and sets its multipliers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from learners.base import Floats32, Learner
from replay.log import MICROS
from replay.scratch import scratch_column
from scenarios.durations import DAY, HOUR
from simulator.market.auctions import Auctions
from simulator.market.book import Book
from simulator.market.controllers import Clairvoyant, Controller, best_multiplier
from simulator.market.controllers.base import FARTHEST
from simulator.market.diary import Belief, Diary
from simulator.market.estimators import Estimator
from simulator.market.estimators.base import Floats, sums_by
from simulator.market.kernel import Ints, hold
from simulator.market.knowledge import Knowledge, Terms
from simulator.market.won import Won
from simulator.methods import PROBABILITY, Method
from simulator.trainer import Trainer

_AUCTIONS = 1 << 17  # held at a time


@dataclass(frozen=True)
class Way:
    """A way of bidding, ready to be played."""

    method: Method
    estimator: Estimator
    controllers: Sequence[Controller]  # one to a campaign
    terms: Terms


class Bidder:
    """Plays one way of bidding; whoever calls `play`, `learn` and `control` is the clock.

    Parameters
    ----------
    auctions : Auctions
    way : Way
    learner : Learner
        Untrained; the model and every head get a copy.
    batch : int
        Examples between two refreshes of what corrections see of the models.
    scratch : Path, optional
        Folder for columns.
    """

    def __init__(self, auctions: Auctions, way: Way, learner: Learner, batch: int, scratch: Path | None = None) -> None:
        log, n = auctions.log, len(auctions.campaigns.names)
        self.auctions, self.way = auctions, way
        self.won = Won(auctions, scratch, amounts=way.method.target == "value")
        self.prediction = scratch_column(scratch, log.n_clicks, np.float32)
        shown = scratch_column(scratch, log.n_clicks, np.bool_)
        # handed the whole log once, to know when it begins; before anything is asked, it gets what was won
        self.trainer = Trainer(log, auctions.deliveries, way.method, learner, batch, self.prediction, shown)
        self.book = Book(log.n_clicks, n, scratch)
        self.knowledge = Knowledge(self.book, auctions.news, auctions.deliveries.watermark, way.terms, self.won.place)
        self.diary = Diary.empty(n)
        self.multiplier = np.ones(n)
        self._spent, self._day = np.zeros(n, np.int64), np.full(1, -1, np.int64)
        self._knows = isinstance(way.controllers[0], Clairvoyant)
        self._updated = way.terms.start

    def play(self, start: int, end: int) -> None:
        """Hold the auctions of [start, end) with the model and the multipliers as they are."""
        log = self.auctions.log
        first, last = (int(at) for at in np.searchsorted(log.click_time, [start, end]))
        midnights = np.arange(start - start % DAY + DAY, end, DAY)
        cuts = [first, *np.searchsorted(log.click_time, midnights).tolist(), last]
        for opens, closes in pairwise(cuts):
            for at in range(opens, closes, _AUCTIONS):
                self._hold(at, min(at + _AUCTIONS, closes))

    def learn(self, start: int, end: int, now: int) -> None:
        """Learn, in order, what comes due in [start, end) of the clicks won before `now`."""
        self.won.hear(now)
        self.trainer.log, self.trainer.deliveries = self.won.log(), self.won.deliveries()
        self.trainer.learn(start, end)

    def control(self, now: int) -> None:
        """Look back on what was bought, and set the multipliers anew."""
        self.knowledge.hear(now)
        market, target = self.auctions.market, self.auctions.campaigns.target
        since = max(now - market.lookback, self.way.terms.start)
        known = self.knowledge.known(since, now)
        cost, estimate = known.total(known.cost), self.way.estimator(known)
        hours, self._updated = (now - self._updated) / HOUR, now
        if not self._knows:
            errors = error_of(cost, estimate, target)
            steps = zip(self.way.controllers, errors.tolist(), strict=True)
            self.multiplier = np.array([controller.update(error, hours) for controller, error in steps])
        index = self.won.index[self.book.rows(since, now)]
        truth = sums_by(self.auctions.code[index], self.auctions.worth[index], len(target))
        self.diary.beliefs.append(Belief(now, cost, estimate, truth, self.multiplier.copy()))

    def _hold(self, first: int, last: int) -> None:
        auctions, terms, rows = self.auctions, self.auctions.campaigns, slice(first, last)
        code, time, price = auctions.code[rows], auctions.log.click_time[rows], auctions.prices(first, last)
        held = auctions.held(first, last)
        probability, predicted = self._predict(rows)
        value = predicted * terms.target[code] * MICROS
        if self._knows:
            value = self._true_value(rows)
            self._plan(int(time[0]))
        went, paid = np.empty(last - first, np.int8), np.empty(last - first, np.int64)
        limits = terms.launch, terms.budget, self._spent, self._day
        hold(time, code, held, value, price, self.multiplier, *limits, auctions.second, went, paid)
        self.diary.count(code.astype(np.int64), went.astype(np.int64), paid)
        bought = np.flatnonzero(went == 0)
        new = self.won.enter(first + bought)
        self.prediction[new] = probability[bought]
        self.trainer.tally.served += len(bought)
        self.book.enter(time[bought], code[bought], paid[bought], probability[bought], predicted[bought])

    def _predict(self, rows: slice) -> tuple[Floats32, Floats32]:
        """Return how likely auctions are to convert, and what value they are expected to bring."""
        method, trainer, code = self.way.method, self.trainer, self.auctions.code[rows]
        stage = method.stages.get(PROBABILITY)
        names = dict.fromkeys([*trainer.correction.serves_from, *(stage.serves_from if stage else ())])
        seen = trainer.see(tuple(names), self.auctions.log.slots.slice(rows.start, rows.stop))
        served, amount = trainer.correction.serve(seen), self.knowledge.amount()[code]
        if method.target == "conversion":
            return served, (served * amount).astype(np.float32)
        expected = np.maximum(served, 0.0).astype(np.float32)
        if stage:
            return stage.serve(seen), expected
        likely = np.clip(expected / np.maximum(amount, np.finfo(np.float64).tiny), 1e-7, 1 - 1e-7)
        return likely.astype(np.float32), expected

    def _true_value(self, rows: slice) -> Floats:
        """Return what auctions are truly worth to their campaigns, millionths; for the bound alone."""
        auctions = self.auctions
        assert auctions.expected is not None  # noqa: S101  (a scenario without it is refused)
        return auctions.expected[rows] * auctions.campaigns.target[auctions.code[rows]] * MICROS

    def _plan(self, now: int) -> None:
        """Set the best multipliers of the day that `now` is in, if they are not set yet; for the bound alone."""
        if now // DAY == self._day[0]:
            return
        auctions, terms = self.auctions, self.auctions.campaigns
        log = auctions.log
        first, last = np.searchsorted(log.click_time, [now - now % DAY, now - now % DAY + DAY])
        code, price = auctions.code[first:last], auctions.prices(first, last) / MICROS
        value = self._true_value(slice(first, last)) / MICROS / terms.target[code]
        offered = auctions.held(first, last) & (log.click_time[first:last] >= terms.launch[code])
        for campaign, target in enumerate(terms.target):
            own = offered & (code == campaign)
            limit = terms.budget[campaign] / MICROS
            self.multiplier[campaign] = best_multiplier(
                price[own], value[own], float(target), float(limit), second=auctions.second
            )


def error_of(cost: Floats, estimate: Floats, target: Floats) -> Floats:
    """Return how far cost per value is below its target, as a logarithm; 0 where nothing is known.

    Errors are cut at 1.5 either way, which is also what no value at all for some cost makes.
    """
    known = (cost > 0) & np.isfinite(estimate)
    room = np.where(known, target * estimate / np.where(known, cost, 1.0), 1.0)
    errors: Floats = np.clip(np.log(np.maximum(room, np.exp(-FARTHEST))), -FARTHEST, FARTHEST)
    return errors


def paid_in_all(bidder: Bidder) -> Ints:
    """Return what each campaign's clicks cost by the book, millionths, shape (n_campaigns,)."""
    book, sums = bidder.book, np.zeros(bidder.book.n_groups, np.int64)
    np.add.at(sums, book.group[: book.n], book.cost[: book.n])
    return sums
