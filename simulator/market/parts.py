"""A bidder's series for one campaign, or for all of them together."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from simulator.market.auctions import Campaigns
from simulator.market.estimators.base import Floats
from simulator.market.kernel import Ints
from simulator.market.series import Series


class Part(NamedTuple):
    """Columns of shape (n_updates,)."""

    segment: str  # "campaign=NAME", or "" for all
    start: Ints  # us UTC
    end: Ints
    clicks: Floats
    cost: Floats
    value: Floats  # brought in the end
    expected: Floats  # expectation of that where the world knows it, else `value`
    worth: Floats  # target * expected
    believed_worth: Floats  # target * estimate, of the clicks looked back on; nan for no answer
    true_worth: Floats  # target * what those bring in the end
    looked_back_cost: Floats
    multiplier: Floats  # nan for several campaigns

    @property
    def ratio(self) -> Floats:
        """Cost over target * expected value; nan where there is none."""
        return divided(self.cost, self.worth)


def parts_of(series: Series, campaigns: Campaigns, column: str) -> Iterator[Part]:
    """Yield the part of all campaigns, then of each; with one campaign these are the same but for the segment."""
    target = campaigns.target
    believed = series.estimate * target
    said = np.isfinite(believed)
    whole = Part(
        "",
        series.start,
        series.end,
        series.clicks.sum(axis=1),
        series.cost.sum(axis=1),
        series.value.sum(axis=1),
        series.expected.sum(axis=1),
        (series.expected * target).sum(axis=1),
        np.where(said.any(axis=1), np.where(said, believed, 0.0).sum(axis=1), np.nan),
        np.where(said, series.truth * target, 0.0).sum(axis=1),
        np.where(said, series.looked_back_cost, 0.0).sum(axis=1),
        np.full(len(series.start), np.nan) if len(target) > 1 else series.multiplier[:, 0],
    )
    yield whole
    for number, name in enumerate(campaigns.names):
        clicks, cost, value, expected, back, _, truth, multiplier = (each[:, number] for each in series[2:])
        worth, own = expected * target[number], believed[:, number]
        yield Part(
            f"{column}={name}",
            series.start,
            series.end,
            clicks,
            cost,
            value,
            expected,
            worth,
            own,
            truth * target[number],
            back,
            multiplier,
        )


def divided(numerator: Floats, denominator: Floats) -> Floats:
    """Return a quotient, nan where the denominator is not above 0."""
    out = np.full(len(denominator), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out
