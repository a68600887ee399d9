"""What comes of clicks, in the order in which it is known."""

from typing import NamedTuple

import numpy as np

from replay.feed import Deliveries
from replay.log import MICROS, NEVER, ClickLog, Floats, Ints
from replay.passage import passage
from simulator.market.estimators.base import sums_by


class Heard(NamedTuple):
    """News of clicks, sorted by moment; columns of length n_news."""

    moment: Ints  # us UTC: known from the next microsecond on
    row: Ints  # which click
    delay: Ints  # from the click to what happened, us
    value: Floats  # 1 for a conversion, or money

    def between(self, start: int, end: int) -> "Heard":
        """Return what becomes known in [start, end)."""
        cut = slice(*np.searchsorted(self.moment, [start, end]))
        return Heard(self.moment[cut], self.row[cut], self.delay[cut], self.value[cut])

    def settled(self, log: ClickLog, deliveries: Deliveries) -> "Heard":
        """Return the same news, each no sooner than the watermark passes the time at which it happened.

        Up to the watermark nothing is missing, so what has come can be held against the age of the clicks.
        """
        passed = deliveries.watermark.reaches(log.click_time[self.row] + self.delay)
        return _in_order(np.maximum(self.moment, passed), self.row, self.delay, self.value)


def conversions(log: ClickLog, deliveries: Deliveries) -> Heard:
    """Return the news that clicks have converted, each once and worth 1."""
    row, moment = deliveries.in_order
    delay = deliveries.happened[row] - log.click_time[row]
    return Heard(moment, row, delay, np.ones(len(row)))


def money(log: ClickLog, deliveries: Deliveries) -> Heard:
    """Return the news of amounts, in the log's currency; what a refund takes back is negative."""
    counts = (deliveries.outcome_arrival != NEVER) & (log.outcomes.amount != 0)
    row, amount = log.outcomes.row[counts], log.outcomes.amount[counts]
    says = passage(log, deliveries.feed).says[counts]
    return _in_order(deliveries.outcome_arrival[counts], row, says - log.click_time[row], amount / MICROS)


def worth(log: ClickLog, deliveries: Deliveries, value: str) -> Floats:
    """Return what each click brings in the end, whether or not the feed ever tells of it, shape (n_clicks,)."""
    if value == "conversions":
        return deliveries.label.astype(np.float64)
    row, _, _, amount = log.outcomes
    counts = ~(deliveries.outside | deliveries.repeat)
    return sums_by(row[counts], amount[counts] / MICROS, log.n_clicks)


def _in_order(moment: Ints, row: Ints, delay: Ints, value: Floats) -> Heard:
    order = np.argsort(moment, kind="stable")
    return Heard(moment[order], row[order], delay[order], value[order])
