"""A stress's figures: everything against the length of the window."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulator.report.axes import Figure, escaped, layout
from simulator.report.looks import Look
from simulator.stress.losses import LOSSES

Value = Callable[[Mapping[str, Any]], float | None]
_WASH = ("0,103,165", "213,94,0", "0,145,106", "176,48,127", "194,143,0", "63,160,217", "90,62,153")  # --m0 to --m6


def excess(setting: Mapping[str, Any], loss: str, looks: Mapping[str, Look]) -> Figure:
    """Return what each window loses to the best one of its method, with 95 % bands, by paired days."""
    traces = []
    for number, (name, method) in enumerate(setting["methods"].items()):
        rows = [row for row in method["windows"] if row.get("excess") is not None]
        if all(row["low"] is not None for row in rows):
            traces += _band(rows, name, _WASH[number % len(_WASH)])
        traces.append(_line(rows, name, looks[name], lambda row: row["excess"]))
    shown = _frame(setting, f"{LOSSES[loss].title} less that of the best window")
    shown["shapes"] = [_across(0)]
    return {"data": traces, "layout": shown}


def figure(
    setting: Mapping[str, Any], title: str, value: Value, looks: Mapping[str, Look], level: float | None
) -> Figure:
    """Return a figure of every method against the window, with a line across at a level."""
    methods = setting["methods"].items()
    traces = [_line(method["windows"], name, looks[name], value) for name, method in methods]
    shown = _frame(setting, title)
    shown["shapes"] = [] if level is None else [_across(level)]
    return {"data": traces, "layout": shown}


def late(setting: Mapping[str, Any], segments: Sequence[Mapping[str, Any]]) -> Figure:
    """Return the share of conversions that come later than each window, of all and of some segments."""
    windows = setting["missed"]["windows"]
    traces = [
        {
            "x": windows,
            "y": one["share"],
            "mode": "lines+markers",
            "name": escaped(one["segment"] or "all"),
            "line": {"color": "var(--ink)" if not one["segment"] else f"var(--m{at % 7})", "width": 2 + (not at)},
            "marker": {"size": 6, "color": "var(--ink)" if not one["segment"] else f"var(--m{at % 7})"},
            "hovertemplate": "%{y:.1%}",
        }
        for at, one in enumerate(segments)
    ]
    shown = _frame(setting, "share of conversions that come later")
    shown["yaxis"] |= {"tickformat": ".0%", "range": [0, 1.02]}
    shown["showlegend"] = len(traces) > 1
    return {"data": traces, "layout": shown}


def _frame(setting: Mapping[str, Any], title: str) -> Figure:
    windows = setting["missed"]["windows"]
    x = {"type": "category", "categoryorder": "array", "categoryarray": windows, "title": {"text": "waiting window"}}
    return layout(x, {"title": {"text": title, "font": {"size": 12.5}}}) | {"hovermode": "x unified"}


def _across(level: float) -> Figure:
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level, "layer": "below"}
    return {**line, "line": {"color": "var(--ink-2)", "width": 1.25}}


def _line(rows: Sequence[Mapping[str, Any]], name: str, look: Look, value: Value) -> Figure:
    kept = [row.get("kept") for row in rows]
    return {
        "x": [row["window"] for row in rows],
        "y": [value(row) for row in rows],
        "mode": "lines+markers",
        "name": escaped(name),
        "meta": name,
        "line": {"color": look.color, "dash": look.dash, "width": 2},
        "marker": {"color": look.color, "symbol": look.marker, "size": [11 if one else 6 for one in kept]},
        "hovertemplate": "%{y:.5g}",
    }


def _band(rows: Sequence[Mapping[str, Any]], name: str, colour: str) -> list[Figure]:
    windows = [row["window"] for row in rows]
    edge = {"x": windows, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "meta": name}
    return [
        {**edge, "y": [row["low"] for row in rows]},
        {**edge, "y": [row["high"] for row in rows], "fill": "tonexty", "fillcolor": f"rgba({colour},0.15)"},
    ]
