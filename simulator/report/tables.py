"""The overall table and the segments, ready to be printed."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from simulator.report import words

MOST_SEGMENTS = 30
UNKNOWN_TRUTH = "truth unknown"  # the reason of metrics that only synthetic worlds have


class Column(NamedTuple):
    """One column of the overall table."""

    key: str
    head: str
    about: str
    goal: str  # "one", "zero", "low", "high": what is best; "" if nothing is


COLUMNS = (
    Column("calibration_ratio", "Calibration ratio", "predicted over observed conversions; 1 is calibrated", "one"),
    Column("nll", "NLL", "mean negative log-likelihood of mature labels, nats per click; lower is better", "low"),
    Column("normalized_entropy", "NE", "normalized entropy: NLL over that of a constant guess; lower is better", "low"),
    Column("ece", "ECE", "expected calibration error over equal-count bins; lower is better", "low"),
    Column("brier", "Brier", "mean squared error of the probability; lower is better", "low"),
    Column("auc", "AUC", "area under the ROC curve; higher is better", "high"),
    Column("pr_auc", "PR-AUC", "area under the precision-recall curve; higher is better", "high"),
    Column("bias", "Bias", "mean of prediction less true probability; 0 is best", "zero"),
    Column("logit_bias", "Logit bias", "mean of the logit less that of the true probability; 0 is best", "zero"),
    Column("missed", "Missed", "conversions never shown to the learner", ""),
    Column("alarms", "Drift alarms", "how often the alarm on matured residuals rang", ""),
    Column("per_click", "Examples per click", "examples shown to the learner over clicks in the log", ""),
)


def overall_table(methods: Sequence[Mapping[str, Any]], clicks: int) -> dict[str, Any]:
    """Return columns, rows of cells and footnotes; a column that no method has is left out.

    A cell has ``text``, ``sort`` (a number or None), ``interval``, ``why`` (the reason if the answer or its interval is
    missing) and ``best``.  The bound is no rival: it is never marked.
    """
    grid: list[dict[str, dict[str, Any]]] = [
        {**metric_cells(method["metrics"]), **_counts(method, clicks)} for method in methods
    ]
    columns = [column for column in COLUMNS if any(_has_sense(row.get(column.key)) for row in grid)]
    for column in columns:
        rivals = [
            row[column.key]
            for row, method in zip(grid, methods, strict=True)
            if not method["bound"] and column.key in row
        ]
        mark_best(rivals, column.goal)
    empty = _cell(None, words.NO_ANSWER)
    cells = [[row.get(column.key, empty) for column in columns] for row in grid]
    rows = [{"method": method, "cells": row} for method, row in zip(methods, cells, strict=True)]
    reasons = sorted({cell["why"] for row in cells for cell in row if cell["why"]})
    return {"columns": [column._asdict() for column in columns], "rows": rows, "reasons": reasons}


def _has_sense(cell: Mapping[str, Any] | None) -> bool:
    return cell is not None and cell["why"] != UNKNOWN_TRUTH


def _cell(sort: float | None, text: str, interval: str = "", why: str = "") -> dict[str, Any]:
    return {"sort": sort, "text": text, "interval": interval, "why": why, "best": False}


def metric_cells(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a cell for each metric of a method."""
    cells = {}
    for metric, found in metrics.items():
        why = words.reason(found["reason"] or ("no answer" if found["value"] is None else ""))
        cells[metric] = _cell(found["value"], words.figure(found["value"], metric), _interval(found, metric), why)
    return cells


def _counts(method: Mapping[str, Any], clicks: int) -> dict[str, dict[str, Any]]:
    cells = {}
    if method["missed"] is not None:
        cells["missed"] = _cell(method["missed"], words.count(method["missed"]))
    if "drift" in method:
        cells["alarms"] = _cell(len(method["drift"]), words.count(len(method["drift"])))
    if method["examples"] is not None and clicks:
        cells["per_click"] = _cell(method["examples"] / clicks, f"{method['examples'] / clicks:.2f}")
    return cells


_DISTANCE: Mapping[str, Callable[[float], float]] = {  # from what is best
    "one": lambda value: abs(math.log(value)) if value > 0 else math.inf,
    "zero": abs,
    "low": lambda value: value,
    "high": lambda value: -value,
}


def mark_best(cells: Sequence[dict[str, Any]], goal: str) -> None:
    """Mark the best of some cells, all that read the same; none where nothing is best."""
    there = [cell for cell in cells if cell["sort"] is not None]
    if not goal or len(there) < 2:
        return
    best = min(there, key=lambda cell: _DISTANCE[goal](cell["sort"]))
    level = [cell for cell in there if cell["text"] == best["text"]]
    for cell in level if len(level) < len(there) else []:
        cell["best"] = True


def segment_tables(rows: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return one table per segment column: calibration ratio by segment and method, segments with most clicks first.

    Parameters
    ----------
    rows : sequence of dict
        Rows of metrics.parquet of the whole run with a segment such as ``campaign=spring``.
    labels : sequence of str
        Methods, in the order of the table's columns.
    """
    fields: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
    for row in rows:
        field, _, value = row["segment"].partition("=")
        fields.setdefault(field, {}).setdefault(value, {})[row["method"]] = row
    return [_segments(field, values, labels) for field, values in fields.items()]


def _segments(
    field: str, values: Mapping[str, Mapping[str, Mapping[str, Any]]], labels: Sequence[str]
) -> dict[str, Any]:
    clicks = {value: max(row["clicks"] or 0 for row in by_method.values()) for value, by_method in values.items()}
    largest = sorted(values, key=lambda value: (-clicks[value], value))[:MOST_SEGMENTS]
    rows = [
        {
            "value": value,
            "clicks": words.count(clicks[value]),
            "cells": [_heat(values[value].get(label)) for label in labels],
        }
        for value in largest
    ]
    return {"field": field, "rows": rows, "left_out": len(values) - len(largest)}


def _heat(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a cell with its shade: -3 far too few predicted, 0 about right or maybe chance, 3 far too many."""
    ratio = row["value"] if row else None
    text = words.figure(ratio, "segment")
    if row is None or ratio is None or not ratio > 0:
        return {
            "text": text,
            "shade": None,
            "title": f"no answer: {words.reason((row and row['reason']) or 'no clicks')}",
        }
    conversions = row["conversions"] or 0
    title = f"{words.count(row['clicks'] or 0)} clicks, {words.count(conversions)} conversions"
    distance = abs(math.log(ratio))
    if not conversions or distance < 2 / math.sqrt(conversions):  # two standard errors, were conversions independent
        return {"text": text, "shade": 0, "title": title}
    steps = sum(distance > math.log(limit) for limit in (1.1, 1.25, 1.6))
    return {"text": text, "shade": steps if ratio > 1 else -steps, "title": title}


def _interval(found: Mapping[str, Any], metric: str) -> str:
    if None in (found["low"], found["high"]):
        return ""
    return words.interval(found["low"], found["high"], metric)
