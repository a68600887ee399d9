"""A grid's figures: lines where one axis touches a method, heat maps where two or more do."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.grid.rows import Row, Rows
from simulator.grid.words import cell_text, rank, value_text
from simulator.report import words
from simulator.report.axes import Figure, escaped, layout
from simulator.report.looks import Look
from simulator.report.sheet import Chart

METRICS = {"nll": "NLL", "calibration_ratio": "calibration ratio", "auc": "AUC"}
MOST_MAPS = 24  # heat maps of one metric
_COOL, _WARM = "0,103,165", "213,94,0"  # of style.css, light
_GOOD_TO_BAD = [[0, f"rgba({_COOL},0.55)"], [0.5, "rgba(128,128,128,0.08)"], [1, f"rgba({_WARM},0.55)"]]
_BAD_TO_GOOD = [[0, f"rgba({_WARM},0.55)"], [0.5, "rgba(128,128,128,0.08)"], [1, f"rgba({_COOL},0.55)"]]


def lines(found: Rows, axis: str, name: str, looks: Mapping[str, Look]) -> list[Chart]:
    """Return a chart per metric along an axis; methods that it does not touch lie level."""
    return [
        Chart(
            f"along-{metric}", f"{title} along {name}", _along(found, axis, name, metric, looks), 340, _caption(metric)
        )
        for metric, title in METRICS.items()
    ]


def _along(found: Rows, axis: str, name: str, metric: str, looks: Mapping[str, Look]) -> Figure:
    values = in_order({row.choice[axis] for row in found.rows if axis in row.choice} or [None])
    texts = [value_text(value) for value in values]
    traces = [_line(found, axis, metric, label, look, values) for label, look in looks.items()]
    shown = layout(_categories(texts, name), {"title": {"text": METRICS[metric], "font": {"size": 12.5}}})
    shown["hovermode"] = "x unified" if len(traces) <= 10 else "closest"
    if metric == "calibration_ratio":
        shown["yaxis"]["type"] = "log"
        across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "layer": "below"}
        shown["shapes"] = [{**across, "line": {"color": "var(--ink-2)", "width": 1.25}}]
    return {"data": traces, "layout": shown}


def _line(found: Rows, axis: str, metric: str, label: str, look: Look, values: Sequence[Any]) -> Figure:
    rows = [row for row in found.rows if row.method == label]
    by_value = {value_text(row.choice[axis]) if axis in row.choice else None: row for row in rows}
    cells = [_cell(by_value.get(value_text(value), by_value.get(None)), metric) for value in values]
    y = [cell["value"] for cell in cells]
    bars = [(cell["low"], cell["high"]) for cell in cells]
    return {
        "x": [value_text(value) for value in values],
        "y": y,
        "error_y": _bars(y, bars) | {"color": look.color, "thickness": 1.25, "width": 3},
        "mode": "lines+markers" if axis in found.touched[label] else "lines",
        "name": escaped(label),
        "meta": label,
        "line": {"color": look.color, "dash": look.dash, "width": 2},
        "marker": {"color": look.color, "symbol": look.marker, "size": 8},
    }


def _cell(row: Row | None, metric: str) -> Mapping[str, Any]:
    nothing: Mapping[str, Any] = {"value": None, "low": None, "high": None, "reason": "not run"}
    return nothing if row is None else row.metrics.get(metric, nothing)


def _bars(y: Sequence[float | None], bars: Sequence[tuple[float | None, float | None]]) -> Figure:
    def length(value: float | None, end: float | None) -> float:
        return 0.0 if value is None or end is None else abs(end - value)

    up = [length(value, high) for value, (_, high) in zip(y, bars, strict=True)]
    down = [length(value, low) for value, (low, _) in zip(y, bars, strict=True)]
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down}


def maps(found: Rows, label: str, names: Mapping[str, str], metric: str) -> list[Chart]:
    """Return heat maps of a metric of one method: one for every combination of the axes after its first two."""
    rows = [row for row in found.rows if row.method == label]
    across, up, *rest = found.touched[label]
    others = [in_order({row.choice[axis] for row in rows if _hashable(row.choice[axis])}) for axis in rest]
    charts = []
    scale = [row.metrics[metric]["value"] for row in rows if _cell(row, metric)["value"] is not None]
    for number, values in enumerate(itertools.islice(itertools.product(*others), MOST_MAPS)):
        fixed = dict(zip(rest, values, strict=True))
        these = [row for row in rows if fixed.items() <= dict(row.choice).items()]
        figure = _map(these, (across, up), names, metric, scale)
        title = f"{label}, {cell_text(fixed, names)}" if fixed else label
        charts.append(Chart(f"map-{metric}-{label}-{number}", title, figure, 300, METRICS[metric], label))
    return charts


def _map(
    rows: Sequence[Row], axes: tuple[str, str], names: Mapping[str, str], metric: str, scale: Sequence[float]
) -> Figure:
    x, y = (in_order({row.choice[axis] for row in rows}) for axis in axes)
    at = {(value_text(row.choice[axes[0]]), value_text(row.choice[axes[1]])): row for row in rows}
    cells = [[_cell(at.get((value_text(a), value_text(b))), metric)["value"] for a in x] for b in y]
    z = [[_height(value, metric) for value in line] for line in cells]
    trace = {
        "type": "heatmap",
        "x": [value_text(value) for value in x],
        "y": [value_text(value) for value in y],
        "z": z,
        "text": [[words.figure(value, metric) for value in line] for line in cells],
        "texttemplate": "%{text}" if len(x) <= 12 else "",
        "textfont": {"color": "var(--ink)"},
        "hovertemplate": f"{names[axes[0]]} %{{x}}<br>{names[axes[1]]} %{{y}}<br>%{{text}}<extra></extra>",
        "colorscale": _BAD_TO_GOOD if metric == "auc" else _GOOD_TO_BAD,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        **_ends(scale, metric),
    }
    plain = {"showgrid": False}
    frame = layout(_categories(trace["x"], names[axes[0]]) | plain, _categories(trace["y"], names[axes[1]]) | plain)
    frame["yaxis"]["title"]["standoff"] = 12
    return {"data": [trace], "layout": {**frame, "margin": {"l": 70, "r": 8, "t": 6, "b": 44}}}


def _height(value: float | None, metric: str) -> float | None:
    if value is None or metric != "calibration_ratio":
        return value
    return math.log(value) if value > 0 else None


def _ends(scale: Sequence[float], metric: str) -> Figure:
    """Return the ends of the colours: the same for all maps of a metric, and even around a calibration ratio of 1."""
    heights = [height for value in scale if (height := _height(value, metric)) is not None] or [0.0, 1.0]
    if metric != "calibration_ratio":
        return {"zmin": min(heights), "zmax": max(heights)}
    most = max(abs(height) for height in heights) or 1.0
    return {"zmin": -most, "zmax": most}


def _categories(texts: Sequence[str], title: str) -> Figure:
    named = {"title": {"text": escaped(title), "font": {"size": 12.5}}}
    return {"type": "category", "categoryorder": "array", "categoryarray": list(texts), **named}


def _caption(metric: str) -> str:
    if metric == "calibration_ratio":
        return "Predicted over observed conversions; at the line, 1, a method is calibrated on average."
    if metric == "nll":
        return "Nats per click, by mature labels; lower is better. Bars are 95 % intervals, by resampling days."
    return "Higher ranks better. A method can be far out of calibration and rank as well."


def _hashable(value: Any) -> bool:
    return not isinstance(value, list | dict)


def in_order(values: Any) -> list[Any]:
    """Return values by size, where they have one."""
    return sorted(values, key=lambda value: (isinstance(rank(value), str), rank(value)))
