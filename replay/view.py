"""The log as of a moment: all that a policy may ask."""

from dataclasses import dataclass

import numpy as np

from replay.feed import Deliveries
from replay.log import Bools, ClickLog, Ints


class LookAheadError(RuntimeError):
    """A policy asked for what had not happened yet."""


@dataclass(frozen=True)
class View:
    """What the trainer's side knows of a log just before `now`: the clicks and arrivals before it, and nothing else."""

    log: ClickLog
    deliveries: Deliveries
    now: int  # us UTC: instants before it are past
    future: bool = False  # only the bounds that name themselves so may see it

    def clicks(self, start: int, end: int) -> Ints:
        """Return the rows of clicks in [start, end), in order.

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        self._past(end - 1)
        first, stop = np.searchsorted(self.log.click_time, [start, end])
        return np.arange(first, stop, dtype=np.int64)

    def click_time(self, rows: Ints) -> Ints:
        """Return the times of clicks, us UTC."""
        return self.log.click_time[rows]

    def known(self, rows: Ints, by: Ints | int) -> Bools:
        """Return the labels of clicks as known by a moment, shape (len(rows),).

        A conversion that arrives at that very moment counts; one that is known to be refunded does not, where labels
        know refunds.

        Raises
        ------
        LookAheadError
            If any moment is not before the view's.
        """
        if len(rows):
            self._past(int(np.max(by)))
        return self.deliveries.known(rows, by)

    def converted(self, rows: Ints, by: Ints | int) -> Bools:
        """Return whether a conversion of each click had arrived by a moment, refunded or not, shape (len(rows),).

        Raises
        ------
        LookAheadError
            As `known`.
        """
        if len(rows):
            self._past(int(np.max(by)))
        return self.deliveries.arrival[rows] <= by

    def converted_at(self, rows: Ints) -> Ints:
        """Return when the conversions of clicks arrived, us UTC.

        Raises
        ------
        LookAheadError
            If any had not before the view's moment.
        """
        arrivals = self.deliveries.arrival[rows]
        if len(rows):
            self._past(int(arrivals.max()))
        return arrivals

    def reached(self, age: int, start: int, end: int) -> tuple[Ints, Ints]:
        """Return the clicks that reach an age at the feed's watermark in [start, end), and when, ordered by that.

        By then everything that happened up to that age has arrived, however late the feed runs; during an outage no
        click gets older.

        Parameters
        ----------
        age : int
            us after the click.
        start, end : int
            us UTC.

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        self._past(end - 1)
        watermark = self.deliveries.watermark
        rows = self.clicks(watermark.at(start) - age, watermark.at(end) - age)
        return rows, self.reaches(rows, age)

    def reaches(self, rows: Ints, age: int) -> Ints:
        """Return when each click reaches an age at the feed's watermark, us UTC; see `reached`."""
        return self.deliveries.watermark.reaches(self.log.click_time[rows] + age)

    def settled(self, age: int, start: int, end: int) -> tuple[Ints, Ints]:
        """Return the clicks that from a moment in [start, end) on have nothing more to wait for, and when.

        The feed's watermark reaches their age, or the end of their outcomes before it: everything that will come of
        them up to that age has come, and has arrived.

        Parameters
        ----------
        age : int
            us after the click, at most the attribution window.
        start, end : int
            us UTC.

        Returns
        -------
        rows, due : int64 arrays of shape (n_settled,)
            Ordered by (due, row).

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        if self.log.outcomes_until is None:
            return self.reached(age, start, end)
        self._past(end - 1)
        watermark = self.deliveries.watermark
        rows = self._ripe(age, watermark.at(start), watermark.at(end))
        return in_order(rows, watermark.reaches(self.waits_until(rows, age)))

    def waited(self, age: int, start: int, end: int) -> tuple[Ints, Ints]:
        """Return the clicks that reach an age in [start, end), or whose outcomes are over before it, and when.

        It counts to now, not to the feed's watermark.

        Returns
        -------
        rows, due : int64 arrays of shape (n_waited,)
            Ordered by (due, row).

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        if self.log.outcomes_until is None:
            rows = self.clicks(start - age, end - age)
            return rows, self.log.click_time[rows] + age
        self._past(end - 1)
        rows = self._ripe(age, start, end)
        return in_order(rows, self.waits_until(rows, age))

    def waits_until(self, rows: Ints, age: int) -> Ints:
        """Return when each click reaches an age, or its outcomes are over if that is earlier, us UTC.

        It may lie in the future, and must decide nothing before it comes.
        """
        due = self.log.click_time[rows] + age
        return due if self.log.outcomes_until is None else np.minimum(due, self.log.outcomes_until[rows])

    def converted_by(self, rows: Ints, age: int) -> Bools:
        """Return whether clicks were known, on reaching an age at the feed's watermark, to have converted by that age.

        What an outage held back counts for the age at which it happened.  What comes later than the watermark allows
        for, as 1 in 100 does where latency is drawn, counts for the first age after which it is known.

        Raises
        ------
        LookAheadError
            If any click had not reached the age before the view's moment.
        """
        known = self.converted(rows, by=self.reaches(rows, age))
        return known & (self.deliveries.happened[rows] <= self.log.click_time[rows] + age)

    def conversions(self, start: int, end: int) -> tuple[Ints, Ints]:
        """Return the rows whose conversion arrives in [start, end), refunded or not, and when, by (arrival, row).

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        self._past(end - 1)
        rows, arrivals = self.deliveries.in_order
        first, stop = np.searchsorted(arrivals, [start, end])
        return rows[first:stop], arrivals[first:stop]

    def refunds(self, start: int, end: int) -> tuple[Ints, Ints]:
        """Return the rows that become known as refunded in [start, end), and when, ordered by (arrival, row).

        None where labels do not know refunds.  A refund that arrives before its conversion is known when that comes.

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        self._past(end - 1)
        rows, arrivals = self.deliveries.refunds_in_order
        first, stop = np.searchsorted(arrivals, [start, end])
        return rows[first:stop], arrivals[first:stop]

    def amounts(self, start: int, end: int) -> tuple[Ints, Ints, Ints]:
        """Return the rows whose money arrives in [start, end), when, and how much, ordered by (arrival, row, time).

        Money that counts: of conversions and gifts inside the attribution window, less refunds inside it.

        Returns
        -------
        rows, arrivals, amounts : int64 arrays of shape (n_amounts,)
            Amounts in millionths; what a refund takes back is negative.

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        self._past(end - 1)
        index, arrivals = self.deliveries.outcomes_in_order
        first, stop = np.searchsorted(arrivals, [start, end])
        index, arrivals = index[first:stop], arrivals[first:stop]
        amount = self.log.outcomes.amount[index]
        told = amount != 0
        return self.log.outcomes.row[index[told]], arrivals[told], amount[told]

    def amounts_of(self, rows: Ints, by: Ints | int) -> tuple[Ints, Ints, Ints]:
        """Return the money of clicks that had arrived by a moment, amount by amount, ordered by (place in rows, time).

        Parameters
        ----------
        rows : int64 array
        by : int64 array of shape (len(rows),), or int
            us UTC; what arrives at that very moment counts.

        Returns
        -------
        which, arrivals, amounts : int64 arrays of shape (n_amounts,)
            Which of `rows` each belongs to, when it arrived, millionths; what a refund takes back is negative.

        Raises
        ------
        LookAheadError
            If any moment is not before the view's.
        """
        if len(rows):
            self._past(int(np.max(by)))
        which, index = self._outcomes_of(rows)
        arrivals, amounts = self.deliveries.outcome_arrival[index], self.log.outcomes.amount[index]
        told = (arrivals <= np.broadcast_to(by, rows.shape)[which]) & (amounts != 0)
        return which[told], arrivals[told], amounts[told]

    def value(self, rows: Ints, by: Ints | int) -> Ints:
        """Return the money of each click that had arrived by a moment, millionths, shape (len(rows),).

        Raises
        ------
        LookAheadError
            As `amounts_of`.
        """
        which, _, amounts = self.amounts_of(rows, by)
        return _total(which, amounts, len(rows))

    def true_value(self, rows: Ints) -> Ints:
        """Return the money of clicks inside the attribution window, now or later, millionths.

        Raises
        ------
        LookAheadError
            Unless the view was made with `future`.
        """
        if not self.future:
            raise LookAheadError(
                "true values lie in the future; only a policy with looks_ahead = True may ask for them"
            )
        which, index = self._outcomes_of(rows)
        counts = ~(self.deliveries.outside[index] | self.deliveries.repeat[index])
        return _total(which[counts], self.log.outcomes.amount[index[counts]], len(rows))

    def true_label(self, rows: Ints) -> Bools:
        """Return whether clicks are positive in the end: convert inside the attribution window, now or later.

        Raises
        ------
        LookAheadError
            Unless the view was made with `future`.
        """
        if not self.future:
            raise LookAheadError(
                "true labels lie in the future; only a policy with looks_ahead = True may ask for them"
            )
        return self.deliveries.label[rows]

    def _ripe(self, age: int, start: int, end: int) -> Ints:
        """Return the clicks that wait until a moment in [start, end), see `waits_until`."""
        click_time = self.log.click_time
        first, stop = np.searchsorted(click_time, [start - age, end - age])
        rows = np.arange(first, stop, dtype=np.int64)
        rows = rows[self.waits_until(rows, age) == click_time[rows] + age]
        over, ends = self.deliveries.ends_in_order
        first, stop = np.searchsorted(ends, [start, end])
        over, ends = over[first:stop], ends[first:stop]
        return np.concatenate([rows, over[ends < click_time[over] + age]])

    def _outcomes_of(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the outcomes of some clicks: which of `rows` each belongs to, and its index."""
        first = np.searchsorted(self.log.outcomes.row, rows)
        size = np.searchsorted(self.log.outcomes.row, rows, side="right") - first
        which = np.repeat(np.arange(len(rows)), size)
        start = np.cumsum(size) - size
        return which, np.arange(len(which)) + (first - start)[which]

    def _past(self, moment: int) -> None:
        if moment >= self.now:
            raise LookAheadError(f"asked for what is known at {moment} us, but it is only {self.now} us")


def in_order(rows: Ints, due: Ints) -> tuple[Ints, Ints]:
    """Return rows and when they are due, ordered by (due, row)."""
    if (rows[1:] > rows[:-1]).all() and (due[1:] >= due[:-1]).all():
        return rows, due
    order = np.lexsort((rows, due))
    return rows[order], due[order]


def _total(which: Ints, amounts: Ints, n: int) -> Ints:
    total = np.zeros(n, np.int64)
    np.add.at(total, which, amounts)
    return total
