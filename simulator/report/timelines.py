"""The figures over time: calibration ratio, NLL, and what a monitor of fresh labels would have shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from simulator.report import words
from simulator.report.axes import Figure, escaped, layout, ratio_axis, time_axis, value_axis
from simulator.report.happenings import draw

Method = Mapping[str, Any]

FEW_POINTS = 60  # up to here every point has a marker, beyond only some
FEW_METHODS = 10  # beyond, one common hover box would hide the chart, and so would error bars

TOOLS = 110  # pixels that Plotly's tools take, above the chart's right end


def ratio(summary: Mapping[str, Any]) -> Figure:
    """Return the calibration ratio of all methods by mature labels, with their drift alarms."""
    curves, window = summary["curves"]["large"]["ratio"], summary["curves"]["large"]["window"]
    methods = [method for method in summary["methods"] if method["label"] in curves]
    lines = [_line(method, curves[method["label"]], window) for method in methods]
    alarmed = [method for method in methods if method.get("drift") and _has_points(curves[method["label"]])]
    alarms = [_alarms(method, curves[method["label"]], window) for method in alarmed]
    axis = ratio_axis(_counted(curves.values(), summary), "predicted / observed conversions")
    return {"data": lines + alarms, "layout": _frame(summary, axis, lines, level=1), **_refit(summary)}


def _has_points(points: Mapping[str, Sequence[Any]]) -> bool:
    return any(value is not None for value in points["value"])


def nll(summary: Mapping[str, Any]) -> Figure:
    """Return the NLL of all methods, as the difference to the bound where there is one."""
    curves, window = summary["curves"]["large"]["nll"], summary["curves"]["large"]["window"]
    methods = [method for method in summary["methods"] if method["label"] in curves]
    lines = [_line(method, curves[method["label"]], window) for method in methods]
    bound = summary["curves"]["nll_of"]
    title = "NLL, nats per click" if bound is None else f"NLL less that of {escaped(bound)}"
    axis = value_axis(_counted(curves.values(), summary), title, difference=bound is not None)
    frame = _frame(summary, axis, lines, level=None if bound is None else 0)
    return {"data": lines, "layout": frame, **_refit(summary)}


def seen(summary: Mapping[str, Any], method: Method) -> Figure:
    """Return one method's ratio by mature labels and as a monitor of fresh labels had it; one scale for all methods."""
    curves, label = summary["curves"]["small"], method["label"]
    if label not in curves["as_seen"]:
        return {"data": []}
    fresh = _line(method, curves["as_seen"][label], curves["window"])
    fresh |= {"name": "as seen then", "line": {"color": "var(--ink-2)", "dash": "dot", "width": 2}}
    fresh["marker"] |= {"color": "var(--ink-2)", "symbol": "circle-open"}
    true = _line(method, curves["true"].get(label, {"time": [], "value": []}), curves["window"])
    true |= {"name": "true", "line": {"color": method["look"]["color"], "width": 2.5}}
    for line in (fresh, true):
        line["mode"] = "lines" if sum(value is not None for value in line["y"]) > 1 else "markers"
    axis = ratio_axis(_counted([*curves["true"].values(), *curves["as_seen"].values()], summary), most_ticks=5)
    frame = _frame(summary, axis, [fresh, true], level=1)
    frame["xaxis"]["nticks"] = 4
    return {"data": [fresh, true], "layout": {**frame, "annotations": [], "margin": {"l": 40, "r": 6, "t": 6, "b": 26}}}


def _refit(summary: Mapping[str, Any]) -> Figure:
    """Return from when on values count, for the page to fit the axis to what is left when methods are hidden."""
    return {"since": summary["span"]["evaluate_from"]}


