"""Plotly figures as plain dicts: what the page draws, without plotly's Python half, which takes a second to import.

A colour is the name of a variable of style.css, such as ``var(--ink)``, which the page fills in for light or dark.
Every name goes through `escaped`, since Plotly reads texts as a small HTML.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulator.report import words
from simulator.report.axes import delay_axis, escaped, layout, rate_axis, ratio_axis, time_axis, value_axis

Figure = dict[str, Any]
Method = Mapping[str, Any]

FEW_POINTS = 60  # up to here every point has a marker, beyond only some
FEW_METHODS = 10  # beyond, one common hover box would hide the chart, and so would error bars


def charts(summary: Mapping[str, Any]) -> dict[str, Figure]:
    """Return the report's figures by name; a chart without a single point is left out.

    Parameters
    ----------
    summary : mapping
        What `simulator.report.summary.summarize` returned.

    Returns
    -------
    dict
        ``ratio``, ``nll``, ``reliability`` and ``delays``, each with ``data`` and ``layout``, and one ``seen-N`` for
        the Nth method.
    """
    figures = {"ratio": _ratio(summary), "nll": _nll(summary), "reliability": _reliability(summary)}
    figures |= {f"seen-{i}": _seen(summary, method) for i, method in enumerate(summary["methods"])}
    figures["delays"] = _delays(summary)
    return {name: figure for name, figure in figures.items() if figure and _has_points(figure)}


def _has_points(figure: Figure) -> bool:
    return any(value is not None for trace in figure["data"] for value in trace["y"])


def _ratio(summary: Mapping[str, Any]) -> Figure:
    curves = summary["curves"]
    traces = [_line(method, curves["true"][method["label"]], curves["window"]) for method in _with(summary, "true")]
    alarms = [
        _alarms(method, curves["true"][method["label"]]) for method in _with(summary, "true") if method.get("drift")
    ]
    axis = ratio_axis(_values(curves["true"].values(), since=summary["span"]["evaluate_from"]))
    axis["title"] = {"text": "predicted / observed conversions"}
    return {"data": traces + alarms, "layout": _over_time(summary, axis, traces, level=1)}


def _nll(summary: Mapping[str, Any]) -> Figure:
    curves = summary["curves"]
    traces = [_line(method, curves["nll"][method["label"]], curves["window"]) for method in _with(summary, "nll")]
    of = curves["nll_of"]
    title = f"NLL less that of {escaped(of)}" if of is not None else "NLL, nats per click"
    values = _values(curves["nll"].values(), since=summary["span"]["evaluate_from"])
    axis = value_axis(values, title, difference=of is not None)
    return {"data": traces, "layout": _over_time(summary, axis, traces, level=0 if of is not None else None)}


def _seen(summary: Mapping[str, Any], method: Method) -> Figure | None:
    """Return one method's ratio by mature labels and as a monitor of fresh labels had it; all on one scale."""
    curves, label = summary["curves"], method["label"]
    if label not in curves["as_seen"]:
        return None
    seen = _line(method, curves["as_seen"][label], curves["window"])
    seen |= {"name": "as seen then", "line": {"color": "var(--ink-2)", "dash": "dot", "width": 2}, "mode": "lines"}
    true = _line(method, curves["true"].get(label, {"time": [], "value": []}), curves["window"])
    true |= {"name": "true", "line": {"color": method["look"]["color"], "width": 2.5}, "mode": "lines"}
    both = [*curves["true"].values(), *curves["as_seen"].values()]
    shown = _over_time(
        summary, ratio_axis(_values(both, since=summary["span"]["evaluate_from"])), [seen, true], level=1
    )
    del shown["annotations"]
    shown |= {"margin": {"l": 44, "r": 8, "t": 6, "b": 26}, "hovermode": "x unified"}
    shown["xaxis"]["nticks"] = 4
    for trace in (seen, true):
        if _points(trace["y"]) == 1:
            trace["mode"] = "markers"
    return {"data": [seen, true], "layout": shown}


