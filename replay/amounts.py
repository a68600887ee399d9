"""Money as it arrives, and what clicks have brought by then."""

import numpy as np

from replay.log import Ints
from replay.moment import Moment


class Amounts(Moment):
    """The amounts that count: of conversions and gifts inside the attribution window, less refunds inside it."""

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
        self.past(end - 1)
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
            self.past(int(np.max(by)))
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
        self.foresees("true values")
        which, index = self._outcomes_of(rows)
        counts = ~(self.deliveries.outside[index] | self.deliveries.repeat[index])
        return _total(which[counts], self.log.outcomes.amount[index[counts]], len(rows))

    def _outcomes_of(self, rows: Ints) -> tuple[Ints, Ints]:
        """Return the outcomes of some clicks: which of `rows` each belongs to, and its index."""
        first = np.searchsorted(self.log.outcomes.row, rows)
        size = np.searchsorted(self.log.outcomes.row, rows, side="right") - first
        which = np.repeat(np.arange(len(rows)), size)
        start = np.cumsum(size) - size
        return which, np.arange(len(which)) + (first - start)[which]


def _total(which: Ints, amounts: Ints, n: int) -> Ints:
    total = np.zeros(n, np.int64)
    np.add.at(total, which, amounts)
    return total
