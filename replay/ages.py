"""Clicks as they grow old: when they reach an age, and what is known of them by then."""

import numpy as np

from replay.log import Bools, Ints
from replay.moment import Moment


class Ages(Moment):
    """The clicks that reach an age, at the feed's watermark or by now."""

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
        self.past(end - 1)
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
        self.past(end - 1)
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
        self.past(end - 1)
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


def in_order(rows: Ints, due: Ints) -> tuple[Ints, Ints]:
    """Return rows and when they are due, ordered by (due, row)."""
    if (rows[1:] > rows[:-1]).all() and (due[1:] >= due[:-1]).all():
        return rows, due
    order = np.lexsort((rows, due))
    return rows[order], due[order]
