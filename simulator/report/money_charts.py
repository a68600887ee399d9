"""Figures of predicted money, as plain dicts for Plotly."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report import words
from simulator.report.axes import Figure, escaped, layout, log_axis, ratio_axis, share_axis, time_axis
from simulator.report.timelines import FEW_METHODS, FEW_POINTS

Method = Mapping[str, Any]

TOPS = {"0.1 %": 0.001, "0.2 %": 0.002, "0.5 %": 0.005, "1 %": 0.01, "2 %": 0.02, "5 %": 0.05, "10 %": 0.1}
TOPS |= {"20 %": 0.2, "50 %": 0.5, "100 %": 1.0}
FEW_BARS = 5  # methods beyond which bars of error hide each other


def money_charts(summary: Mapping[str, Any]) -> dict[str, Figure]:
    """Return the figures of money by name, those without a point among them; none where no method predicts money."""
    found = summary["money"]
    if found is None:
        return {}
    methods = found["methods"]
    figures = {
        "capture": _capture(methods, ("",)),
        "capture-gifts": _capture(methods, ("_amount", "_gifts")),
        "deciles": _deciles([one for one in methods if one["given"] == "click"]),
        "lorenz": _lorenz(methods),
        "precision": _precision(methods, found),
        "money-time": _money_time(summary, found),
        "money-ratio": _money_ratio(summary, found),
    }
    figures |= {f"money-seen-{at}": _money_seen(summary, found, method) for at, method in enumerate(methods)}
    return figures | {f"density-{at}": _density(method) for at, method in enumerate(methods)}


def _line(method: Method, x: Sequence[Any], y: Sequence[Any], said: str = "") -> Figure:
    look = method["look"]
    return {
        "x": list(x),
        "y": list(y),
        "mode": "lines",
        "name": escaped(method["label"] + said),
        "meta": method["label"],
        "line": {"color": look["color"], "dash": look["dash"], "width": 2.25},
    }


def _plain(x: Sequence[Any], y: Sequence[Any], name: str, dash: str = "dot") -> Figure:
    line = {"color": "var(--ink-2)", "dash": dash, "width": 1.5}
    return {"x": list(x), "y": list(y), "mode": "lines", "name": name, "line": line}


def _capture(methods: Sequence[Method], endings: Sequence[str]) -> Figure:
    traces = []
    for method in methods:
        ending = next((one for one in endings if one in method["capture"]), None)
        if ending is None or (ending == "" and method["given"] == "gift"):
            continue
        found = method["capture"][ending]
        line = _line(method, found["share"], found["captured"], ": amount stage" if ending == "_amount" else "")
        line["customdata"] = [
            f"{words.percent(low)} to {words.percent(high)}" if low is not None and high is not None else "no interval"
            for low, high in zip(found["low"], found["high"], strict=True)
        ]
        line["hovertemplate"] = "top %{x:.2%} bring %{y:.1%} (%{customdata})<extra>%{fullData.name}</extra>"
        traces.append(line)
    if not traces:
        return {"data": []}
    found = next(method["capture"][one] for method in methods for one in endings if one in method["capture"])
    traces.append(_plain(found["share"], found["best"], "in the order of what they brought"))
    traces.append(_plain(found["share"], found["share"], "in any order", "dash"))
    for line in traces[-2:]:
        line["hovertemplate"] = "top %{x:.2%} bring %{y:.1%}<extra>%{fullData.name}</extra>"
    what = "gifts" if "_gifts" in endings else "clicks"
    x = log_axis([-3, 0], TOPS) | {"title": {"text": f"top of the {what} by prediction", "font": {"size": 12.5}}}
    shown = layout(x, share_axis("share of all money") | {"range": [0, 1.04]})
    shown["annotations"] = [_tag(found, "best", "the best there is"), _tag(found, "share", "any order")]
    return {"data": traces, "layout": shown}


def _tag(found: Mapping[str, Sequence[float | None]], column: str, text: str) -> Figure:
    at = len(found["share"]) // 4 if column == "best" else 3 * len(found["share"]) // 5
    share, value = found["share"][at], found[column][at]
    font = {"size": 12, "color": "var(--ink-2)"}
    place = {"x": math.log10(share or 1), "y": value or 0, "xanchor": "right", "yanchor": "bottom"}
    return {"text": text, "showarrow": False, "font": font, **place, "xshift": -4}


def _money_axis(values: Sequence[float], title: str) -> Figure:
    positive = [value for value in values if value > 0] or [0.1, 10.0]
    low, high = math.floor(math.log10(min(positive)) * 2) / 2, math.ceil(math.log10(max(positive)) * 2) / 2
    ticks = {words.amount(10.0**power): 10.0**power for power in range(math.floor(low), math.ceil(high) + 1)}
    return log_axis([low, max(high, low + 0.5)], ticks) | {"title": {"text": title, "font": {"size": 12.5}}}


def _deciles(methods: Sequence[Method]) -> Figure:
    traces = []
    for method in methods:
        found, look = method["deciles"][""], method["look"]
        line = _line(method, found["predicted"], [value if (value or 0) > 0 else None for value in found["received"]])
        line |= {"mode": "lines+markers", "marker": {"color": look["color"], "symbol": look["marker"], "size": 8}}
        line["hovertemplate"] = "predicted %{x:.4g}, received %{y:.4g} a click<extra>%{fullData.name}</extra>"
        if len(methods) <= FEW_BARS:
            line["error_y"] = _bars(found) | {"color": look["color"], "thickness": 1.25, "width": 3}
        traces.append(line)
    values = [value for line in traces for value in (*line["x"], *line["y"]) if value]
    shown = layout(_money_axis(values, "mean predicted money"), _money_axis(values, "mean received money"))
    shown["shapes"] = [_diagonal(1e-9, 1e9)]
    return {"data": traces, "layout": shown}


def _bars(found: Mapping[str, Sequence[float | None]]) -> Figure:
    """Return intervals as Plotly's error bars, cut off where a logarithmic axis could not show them."""
    up, down = [], []
    for value, low, high in zip(found["received"], found["low"], found["high"], strict=True):
        known = value is not None and value > 0 and low is not None and high is not None
        up.append(max((high or 0) - (value or 0), 0) if known else 0)
        down.append(max((value or 0) - max(low or 0, (value or 0) / 20), 0) if known else 0)
    return {"type": "data", "symmetric": False, "array": up, "arrayminus": down}


