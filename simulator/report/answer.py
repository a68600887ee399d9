"""The run's answer in a few careful sentences."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from simulator.report import words
from simulator.report.curves import Curve

DAY = 86_400_000_000
FEWEST_DAYS = 5  # below, a standard error over days says nothing


class Difference(NamedTuple):
    """How far two methods are apart on the same clicks."""

    mean: float
    half: float  # of a 95 % interval, from day to day

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves out 0."""
        return abs(self.mean) > self.half


def paired_difference(a: Curve, b: Curve) -> Difference | None:
    """Return the mean of a - b over the same windows, by clicks, with its interval from the differences between days.

    The metric must be a mean over clicks, as NLL is.  Days in common make both methods better or worse alike, so that
    this tells more apart than two intervals laid side by side.  None with fewer than five days in common.
    """
    _, at_a, at_b = np.intersect1d(a.start, b.start, return_indices=True)
    difference, clicks = a.value[at_a] - b.value[at_b], a.clicks[at_a]
    there = np.isfinite(difference) & (clicks > 0)
    difference, clicks = difference[there], clicks[there]
    days, day = np.unique(a.start[at_a][there] // DAY, return_inverse=True)
    if len(days) < FEWEST_DAYS:
        return None
    mean = float(np.average(difference, weights=clicks))
    by_day = np.bincount(day, clicks * (difference - mean))
    error = math.sqrt(len(days) / (len(days) - 1) * float(by_day @ by_day)) / float(clicks.sum())
    return Difference(mean, _t(len(days) - 1) * error)


def _t(freedom: int) -> float:
    """Return Student's 97.5 % point (Cornish-Fisher expansion; within 1 % from 5 degrees of freedom)."""
    return 1.95996 + 2.37228 / freedom + 2.8225 / freedom**2


def answer(methods: Sequence[Mapping[str, Any]], nll: Mapping[str, Curve]) -> dict[str, Any]:
    """Return the lead sentence and a few more.

    Parameters
    ----------
    methods : sequence of dict
        As in the summary: ``label``, ``bound``, ``metrics``, ``as_seen`` and ``drift``.
    nll : mapping of label to Curve
        NLL of mature labels, by window, where clicks count.
    """
    rivals = sorted(
        (m for m in methods if not m["bound"] and _value(m, "nll") is not None),
        key=lambda m: m["metrics"]["nll"]["value"],
    )
    if not rivals:
        return {"lead": _nothing(methods), "more": []}
    best = rivals[0]
    lead = f"Lowest NLL: {best['label']} ({_with_interval(best, 'nll')})"
    bound = next((m for m in methods if m["bound"] and _value(m, "nll") is not None), None)
    if bound:
        lead += f", {_apart(best, bound, nll)}"
    more = [_runners_up(best, rivals[1:], nll), *_calibration(best, rivals), _as_seen(best), _alarms(methods)]
    return {"lead": f"{lead}.", "more": [sentence for sentence in more if sentence]}


def _value(method: Mapping[str, Any], metric: str) -> float | None:
    value: float | None = method["metrics"].get(metric, {}).get("value")
    return value


def _nothing(methods: Sequence[Mapping[str, Any]]) -> str:
    reasons = [method["metrics"].get("nll", {}).get("reason") for method in methods if not method["bound"]]
    because = next((words.reason(reason) for reason in reasons if reason), "no method was measured")
    return f"This run cannot rank its methods: {because}."


def _with_interval(method: Mapping[str, Any], metric: str) -> str:
    cell = method["metrics"][metric]
    text = words.figure(cell["value"], metric)
    if cell["low"] is None or cell["high"] is None:
        return text
    return f"{text}, interval {words.figure(cell['low'], metric)} to {words.figure(cell['high'], metric)}"


def _apart(a: Mapping[str, Any], b: Mapping[str, Any], nll: Mapping[str, Curve]) -> str:
    """Return where a's NLL stands to b's, and whether this run can tell."""
    name = b["label"]
    paired = paired_difference(nll[a["label"]], nll[name]) if a["label"] in nll and name in nll else None
    if paired is None:
        return _side_by_side(a, b)
    text = f"{words.figure(abs(paired.mean), 'nll')} \u00b1 {words.figure(paired.half, 'nll')}"
    if not paired.told_apart:
        return f"which this run cannot tell from {name} (difference by day {text})"
    return f"{text} {'above' if paired.mean > 0 else 'below'} {name}"


def _side_by_side(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    first, second = a["metrics"]["nll"], b["metrics"]["nll"]
    text = f"{b['label']} has {words.figure(second['value'], 'nll')}"
    if None in (first["low"], first["high"], second["low"], second["high"]):
        return f"{text}; without intervals, whether they differ is not known"
    overlap = first["low"] <= second["high"] and second["low"] <= first["high"]
    return f"{text}; their intervals {'overlap, so the order may be chance' if overlap else 'are apart'}"


def _runners_up(best: Mapping[str, Any], others: Sequence[Mapping[str, Any]], nll: Mapping[str, Curve]) -> str | None:
    if not others:
        return None
    level = [other["label"] for other in others if not _told_apart(best, other, nll)]
    if level:
        return f"NLL alone cannot tell {words.listing([best['label'], *level])} apart in this run."
    return f"Next is {others[0]['label']}: {best['label']} is {_apart(best, others[0], nll)}."


def _told_apart(a: Mapping[str, Any], b: Mapping[str, Any], nll: Mapping[str, Curve]) -> bool:
    paired = paired_difference(nll[a["label"]], nll[b["label"]]) if a["label"] in nll and b["label"] in nll else None
    if paired is not None:
        return paired.told_apart
    first, second = a["metrics"]["nll"], b["metrics"]["nll"]
    if None in (first["high"], second["low"]):
        return False
    return bool(first["high"] < second["low"])


def _calibration(best: Mapping[str, Any], rivals: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a sentence on the best method's calibration, and one on the method furthest off."""
    sentences = []
    if _value(best, "calibration_ratio"):
        sentences.append(_ratio(best))
    measured = [method for method in rivals if _value(method, "calibration_ratio")]
    if len(measured) > 1:
        worst = max(measured, key=lambda method: abs(math.log(method["metrics"]["calibration_ratio"]["value"])))
        if worst is not best:
            sentences.append(_ratio(worst))
    return sentences


def _ratio(method: Mapping[str, Any]) -> str:
    cell = method["metrics"]["calibration_ratio"]
    said = f"{method['label']} predicts {words.predicted_against_happened(cell['value'])}"
    interval = f"(calibration ratio {_with_interval(method, 'calibration_ratio')})"
    if cell["low"] is not None and cell["high"] is not None and cell["low"] <= 1 <= cell["high"]:
        return f"{said}, which may be chance {interval}."
    return f"{said} {interval}."


def _as_seen(best: Mapping[str, Any]) -> str | None:
    seen, true = best["as_seen"], _value(best, "calibration_ratio")
    if not seen or not true or abs(math.log(seen / true)) < math.log(1.05):
        return None
    both = f"{words.figure(seen, 'calibration_ratio')} instead of {words.figure(true, 'calibration_ratio')}"
    return f"A monitor of fresh labels would have shown {best['label']} at a calibration ratio of {both}."


def _alarms(methods: Sequence[Mapping[str, Any]]) -> str | None:
    if not any("drift" in method for method in methods):
        return None
    rang = [f"{method['label']} ({len(method['drift'])})" for method in methods if method.get("drift")]
    return f"Drift alarms rang for {words.listing(rang)}." if rang else "No drift alarm rang."
