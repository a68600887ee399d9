"""Just before a moment: the clicks and arrivals before it, and no others."""

from dataclasses import dataclass

import numpy as np

from replay.feed import Deliveries
from replay.log import Bools, ClickLog, Ints


class LookAheadError(RuntimeError):
    """A policy asked for what had not happened yet."""


@dataclass(frozen=True)
class Moment:
    """Clicks, and what had become of them."""

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
        self.past(end - 1)
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
            self.past(int(np.max(by)))
        return self.deliveries.known(rows, by)

    def converted(self, rows: Ints, by: Ints | int) -> Bools:
        """Return whether a conversion of each click had arrived by a moment, refunded or not, shape (len(rows),).

        Raises
        ------
        LookAheadError
            As `known`.
        """
        if len(rows):
            self.past(int(np.max(by)))
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
            self.past(int(arrivals.max()))
        return arrivals

    def conversions(self, start: int, end: int) -> tuple[Ints, Ints]:
        """Return the rows whose conversion arrives in [start, end), refunded or not, and when, by (arrival, row).

        Raises
        ------
        LookAheadError
            If `end` lies after the view's moment.
        """
        self.past(end - 1)
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
        self.past(end - 1)
        rows, arrivals = self.deliveries.refunds_in_order
        first, stop = np.searchsorted(arrivals, [start, end])
        return rows[first:stop], arrivals[first:stop]

    def true_label(self, rows: Ints) -> Bools:
        """Return whether clicks are positive in the end: convert inside the attribution window, now or later.

        Raises
        ------
        LookAheadError
            Unless the view was made with `future`.
        """
        self.foresees("true labels")
        return self.deliveries.label[rows]

    def past(self, moment: int) -> None:
        """Refuse to answer about a moment that is not past.

        Raises
        ------
        LookAheadError
        """
        if moment >= self.now:
            raise LookAheadError(f"asked for what is known at {moment} us, but it is only {self.now} us")

    def foresees(self, what: str) -> None:
        """Refuse to tell what lies in the future, unless the view was made with `future`.

        Raises
        ------
        LookAheadError
        """
        if not self.future:
            raise LookAheadError(f"{what} lie in the future; only a policy with looks_ahead = True may ask for them")
