"""What the report says of predicted money: tables, and what its charts draw; nothing where no method predicts any."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.report import words
from simulator.report.coarser import coarser, width_for
from simulator.report.curves import PREDICTED, RECEIVED, VALUE_RATIO, Curve, Curves, Measured
from simulator.report.money_answer import money_answer
from simulator.report.money_tables import differences, gift_table, importance, money_table, stage_notes, value_segments

POINTS = 300  # of a curve over time

Method = Mapping[str, Any]


def money(run: Mapping[str, Any], measured: Measured, methods: Sequence[Method], since: int) -> dict[str, Any] | None:
    """Return everything about money, or None where no method predicts it.

    Parameters
    ----------
    run : mapping
        run.json.
    measured : Measured
    methods : sequence of dict
        All methods, as in the summary.
    since : int
        When clicks begin to count, us UTC.
    """
    kept = run.get("money")
    if not kept:
        return None
    some = [_method(run, kept["methods"][one["label"]], one) for one in methods if one["label"] in kept["methods"]]
    rows = [row for row in measured.overall if row["segment"] and row["metric"] == VALUE_RATIO]
    return {
        "alone": len(some) == len(methods),
        "answer": money_answer(some, kept["differences"], kept["received"]),
        "methods": some,
        "table": money_table(some),
        "gifts": gift_table(some),
        "differences": differences(some, kept["differences"]),
        "importance": importance(some),
        "stage_notes": stage_notes(some),
        "segments": value_segments(rows, [method["label"] for method in some]),
        "received": _received(kept["received"]),
        "gini": words.figure(some[0]["concentration"]["gini_received"], "gini"),
        "over_time": _over_time(measured.curves, [method["label"] for method in some], since),
    }


def _method(run: Mapping[str, Any], kept: Mapping[str, Any], method: Method) -> dict[str, Any]:
    first = method["metrics"].get("pr_auc", {})
    gini = kept["concentration"]["gini_predicted"]
    return {
        **method,
        **kept,
        "given": run["methods"][method["label"]].get("given", "click"),
        "base_rate": first["conversions"] / first["clicks"] if first.get("value") is not None else None,
        "gini": words.figure(gini, "gini") if gini is not None else "",
    }


def _received(found: Mapping[str, Any]) -> dict[str, str]:
    shares = {
        key: words.percent(found[key]) if found[key] is not None else words.NO_ANSWER for key in ("largest", "top1")
    }
    amounts = {key: words.figure(found[key], "money") for key in ("mean", "median")}
    counts = {key: words.count(found[key] or 0) for key in ("clicks", "gifts", "money", "effective")}
    resampled = "days" if found["resampled"] == "1d" else f"blocks of {found['resampled']}, days being too few"
    return {**counts, **shares, **amounts, "resampled": resampled}


def _over_time(curves: Curves, labels: Sequence[str], since: int) -> dict[str, Any]:
    """Return money by window, predicted and received, and their ratio; over longer windows where there are too many."""
    wanted = {
        key: curve.at(curve.start >= since)
        for key, curve in curves.items()
        if key[0] in labels and key[2] in (PREDICTED, RECEIVED)
    }
    width = width_for([curve for curve in wanted.values() if len(curve.start)], POINTS)
    shown = coarser(wanted, width) if width else wanted
    first = labels[0]
    money = {
        "received": _total(shown.get((first, "true", RECEIVED))),
        "as_seen": _total(shown.get((first, "as_seen", RECEIVED))),
    }
    ratios = {
        curve: {
            label: _ratio(shown.get((label, curve, PREDICTED)), shown.get((label, curve, RECEIVED))) for label in labels
        }
        for curve in ("true", "as_seen")
    }
    predicted = {label: _total(shown.get((label, "as_seen", PREDICTED))) for label in labels}
    lengths = [int(np.median(one.end - one.start)) for one in shown.values() if len(one.start)]
    return {**money, "predicted": predicted, "ratios": ratios, "window": (max(lengths, default=0)) // 1000}


def _total(curve: Curve | None) -> dict[str, list[Any]]:
    if curve is None:
        return {"time": [], "value": []}
    return _points(curve, curve.value * curve.clicks)


def _ratio(predicted: Curve | None, received: Curve | None) -> dict[str, list[Any]]:
    if predicted is None or received is None:
        return {"time": [], "value": []}
    above, below = predicted.value * predicted.clicks, received.value * received.clicks
    return _points(predicted, np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0))


def _points(curve: Curve, values: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, list[Any]]:
    there = [float(f"{value:.5g}") if np.isfinite(value) else None for value in values]
    return {"time": (curve.start // 1000).tolist(), "value": there}
