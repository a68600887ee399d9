"""The figure of what `[tune]` tried: loss by learning rate, a line for each method."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulator.report.axes import Figure, escaped, layout, log_axis

FENCE = 1.5  # interquartile ranges above the upper quartile (Tukey): what lies beyond does not stretch the axis


def sensitivity_charts(tables: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return a figure for each loss, by the names ``tuning-nll`` and the like.

    Parameters
    ----------
    tables : sequence of dict
        What `simulator.report.sensitivity.sensitivities` returned.
    """
    return {f"tuning-{table['loss']}": _figure(table) for table in tables}


def _figure(table: Mapping[str, Any]) -> Figure:
    rates = table["rates"]
    span = [math.log10(rates[0]) - 0.08, math.log10(rates[-1]) + 0.08]
    x = log_axis(span, {f"{rate:g}": rate for rate in rates}) | _titled("learning rate")
    lines = [_line(row, rates) for row in table["rows"]]
    values = [value for line in lines for value in line["y"] if value is not None]
    y = {"range": _range(values), "hoverformat": ".4f"} | _titled(f"{table['name']} before evaluate_from")
    return {"data": lines, "layout": layout(x, y), "since": rates[0]}


def _titled(text: str) -> Figure:
    return {"title": {"text": text, "font": {"size": 12.5}}}


def _range(values: Sequence[float]) -> list[float]:
    """Return from where to where an axis goes: over all values but those far above most."""
    low, (lower, upper) = min(values), np.quantile(values, [0.25, 0.75])
    high = max(value for value in values if value <= upper + FENCE * (upper - lower))
    room = 0.06 * (high - low) or 0.01
    return [low - room, high + room]


def _line(row: Mapping[str, Any], rates: Sequence[float]) -> Figure:
    """Return a method's line; its chosen rate has a large marker with a rim."""
    look, label = row["method"]["look"], row["method"]["label"]
    chosen = [cell["chosen"] for cell in row["cells"]]
    rim = {"color": "var(--ink)", "width": [1.5 if one else 0 for one in chosen]}
    return {
        "x": list(rates),
        "y": [cell["sort"] for cell in row["cells"]],
        "customdata": [", chosen" if one else "" for one in chosen],
        "mode": "lines+markers",
        "name": escaped(label),
        "meta": label,
        "line": {"color": look["color"], "dash": look["dash"], "width": 1.5},
        "marker": {
            "color": look["color"],
            "symbol": look["marker"],
            "size": [12 if one else 5 for one in chosen],
            "opacity": 1,
            "line": rim if look["marker"] != "circle-open" else {"width": 2},
        },
        "hovertemplate": "at %{x}: %{y}%{customdata}<extra>%{fullData.name}</extra>",
    }
