"""Plotly figures as plain dicts: what the page draws, without plotly's Python half, which is slow to import.

A colour is the name of a variable of style.css, such as ``var(--ink)``, which the page fills in for light or dark.
Every name goes through `escaped`, since Plotly reads texts as a small HTML.
"""

from collections.abc import Mapping
from typing import Any

from simulator.report import words
from simulator.report.axes import Figure, delay_axis, escaped, layout, rate_axis, share_axis
from simulator.report.money_charts import money_charts
from simulator.report.sensitivity_chart import sensitivity_charts
from simulator.report.timelines import FEW_METHODS, Method, nll, ratio, seen

HARDLY_ANY = 0.005  # of conversions: delays that no more than these are below need no room


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
        the Nth method; where money is predicted also those of `simulator.report.money_charts`, and where learning
        rates were tuned those of `simulator.report.sensitivity_chart`.
    """
    figures = {"ratio": ratio(summary), "nll": nll(summary)}
    figures |= {f"seen-{i}": seen(summary, method) for i, method in enumerate(summary["methods"])}
    figures |= {"reliability": _reliability(summary), "delays": _delays(summary), **money_charts(summary)}
    figures |= sensitivity_charts(summary["tuning"])
    return {name: figure for name, figure in figures.items() if _has_points(figure)}


def _has_points(figure: Figure) -> bool:
    return any(value is not None for trace in figure["data"] for value in trace["y"])


def _reliability(summary: Mapping[str, Any]) -> Figure:
    found = summary["reliability"]
    methods = [method for method in summary["methods"] if method["label"] in found]
    both = [value for one in found.values() for key in ("mean_prediction", "observed_rate") for value in one[key]]
    positive = [value for value in both if value]
    low, high = (min(positive) / 1.3, min(1.0, max(positive) * 1.3)) if positive else (0.01, 1.0)
    traces = [_bins(method, found[method["label"]], low, bars=len(methods) <= FEW_METHODS) for method in methods]
    shown = layout(rate_axis(low, high, "mean prediction"), rate_axis(low, high, "observed conversion rate"))
    shown["shapes"] = [_diagonal()]
    return {"data": traces, "layout": shown}


def _diagonal() -> Figure:
    ends = {"x0": 1e-9, "y0": 1e-9, "x1": 1, "y1": 1}
    return {"type": "line", **ends, "layer": "below", "line": {"color": "var(--ink-2)", "width": 1.25}}


def _bins(method: Method, bins: Mapping[str, Any], floor: float, *, bars: bool) -> Figure:
    clicks = [number or 0 for number in bins["clicks"]]
    most = max(clicks, default=0) or 1
    look = method["look"]
    trace = {
        "x": bins["mean_prediction"],
        "y": bins["observed_rate"],
        "customdata": [words.count(number) for number in clicks],
        "mode": "lines+markers",
        "name": escaped(method["label"]),
        "meta": method["label"],
        "line": {"color": look["color"], "dash": look["dash"], "width": 1.5},
        "marker": {
            "color": look["color"],
            "symbol": look["marker"],
            "size": [4 + 5 * (n / most) ** 0.5 for n in clicks],
        },
        "hovertemplate": "predicted %{x:.4f}, observed %{y:.4f}<br>%{customdata} clicks<extra>%{fullData.name}</extra>",
    }
    if bars:
        trace["error_y"] = _intervals(bins, floor) | {"color": look["color"], "thickness": 1.25, "width": 3}
    return trace


def _intervals(bins: Mapping[str, Any], floor: float) -> Figure:
    """Return intervals as Plotly's error bars, cut off where a logarithmic axis could not show them."""
    up, down = [], []
    for rate, low, high in zip(bins["observed_rate"], bins["low"], bins["high"], strict=True):
        there = None not in (rate, low, high)
        up.append(high - rate if there else 0)
        down.append(rate - max(low, min(floor, rate) / 2) if there else 0)
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down}


def _delays(summary: Mapping[str, Any]) -> Figure:
    found = summary["delays"]
    if found is None:
        return {"data": []}
    points = [(us, part) for us, part in zip(found["us"], found["share"], strict=True) if us > 0]
    early = [us for us, part in points if part < HARDLY_ANY]
    shortest = min([max(early, default=points[0][0]), *(use["us"] for use in found["windows"])])
    share = {
        "x": [us / 1e6 for us, _ in points],
        "y": [part for _, part in points],
        "mode": "lines",
        "line": {"color": "var(--m0)", "width": 2.5},
        "fill": "tozeroy",
        "fillcolor": "var(--wash)",
        "customdata": [words.duration(us) for us, _ in points],
        "hovertemplate": "within %{customdata}: %{y:.1%}<extra></extra>",
    }
    marks = _windows(found["windows"])
    shown = layout(delay_axis(shortest / 1e6, max(share["x"] + marks["x"])), share_axis("share of conversions"))
    shown["shapes"] = [_drop(x, y) for x, y in zip(marks["x"], marks["y"], strict=True)]
    return {"data": [share, marks], "layout": shown}


def _windows(windows: list[Mapping[str, Any]]) -> Figure:
    return {
        "x": [use["us"] / 1e6 for use in windows],
        "y": [use["share"] for use in windows],
        "text": [f"{escaped(use['window'])}: {escaped(use['percent'])}" for use in windows],
        "textposition": "top left",
        "textfont": {"color": "var(--ink)", "size": 13},
        "mode": "markers+text" if len(windows) <= FEW_METHODS else "markers",
        "marker": {
            "color": "var(--m1)",
            "size": 11,
            "symbol": "diamond",
            "line": {"color": "var(--card)", "width": 1.5},
        },
        "hovertemplate": "%{text} of conversions<extra></extra>",
        "cliponaxis": False,
    }


def _drop(x: float, y: float) -> Figure:
    line = {"color": "var(--m1)", "width": 1, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": y, "line": line}