def _reliability(summary: Mapping[str, Any]) -> Figure:
    found = summary["reliability"]
    methods = [method for method in summary["methods"] if method["label"] in found]
    both = [value for one in found.values() for key in ("mean_prediction", "observed_rate") for value in one[key]]
    positive = [value for value in both if value]
    low, high = (min(positive) / 1.3, min(1.0, max(positive) * 1.3)) if positive else (0.01, 1.0)
    diagonal = {
        "x": [1e-6, 1],
        "y": [1e-6, 1],
        "mode": "lines",
        "line": {"color": "var(--ink-2)", "width": 1},
        "hoverinfo": "skip",
    }
    traces = [_bins(method, found[method["label"]], low, bars=len(methods) <= FEW_METHODS) for method in methods]
    shown = layout(rate_axis(low, high, "mean prediction"), rate_axis(low, high, "observed conversion rate"))
    return {"data": [diagonal, *traces] if traces else [], "layout": shown}


def _bins(method: Method, bins: Mapping[str, Any], floor: float, *, bars: bool) -> Figure:
    most = max((clicks or 0 for clicks in bins["clicks"]), default=0) or 1
    trace = {
        "x": bins["mean_prediction"],
        "y": bins["observed_rate"],
        "customdata": [words.count(clicks or 0) for clicks in bins["clicks"]],
        "mode": "lines+markers",
        "name": escaped(method["label"]),
        "meta": method["label"],
        "line": _stroke(method, 1.5),
        "marker": {**_marker(method), "size": [4 + 6 * math.sqrt((clicks or 0) / most) for clicks in bins["clicks"]]},
        "hovertemplate": "predicted %{x:.4f}, observed %{y:.4f}<br>%{customdata} clicks<extra>%{fullData.name}</extra>",
    }
    if bars:
        trace["error_y"] = _bars(bins, floor) | {"color": method["look"]["color"], "thickness": 1, "width": 0}
    return trace


def _bars(bins: Mapping[str, Any], floor: float) -> Figure:
    """Return intervals as Plotly's error bars, cut off where a logarithmic axis could not show them."""
    up, down = [], []
    for rate, low, high in zip(bins["observed_rate"], bins["low"], bins["high"], strict=True):
        there = None not in (rate, low, high)
        up.append(high - rate if there else 0)
        down.append(rate - max(low, min(floor, rate) / 2) if there else 0)
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down}


def _delays(summary: Mapping[str, Any]) -> Figure | None:
    found = summary["delays"]
    if found is None:
        return None
    share = {
        "x": [us / 1e6 for us in found["us"] if us > 0],
        "y": [part for part, us in zip(found["share"], found["us"], strict=True) if us > 0],
        "mode": "lines",
        "line": {"color": "var(--m0)", "width": 2.5},
        "fill": "tozeroy",
        "fillcolor": "var(--wash)",
        "customdata": [words.duration(us) for us in found["us"] if us > 0],
        "hovertemplate": "within %{customdata}: %{y:.1%}<extra></extra>",
    }
    marks = {
        "x": [use["us"] / 1e6 for use in found["windows"]],
        "y": [use["share"] for use in found["windows"]],
        "text": [f"{escaped(use['window'])}: {words.percent(use['share'])}" for use in found["windows"]],
        "textposition": ["top left" if use["share"] > 0.12 else "top right" for use in found["windows"]],
        "mode": "markers+text" if len(found["windows"]) <= FEW_METHODS else "markers",
        "marker": {
            "color": "var(--m1)",
            "size": 11,
            "symbol": "diamond",
            "line": {"color": "var(--card)", "width": 1.5},
        },
        "textfont": {"color": "var(--ink)", "size": 13},
        "hovertemplate": "%{text} of conversions<extra></extra>",
        "cliponaxis": False,
    }
    drops = [_segment(use["us"] / 1e6, use["share"]) for use in found["windows"]]
    axis = {"range": [0, 1.08], "tickformat": ".0%", "title": {"text": "share of conversions"}}
    shown = layout(delay_axis(share["x"] + marks["x"]), axis)
    return {"data": [share, marks], "layout": {**shown, "shapes": drops}}


