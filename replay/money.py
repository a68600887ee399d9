"""What clicks came to."""

import numpy as np

from replay.feed import Deliveries
from replay.log import ClickLog, Ints


def money(log: ClickLog, deliveries: Deliveries, first: int, stop: int) -> Ints:
    """Return the money of the clicks of rows [first, stop) inside the attribution window, millionths, now or later.

    Conversions count once, gifts add up, refunds inside the window take back.
    """
    start, end = np.searchsorted(log.outcomes.row, [first, stop])
    counts = ~(deliveries.outside[start:end] | deliveries.repeat[start:end])
    total = np.zeros(stop - first, np.int64)
    np.add.at(total, log.outcomes.row[start:end][counts] - first, log.outcomes.amount[start:end][counts])
    return total
