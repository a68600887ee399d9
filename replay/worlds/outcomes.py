"""What comes of the clicks of a block of the synthetic world: conversions, gifts, refunds."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from replay.log import Floats, Ints, OutcomeKind
from replay.worlds.delays import Mixture
from replay.worlds.gifts import Gifts
from replay.worlds.refunds import Refunds

NEVER_COMES = 36_525 * 86_400_000_000  # us: a conversion later than a century after its click is none


class Came(NamedTuple):
    """Outcomes of the clicks of a block, sorted by row; columns of length n_outcomes."""

    row: Ints
    kind: NDArray[np.int8]
    time: Ints  # us UTC
    amount: Floats

    def behind(self, at: NDArray[np.intp], kind: OutcomeKind, time: Ints, amount: Floats) -> "Came":
        """Return these outcomes with others, each behind the one that it hangs on."""
        after = at + 1
        return Came(
            np.insert(self.row, after, self.row[at]),
            np.insert(self.kind, after, kind),
            np.insert(self.time, after, time),
            np.insert(self.amount, after, amount),
        )


def converted(
    rng: np.random.Generator, p: Floats, delay: Mixture, shift: Floats, slower: Floats | None, time: Ints
) -> Came:
    """Return the conversions of clicks that convert with probability p, at a delay that may be longer by a factor."""
    row = np.flatnonzero(rng.random(len(p)) < p)
    drawn = delay.draw(rng, shift[row])
    if slower is not None:
        drawn *= slower[row]
    row, drawn = row[drawn < NEVER_COMES], drawn[drawn < NEVER_COMES]
    kind, amount = np.full(len(row), OutcomeKind.CONVERSION, np.int8), np.zeros(len(row))
    return Came(row, kind, time[row] + drawn.astype(np.int64), amount)


def with_gifts(rng: np.random.Generator, came: Came, gifts: Gifts) -> Came:
    """Return conversions with the gifts that some of them bring, each behind its conversion, at its time."""
    giving, amount = gifts.draw(rng, len(came.row))
    return came.behind(giving, OutcomeKind.GIFT, came.time[giving], amount)


def with_refunds(rng: np.random.Generator, came: Came, refunds: Refunds, kind: OutcomeKind) -> Came:
    """Return outcomes with the refunds of some outcomes of a kind."""
    gifts = np.flatnonzero(came.kind == kind)
    taken, later = refunds.draw(rng, len(gifts))
    given = gifts[taken]
    return came.behind(given, OutcomeKind.REFUND, came.time[given] + later.astype(np.int64), came.amount[given])