def _diagonal(low: float, high: float) -> Figure:
    ends = {"x0": low, "y0": low, "x1": high, "y1": high}
    return {"type": "line", **ends, "layer": "below", "line": {"color": "var(--ink-2)", "width": 1.25}}


def _lorenz(methods: Sequence[Method]) -> Figure:
    traces = []
    for method in methods:
        found = method["concentration"]
        if method["given"] == "click":
            traces.append(_line(method, found["share"], found["predicted"]))
    if not traces:
        return {"data": []}
    found = methods[0]["concentration"]
    traces.append(_plain(found["share"], found["received"], "received"))
    for line in traces:
        line["hovertemplate"] = "least %{x:.0%} of clicks: %{y:.2%} of the money<extra>%{fullData.name}</extra>"
    x = {
        "range": [0, 1],
        "tickformat": ".0%",
        "title": {"text": "clicks, those with least first", "font": {"size": 12.5}},
    }
    shown = layout(x, share_axis("share of the money") | {"range": [0, 1.02]})
    shown["shapes"] = [_diagonal(0, 1)]
    return {"data": traces, "layout": shown}


def _precision(methods: Sequence[Method], found: Mapping[str, Any]) -> Figure:
    traces = []
    for method in methods:
        points = method["precision_recall"]
        if points["recall"]:
            line = _line(method, points["recall"], points["precision"])
            line["hovertemplate"] = "recall %{x:.1%}, precision %{y:.2%}<extra>%{fullData.name}</extra>"
            traces.append(line)
    x = {
        "range": [0, 1.01],
        "tickformat": ".0%",
        "title": {"text": "recall: share of gifts found", "font": {"size": 12.5}},
    }
    y = {"tickformat": ".1%", "rangemode": "tozero", "title": {"text": "precision", "font": {"size": 12.5}}}
    shown = layout(x, y)
    rate = next((one["base_rate"] for one in found["methods"] if one["base_rate"] is not None), None)
    if rate is not None:
        line = {"color": "var(--ink-2)", "width": 1.25}
        shown["shapes"] = [{"type": "line", "x0": 0, "x1": 1, "y0": rate, "y1": rate, "layer": "below", "line": line}]
    return {"data": traces, "layout": shown}


def _timed(line: Figure, window: int) -> Figure:
    several = len(line["x"]) > 1
    line |= {"xperiod": window, "xperiodalignment": "middle", "mode": "lines" if several else "markers"}
    return line


