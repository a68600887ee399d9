"""Metrics: pure functions of arrays, applied to what a run recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simulator.metrics.calibration import (
    calibration_ratio,
    calibration_ratio_from,
    ece,
    mean_prediction,
    mean_prediction_from,
)
from simulator.metrics.likelihood import brier, brier_from, nll, nll_from, normalized_entropy, normalized_entropy_from
from simulator.metrics.ranking import auc, pr_auc
from simulator.metrics.sums import Floats, Sums
from simulator.metrics.truth import bias, bias_from, logit_bias, logit_bias_from


@dataclass(frozen=True)
class Metric:
    """One metric: how it is computed, and how to read it."""

    name: str
    function: Callable[..., float]  # (label, p, weight=None), or (p, q, weight=None) where it needs the truth
    needs: Literal["label", "truth"]
    better: Literal["lower", "higher", "one", "zero", "neither"]
    description: str  # one line, for tables
    is_mean: bool  # whether windows may be averaged, weighted by clicks
    from_sums: Callable[[Sums], Floats] | None = None  # the same from sums over clicks; None if it needs their order


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "mean_prediction",
            mean_prediction,
            "label",
            "neither",
            "Mean prediction.",
            is_mean=True,
            from_sums=mean_prediction_from,
        ),
        Metric(
            "calibration_ratio",
            calibration_ratio,
            "label",
            "one",
            "Predicted conversions over observed conversions; above 1 predicts too many.",
            is_mean=False,
            from_sums=calibration_ratio_from,
        ),
        Metric(
            "nll", nll, "label", "lower", "Negative log-likelihood, nats per click.", is_mean=True, from_sums=nll_from
        ),
        Metric(
            "normalized_entropy",
            normalized_entropy,
            "label",
            "lower",
            "Negative log-likelihood over that of the observed rate as a constant; 1 is no better than the constant.",
            is_mean=False,
            from_sums=normalized_entropy_from,
        ),
        Metric("ece", ece, "label", "lower", "Mean distance of prediction and observed rate over bins.", is_mean=False),
        Metric(
            "brier",
            brier,
            "label",
            "lower",
            "Mean squared error of the prediction.",
            is_mean=True,
            from_sums=brier_from,
        ),
        Metric("auc", auc, "label", "higher", "Area under the ROC curve; 0.5 does not rank at all.", is_mean=False),
        Metric("pr_auc", pr_auc, "label", "higher", "Average precision.", is_mean=False),
        Metric(
            "bias",
            bias,
            "truth",
            "zero",
            "Mean of prediction minus true probability.",
            is_mean=True,
            from_sums=bias_from,
        ),
        Metric(
            "logit_bias",
            logit_bias,
            "truth",
            "zero",
            "Mean of logit(prediction) minus logit(true probability).",
            is_mean=True,
            from_sums=logit_bias_from,
        ),
    )
}