def _line(method: Method, points: Mapping[str, Sequence[Any]], window: int) -> Figure:
    look = method["look"]
    marker = {"color": look["color"], "symbol": look["marker"], "size": 7}
    if len(points["time"]) > FEW_POINTS:
        marker["maxdisplayed"] = 14
    return {
        "x": points["time"],
        "y": points["value"],
        "mode": "lines+markers",
        "name": escaped(method["label"]),
        "meta": method["label"],
        "line": {
            "color": look["color"],
            "dash": look["dash"],
            "width": 2 if len(points["time"]) <= FEW_POINTS else 1.5,
        },
        "marker": marker,
        "xperiod": window,
        "xperiodalignment": "middle",
    }


def _alarms(method: Method, points: Mapping[str, Sequence[Any]], window: int) -> Figure:
    times = [alarm["time"] for alarm in method["drift"]]
    edge = {"color": method["look"]["color"], "width": 2}
    return {
        "x": times,
        "y": [_height(time, points, window) for time in times],
        "mode": "markers",
        "name": f"{escaped(method['label'])}: drift alarm",
        "meta": method["label"],
        "marker": {"symbol": "triangle-down", "size": 13, "color": "var(--alarm)", "line": edge},
        "customdata": [
            [words.figure(alarm.get(key), "bias") for key in ("before", "after")] for alarm in method["drift"]
        ],
        "hovertemplate": "residual %{customdata[0]} to %{customdata[1]}",
        "cliponaxis": False,
    }


def _height(time: int, points: Mapping[str, Sequence[Any]], window: int) -> float:
    """Return where the curve is at a moment, so that the alarm sits on it."""
    there = [(start, value) for start, value in zip(points["time"], points["value"], strict=True) if value is not None]
    middle = [start + window / 2 for start, _ in there]
    return round(float(np.interp(time, middle, [value for _, value in there])), 5)


def _frame(summary: Mapping[str, Any], axis: Figure, lines: Sequence[Figure], level: float | None) -> Figure:
    """Return a layout over time, with what does not count shaded and a line across at `level`."""
    span = summary["span"]
    frame = layout(time_axis(span, lines), axis)
    frame |= {"shapes": [], "annotations": []}
    frame["hovermode"] = "x unified" if len(lines) <= FEW_METHODS else "closest"
    first, last = frame["xaxis"]["range"]
    ripe, width = max(span["mature"], span["evaluate_from"]), last - first
    if span["evaluate_from"] - first > width / 50:
        place = {"x": first, "xanchor": "left", "yanchor": "bottom"}
        _shade(frame, first, span["evaluate_from"], "warm-up, not evaluated", place)
    if last - ripe > width / 50:
        inside = last - ripe > width / 6
        place = {"yanchor": "top"} if inside else {"yanchor": "bottom", "xshift": -TOOLS}
        _shade(frame, ripe, last, "labels not mature yet", {"x": last, "xanchor": "right", **place})
    draw(frame, summary.get("marks", ()))
    if level is not None:
        across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "layer": "below"}
        frame["shapes"].append({**across, "line": {"color": "var(--ink-2)", "width": 1.25}})
    return frame


def _shade(frame: Figure, start: int, end: int, text: str, place: Figure) -> None:
    box = {"type": "rect", "x0": start, "x1": end, "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    frame["shapes"].append({**box, "fillcolor": "var(--shade)", "line": {"width": 0}})
    note = {"text": text, "yref": "paper", "y": 1, "showarrow": False, "font": {"size": 12, "color": "var(--ink-2)"}}
    frame["annotations"].append(note | place)


def _counted(curves: Iterable[Mapping[str, Sequence[Any]]], summary: Mapping[str, Any]) -> list[float]:
    """Return the values that decide an axis, increasing: those of the evaluated windows, or all if there are none."""
    points = [
        pair for curve in curves for pair in zip(curve["time"], curve["value"], strict=True) if pair[1] is not None
    ]
    counted = [value for time, value in points if time >= summary["span"]["evaluate_from"]]
    return sorted(counted or [value for _, value in points])