def _frame(summary: Mapping[str, Any], lines: Sequence[Figure], y: Figure) -> Figure:
    span = summary["span"]
    shown = layout(time_axis(span, lines), y)
    first, last = shown["xaxis"]["range"]
    shown["hovermode"] = "x unified" if len(lines) <= FEW_METHODS else "closest"
    ripe = max(span["mature"], span["evaluate_from"])
    if last - ripe > (last - first) / 50:
        box = {"type": "rect", "x0": ripe, "x1": last, "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
        shown["shapes"] = [{**box, "fillcolor": "var(--shade)", "line": {"width": 0}}]
    return shown


def _money_time(summary: Mapping[str, Any], found: Mapping[str, Any]) -> Figure:
    over, window = found["over_time"], found["over_time"]["window"]
    if not over["received"]["time"]:
        return {"data": []}
    lines = [
        _timed(
            _line(method, over["predicted"][method["label"]]["time"], over["predicted"][method["label"]]["value"]),
            window,
        )
        for method in found["methods"]
        if method["given"] == "click"
    ]
    received = _timed(_plain(over["received"]["time"], over["received"]["value"], "received", "solid"), window)
    received["line"] = {"color": "var(--ink)", "width": 3}
    seen = _timed(_plain(over["as_seen"]["time"], over["as_seen"]["value"], "received, as seen then"), window)
    lines += [received, seen]
    for line in lines:  # a logarithm has no place for nothing
        line["y"] = [value if value is not None and value > 0 else None for value in line["y"]]
    values = [value for line in lines for value in line["y"] if value]
    return {"data": lines, "layout": _frame(summary, lines, _money_axis(values, "money of the clicks of a window"))}


def _money_ratio(summary: Mapping[str, Any], found: Mapping[str, Any]) -> Figure:
    ratios, window = found["over_time"]["ratios"]["true"], found["over_time"]["window"]
    lines = []
    for method in found["methods"]:
        points = ratios[method["label"]]
        if method["given"] == "click" and points["time"]:
            line = _timed(_line(method, points["time"], points["value"]), window)
            if len(points["time"]) <= FEW_POINTS:
                marker = {"color": method["look"]["color"], "symbol": method["look"]["marker"], "size": 7}
                line |= {"mode": "lines+markers", "marker": marker}
            lines.append(line)
    if not lines:
        return {"data": []}
    return {"data": lines, "layout": _with_one(_frame(summary, lines, _axis(lines, "predicted / received money")))}


def _axis(lines: Sequence[Figure], title: str, most_ticks: int = 10) -> Figure:
    values = sorted(value for line in lines for value in line["y"] if value is not None)
    return ratio_axis(values, title, most_ticks=most_ticks)


def _with_one(shown: Figure) -> Figure:
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1, "layer": "below"}
    shown["shapes"] = [*shown.get("shapes", []), {**across, "line": {"color": "var(--ink-2)", "width": 1.25}}]
    return shown


def _money_seen(summary: Mapping[str, Any], found: Mapping[str, Any], method: Method) -> Figure:
    ratios, window, label = found["over_time"]["ratios"], found["over_time"]["window"], method["label"]
    if method["given"] == "gift" or not ratios["as_seen"][label]["time"]:
        return {"data": []}
    fresh = _timed(_plain(ratios["as_seen"][label]["time"], ratios["as_seen"][label]["value"], "as seen then"), window)
    true = _timed(_line(method, ratios["true"][label]["time"], ratios["true"][label]["value"]), window)
    true |= {"name": "true", "line": {"color": method["look"]["color"], "width": 2.5}}
    shown = _with_one(_frame(summary, [fresh, true], _axis([fresh, true], "", 5)))
    shown["xaxis"]["nticks"] = 4
    return {"data": [fresh, true], "layout": {**shown, "margin": {"l": 40, "r": 6, "t": 6, "b": 26}}}


def _density(method: Method) -> Figure:
    edges, gifts = method["density"]["edges"], method["density"]["gifts"]
    some = [at for at, row in enumerate(gifts) if any(row)] + [
        at for at in range(len(edges) - 1) if any(row[at] for row in gifts)
    ]
    if not some:
        return {"data": []}
    first, last = max(min(some) - 1, 0), min(max(some) + 2, len(edges) - 1)
    middle = [math.sqrt(edges[at] * edges[at + 1]) for at in range(first, last)]
    heat = {
        "type": "heatmap",
        "x": middle,
        "y": middle,
        "z": [[math.log10(1 + count) if count else None for count in row[first:last]] for row in gifts[first:last]],
        "customdata": [list(row[first:last]) for row in gifts[first:last]],
        "colorscale": [[0, "rgba(0,103,165,0.15)"], [1, "rgba(0,103,165,1)"]],
        "showscale": False,
        "hovertemplate": "predicted %{x:.3g}, received %{y:.3g}: %{customdata} gifts<extra></extra>",
    }
    values = [edges[first], edges[last]]
    shown = layout(_money_axis(values, ""), _money_axis(values, ""))
    shown["shapes"] = [_diagonal(edges[first], edges[last]) | {"layer": "above"}]
    return {"data": [heat], "layout": {**shown, "margin": {"l": 44, "r": 6, "t": 6, "b": 30}}}
