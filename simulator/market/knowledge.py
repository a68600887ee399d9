"""What a buyer knows, kept up to date: its book, the delay's curves, and what a conversion brings."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from replay.feed import Deliveries
from replay.log import ClickLog, Ints
from replay.watermark import Watermark
from simulator.market import heard
from simulator.market.book import Book
from simulator.market.curves import LIKE_OTHERS, DelayCurves, ages
from simulator.market.estimators import Known
from simulator.market.estimators.base import Floats, sums_by
from simulator.market.heard import Heard

COHORTS = 50  # at most so many to an attribution window, for the memory's sake
Place = Callable[[Ints], Ints]  # rows of the log -> rows of the book, -1 for what was not bought


class News(NamedTuple):
    """All that will ever be heard of the log's clicks, in the order in which it becomes known."""

    conversions: Heard
    settled_conversions: Heard
    value: Heard
    settled_value: Heard

    @classmethod
    def of(cls, log: ClickLog, deliveries: Deliveries, value: str) -> "News":
        """Return the news of "conversions" or of "money"."""
        converted = heard.conversions(log, deliveries)
        settled = converted.settled(log, deliveries)
        if value == "conversions":
            return cls(converted, settled, converted, settled)
        paid = heard.money(log, deliveries)
        return cls(converted, settled, paid, paid.settled(log, deliveries))


@dataclass(frozen=True)
class Terms:
    """What a buyer takes for given; times in us."""

    attribution_window: int
    start: int  # us UTC; no click is earlier
    end: int  # us UTC; no click is later
    every: int  # clicks of such a stretch grow old together
    given: Floats | None = None  # the delay's cdf at `ages`, to begin with
    fixed: bool = False  # whether that is believed for ever
    weight: float = LIKE_OTHERS  # how many conversions it is worth where it is not
    amount: float = 1.0  # what a conversion brings, until that is known


class Knowledge:
    """Hears the news of bought clicks as they come.

    Parameters
    ----------
    book : Book
    news : News
    watermark : Watermark
        The feed's.
    terms : Terms
    place : callable
        Finds the rows of the book.
    """

    def __init__(self, book: Book, news: News, watermark: Watermark, terms: Terms, place: Place) -> None:
        self.book, self.watermark, self._news, self._terms, self._place = book, watermark, news, terms, place
        self._counts = news.value is news.conversions
        self._curves = [self._curve() for _ in range(1 if self._counts else 2)]
        self._brought = np.zeros((2, book.n_groups))  # conversions, and what they brought
        self._now = terms.start
        self._told, self._arrived = [terms.start], [np.zeros(book.n_groups)]  # what had arrived by when

    def hear(self, now: int) -> None:
        """Take in what has become known before `now`, of clicks that are in the book."""
        since, self._now = self._now, now
        converted, settled, value, settled_value = (self._new(each, since, now) for each in self._news)
        self._add(self.book.counted, value)
        self._add(self.book.settled, settled_value)
        self.book.converted[settled.row] = True
        if not self._terms.fixed:
            for curve, news in zip(self._curves, (settled, settled_value), strict=False):
                clicks = self.book.group[news.row].astype(np.int64), self.book.time[news.row]
                curve.add(*clicks, news.delay, news.value)
                curve.grow(self.watermark.at(now))
        for number, news in enumerate((converted, value)):
            self._brought[number] += sums_by(self.book.group[news.row], news.value, self.book.n_groups)

        self._told.append(now)
        self._arrived.append(self._brought[1].copy())

    def known(self, start: int, end: int) -> Known:
        """Return what is known now of the clicks in [start, end), us UTC.

        As long a stretch of clicks speaks for them where only mature ones are believed: the last that is mature.
        """
        watermark = self.watermark.at(self._now)
        last = watermark - self._terms.attribution_window
        mature = self.book.rows(last - (end - start), last)
        asked, curves = self.book.rows(start, end), (self._curves[0], self._curves[-1])
        return self.book.known(asked, watermark, *curves, mature, self._came_by(end) - self._came_by(start))

    def amount(self) -> Floats:
        """Return what a conversion of each campaign brings, by what has come, shape (n_groups,); 1 where they count.

        A campaign's mean is shrunk to that of all, and that to what the terms say.
        """
        if self._counts:
            return np.ones(self.book.n_groups)
        conversions, brought = self._brought
        pooled = (brought.sum() + LIKE_OTHERS * self._terms.amount) / (conversions.sum() + LIKE_OTHERS)
        own: Floats = (brought + LIKE_OTHERS * pooled) / (conversions + LIKE_OTHERS)
        return np.maximum(own, 0.0)

    def _came_by(self, moment: int) -> Floats:
        """Return the value that had arrived when news was last taken in by a moment, shape (n_groups,)."""
        return self._arrived[max(bisect_right(self._told, moment) - 1, 0)]

    def _curve(self) -> DelayCurves:
        terms = self._terms
        cohort = max(terms.every, terms.attribution_window // COHORTS)
        n_cohorts = (terms.end - terms.start) // cohort + 1
        weight = np.inf if terms.fixed else terms.weight
        edges = ages(terms.attribution_window)
        return DelayCurves(self.book.n_groups, edges, terms.start, cohort, n_cohorts, terms.given, weight)

    def _new(self, news: Heard, since: int, now: int) -> Heard:
        """Return the news of [since, now) that is about bought clicks, with rows of the book."""
        new = news.between(since, now)
        row = self._place(new.row)
        bought = row >= 0
        return Heard(new.moment[bought], row[bought], new.delay[bought], new.value[bought])

    @staticmethod
    def _add(column: Floats, news: Heard) -> None:
        np.add.at(column, news.row, news.value)