def _segment(x: float, y: float) -> Figure:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": y,
        "line": {"color": "var(--m1)", "width": 1, "dash": "dot"},
    }


def _with(summary: Mapping[str, Any], curve: str) -> list[Method]:
    return [method for method in summary["methods"] if method["label"] in summary["curves"][curve]]


def _line(method: Method, points: Mapping[str, Sequence[Any]], window: int) -> Figure:
    trace = {
        "x": points["time"],
        "y": points["value"],
        "mode": "lines+markers",
        "name": escaped(method["label"]),
        "meta": method["label"],
        "line": _stroke(method, 2),
        "marker": _marker(method) | {"size": 7},
        "xperiod": window,
        "xperiodalignment": "middle",
    }
    if len(points["time"]) > FEW_POINTS:
        trace["marker"]["maxdisplayed"] = 14
    return trace


def _stroke(method: Method, width: float) -> Figure:
    return {"color": method["look"]["color"], "dash": method["look"]["dash"], "width": width}


def _marker(method: Method) -> Figure:
    return {"color": method["look"]["color"], "symbol": method["look"]["marker"]}


def _alarms(method: Method, points: Mapping[str, Sequence[Any]]) -> Figure:
    times = [alarm["time"] for alarm in method["drift"]]
    return {
        "x": times,
        "y": [_value_at(time, points) for time in times],
        "mode": "markers",
        "name": f"{escaped(method['label'])}: drift alarm",
        "meta": method["label"],
        "marker": {
            "symbol": "triangle-down",
            "size": 13,
            "color": "var(--alarm)",
            "line": {"color": method["look"]["color"], "width": 2},
        },
        "customdata": [[_change(alarm.get("before")), _change(alarm.get("after"))] for alarm in method["drift"]],
        "hovertemplate": "drift alarm: residual %{customdata[0]} to %{customdata[1]}",
        "cliponaxis": False,
    }


def _change(value: float | None) -> str:
    return words.figure(value, "bias")


def _value_at(time: int, points: Mapping[str, Sequence[Any]]) -> float:
    """Return the curve's height at a moment, so that the alarm sits on it; 1 where the curve has none."""
    before = [value for start, value in zip(points["time"], points["value"], strict=True) if start <= time and value]
    return before[-1] if before else 1.0


def _over_time(summary: Mapping[str, Any], axis: Figure, traces: Sequence[Figure], level: float | None) -> Figure:
    shown = layout(time_axis(summary["span"], traces), axis)
    shown["hovermode"] = "x unified" if len(traces) <= FEW_METHODS else "closest"
    shown["shapes"], shown["annotations"] = _warm_up(summary["span"])
    if level is not None:
        across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "layer": "below"}
        shown["shapes"].append({**across, "line": {"color": "var(--ink-2)", "width": 1.25}})
    return shown


def _warm_up(span: Mapping[str, int]) -> tuple[list[Figure], list[Figure]]:
    if span["evaluate_from"] <= span["first"]:
        return [], []
    box = {"x0": span["first"], "x1": span["evaluate_from"], "yref": "paper", "y0": 0, "y1": 1}
    shade = {"type": "rect", **box, "fillcolor": "var(--shade)", "line": {"width": 0}, "layer": "below"}
    text = {
        "text": "warm-up, not evaluated",
        "x": span["first"],
        "xanchor": "left",
        "yref": "paper",
        "y": 1,
        "yanchor": "top",
    }
    return [shade], [{**text, "showarrow": False, "font": {"size": 12, "color": "var(--ink-2)"}}]


def _values(curves: Iterable[Mapping[str, Sequence[Any]]], since: int) -> list[float]:
    """Return the values that decide an axis: those that count, or all if none counts."""
    points = [
        pair for curve in curves for pair in zip(curve["time"], curve["value"], strict=True) if pair[1] is not None
    ]
    counted = [value for time, value in points if time >= since]
    return sorted(counted or [value for _, value in points])


def _points(values: Sequence[Any]) -> int:
    return sum(value is not None for value in values)
