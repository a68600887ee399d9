"""The figures of a market: cost per value, multipliers, and what was believed against the truth, over time."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report.axes import Figure, escaped, layout, ratio_axis

_TITLES = {
    "ratio": "cost / (target * value), over six hours",
    "multiplier": "bid multiplier",
    "estimate": "value believed / true",
}


def market_charts(summary: Mapping[str, Any]) -> dict[str, Figure]:
    """Return the figures by name: ``ratio``, ``multiplier`` and ``estimate`` of all campaigns, and ``-N`` of the Nth.

    Parameters
    ----------
    summary : mapping
        What `simulator.report.market.summarize_market` returned.
    """
    figures = {}
    for number, (segment, lines) in enumerate(summary["lines"].items()):
        for name, title in _TITLES.items():
            own = name if not segment else f"{name}-{number}"
            figures[own] = _figure(summary, lines, name, title if not segment else "", small=bool(segment))
    return {name: figure for name, figure in figures.items() if _has_points(figure)}


def _has_points(figure: Figure) -> bool:
    return any(value is not None for trace in figure["data"] for value in trace["y"])


def _figure(summary: Mapping[str, Any], lines: Mapping[str, Any], name: str, title: str, *, small: bool) -> Figure:
    traces = [_trace(method, lines[method["label"]], name) for method in summary["methods"]]
    values = sorted(value for trace in traces for value in trace["y"] if value is not None)
    times = [time for trace in traces for time in trace["x"]]
    x = {"type": "date", "range": [min(times, default=0), max(times, default=1)], "hoverformat": "%-d %b %Y, %H:%M"}
    shown = layout(x, ratio_axis(values, title, most_ticks=5 if small else 10))
    shown["shapes"] = [_level(), *(_mark(mark["at"]) for mark in summary["marks"])]
    if small:
        shown["margin"] = {"l": 40, "r": 6, "t": 6, "b": 26}
        shown["xaxis"]["nticks"] = 4
    else:
        shown["annotations"] = _names(summary["marks"])
    return {"data": traces, "layout": shown}


def _trace(method: Mapping[str, Any], line: Mapping[str, Any], name: str) -> Figure:
    look = method["look"]
    return {
        "x": line["time"],
        "y": [value if value is None or value > 0 else None for value in line[name]],
        "mode": "lines",
        "name": escaped(method["label"]),
        "meta": method["label"],
        "line": {"color": look["color"], "dash": look["dash"], "width": 1.75},
        "hovertemplate": "%{y:.3f}<extra>%{fullData.name}</extra>",
    }


def _level() -> Figure:
    line = {"color": "var(--ink-2)", "width": 1.25}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "layer": "below", "line": line}


def _mark(at: int) -> Figure:
    line = {"color": "var(--ink-2)", "width": 1, "dash": "dot"}
    return {"type": "line", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "layer": "below", "line": line}


def _names(marks: Sequence[Mapping[str, Any]]) -> list[Figure]:
    plain = {"yref": "paper", "y": 1, "yanchor": "bottom", "showarrow": False, "font": {"size": 11.5}}
    return [{**plain, "x": mark["at"], "text": escaped(mark["name"])} for mark in marks]
