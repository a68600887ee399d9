"""Metrics of money: how well expected value is predicted, of all clicks and of those that brought any.

A metric's name ends in what it is about: all clicks where it has no ending; ``_gifts`` is what is served, judged on the
clicks that brought money; ``_amount`` is the method's own model of a gift's amount, the second of two stages, judged on
the same clicks.  So no figure on gifts can be mistaken for one on clicks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from simulator.metrics.sums import Floats, ratio
from simulator.metrics.value.concentration import effective_number
from simulator.metrics.value.order import Order
from simulator.metrics.value.ranking import NDCG_AT, ndcg_of, spearman_of, top_overlap_of, top_value_share_of
from simulator.metrics.value.sums import ValueSums

PERCENTS = (1, 5, 10)
About = Literal["clicks", "gifts", "amount"]
ENDINGS: Mapping[About, str] = {"clicks": "", "gifts": "_gifts", "amount": "_amount"}


@dataclass(frozen=True)
class ValueMetric:
    """One metric of money: what it is about, how it is made, and how to read it."""

    name: str
    about: About
    better: Literal["lower", "higher", "one", "zero", "neither"]
    description: str  # one line, for tables
    part: Callable[[ValueSums], Floats] | None = None  # made of sums: part over whole
    whole: Callable[[ValueSums], Floats] | None = None
    kind: Literal["ratio", "mean", "root", "rank", "other"] = "rank"
    of_order: Callable[[Order], float] | None = None  # made of the order of clicks
    truth: bool = False  # whether it needs the true expected money

    def from_sums(self, sums: ValueSums) -> Floats:
        """Return it from sums over clicks; nan where they give no answer."""
        if self.part is None or self.whole is None:
            raise TypeError(f"{self.name} is not made of sums")
        if self.kind == "other":
            return effective_number(self.part(sums), self.whole(sums))
        found = ratio(self.part(sums), self.whole(sums))
        return np.sqrt(found) if self.kind == "root" else found


def _sum(name: str) -> Callable[[ValueSums], Floats]:
    return partial(_field, name)


def _field(name: str, sums: ValueSums) -> Floats:
    return np.asarray(getattr(sums, name))


def _over(sums: ValueSums) -> Floats:
    return np.asarray(sums.predicted - sums.truth)


_GIFTS = {"clicks": "", "gifts": " On clicks that brought money.", "amount": " The amount stage, on gifts."}


def _of_clicks() -> tuple[ValueMetric, ...]:
    clicks = _sum("clicks")
    return (
        ValueMetric("mean_value", "clicks", "neither", "Mean predicted money.", _sum("predicted"), clicks, "mean"),
        ValueMetric("mean_received", "clicks", "neither", "Mean received money.", _sum("received"), clicks, "mean"),
        ValueMetric(
            "value_ratio",
            "clicks",
            "one",
            "Predicted money over received money; above 1 predicts too much.",
            _sum("predicted"),
            _sum("received"),
            "ratio",
        ),
        ValueMetric(
            "expected_value_ratio",
            "clicks",
            "one",
            "Predicted money over true expected money, in a synthetic world: no luck of the draw in it.",
            _sum("predicted"),
            _sum("truth"),
            "ratio",
            truth=True,
        ),
        ValueMetric(
            "value_bias",
            "clicks",
            "zero",
            "Mean of predicted minus true expected money.",
            _over,
            clicks,
            "mean",
            truth=True,
        ),
        ValueMetric(
            "mae_log",
            "clicks",
            "lower",
            "Mean absolute error of log(1 + money); best at a median, hence for predicting nothing.",
            _sum("abs_log"),
            clicks,
            "mean",
        ),
        ValueMetric(
            "rmse_log",
            "clicks",
            "lower",
            "Root mean squared error of log(1 + money); best at a geometric mean, below the expected money.",
            _sum("square_log"),
            clicks,
            "root",
        ),
        ValueMetric(
            "poisson_deviance",
            "clicks",
            "lower",
            "Mean Poisson deviance; best at the expected money.",
            _sum("poisson"),
            clicks,
            "mean",
        ),
        ValueMetric(
            "tweedie_deviance",
            "clicks",
            "lower",
            "Mean Tweedie deviance of power 1.5; best at the expected money, and less ruled by large gifts.",
            _sum("tweedie"),
            clicks,
            "mean",
        ),
        ValueMetric(
            "effective_gifts",
            "clicks",
            "neither",
            "How many gifts of one size would tell as much: (sum of money)^2 over the sum of its squares.",
            _sum("received"),
            _sum("squares"),
            "other",
        ),
    )


def _of_gifts(about: About) -> tuple[ValueMetric, ...]:
    end, said, gifts = ENDINGS[about], _GIFTS[about], _sum("gifts")
    return (
        ValueMetric(
            f"value_ratio{end}",
            about,
            "one",
            f"Predicted money over received money.{said}",
            _sum(f"{about}_predicted"),
            _sum("gifts_received"),
            "ratio",
        ),
        ValueMetric(
            f"mae_log{end}",
            about,
            "lower",
            f"Mean absolute error of log(1 + money).{said}",
            _sum(f"{about}_abs_log"),
            gifts,
            "mean",
        ),
        ValueMetric(
            f"rmse_log{end}",
            about,
            "lower",
            f"Root mean squared error of log(1 + money).{said}",
            _sum(f"{about}_square_log"),
            gifts,
            "root",
        ),
        ValueMetric(
            f"gamma_deviance{end}",
            about,
            "lower",
            f"Mean Gamma deviance; best at the expected money.{said}",
            _sum(f"{about}_gamma"),
            gifts,
            "mean",
        ),
    )


def _of_order(about: About) -> tuple[ValueMetric, ...]:
    end, said = ENDINGS[about], _GIFTS[about]

    def ranked(name: str, description: str, of_order: Callable[[Order], float]) -> ValueMetric:
        return ValueMetric(f"{name}{end}", about, "higher", f"{description}{said}", of_order=of_order)

    overlaps = (
        ranked(
            f"top{percent}_overlap",
            f"What the top {percent} % by prediction and by money have in common.",
            partial(top_overlap_of, percent=percent),
        )
        for percent in PERCENTS
    )
    shares = (
        ranked(
            f"top{percent}_value_share",
            f"Share of all money that the top {percent} % by prediction bring.",
            partial(top_value_share_of, percent=percent),
        )
        for percent in PERCENTS
    )
    return (
        ranked("spearman", "Spearman's correlation of the ranks of predicted and received money.", spearman_of),
        *overlaps,
        *shares,
        ranked(f"ndcg_{NDCG_AT}", f"Normalized discounted gain of the first {NDCG_AT}; gain is money.", ndcg_of),
    )


VALUE_METRICS: dict[str, ValueMetric] = {
    metric.name: metric
    for metric in (
        *_of_clicks(),
        *_of_order("clicks"),
        *_of_gifts("gifts"),
        *_of_order("gifts"),
        *_of_gifts("amount"),
        *_of_order("amount"),
    )
}
