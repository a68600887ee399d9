"""What a bidder did and believed, update by update: the material of every figure."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulator.market.estimators.base import Floats
from simulator.market.kernel import Ints, Went


class Belief(NamedTuple):
    """What was believed at one update, columns of shape (n_campaigns,), and the truth of it, known later."""

    now: int  # us UTC
    cost: Floats  # of the clicks looked back on
    estimate: Floats  # of their value; nan where nothing could be said
    truth: Floats  # that they brought in the end
    multiplier: Floats  # from now on


@dataclass(frozen=True)
class Diary:
    """The whole of one bidder's run."""

    beliefs: list[Belief]
    went: Ints  # shape (n_campaigns, len(Went)): auctions by what became of them
    spent: Ints  # shape (n_campaigns,): millionths, as the auctions counted

    @classmethod
    def empty(cls, n_campaigns: int) -> "Diary":
        """Return a diary without entries."""
        return cls([], np.zeros((n_campaigns, len(Went)), np.int64), np.zeros(n_campaigns, np.int64))

    def count(self, group: Ints, went: Ints, paid: Ints) -> None:
        """Enter some auctions; columns of shape (n_auctions,)."""
        kinds = len(Went)
        self.went[:] += np.bincount(group * kinds + went, minlength=self.went.size).reshape(self.went.shape)
        np.add.at(self.spent, group[paid > 0], paid[paid > 0])
