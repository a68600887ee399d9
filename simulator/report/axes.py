"""Axes with ticks that people think in, and the frame that all charts share."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

Figure = dict[str, Any]

LONGEST_NAME = 48  # characters of a name in a chart; the tables have it whole
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
RATIOS = (  # from fine to coarse; the first that does not crowd the axis is taken
    [0.9 + 0.01 * i for i in range(21)],
    [0.6 + 0.05 * i for i in range(21)],
    [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4],
    [0.03, 0.06, 0.125, 0.25, 0.5, 0.7, 1, 1.4, 2, 4, 8, 16, 32],
    [0.03, 0.06, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32],
)
TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
RATES = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400
DELAYS = {
    "1s": SECOND,
    "10s": 10 * SECOND,
    "1m": MINUTE,
    "10m": 10 * MINUTE,
    "1h": HOUR,
    "6h": 6 * HOUR,
    "1d": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "1y": 365 * DAY,
}


def escaped(text: str) -> str:
    """Return a name that Plotly shows as it is: no tag, entity, place to fill in or line break; cut where very long."""
    short = text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}\u2026"
    plain = " ".join(short.split())
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "%&#123;")


def layout(x: Figure, y: Figure) -> Figure:
    """Return a layout with the common frame around two axes."""
    frame = {"gridcolor": "var(--rule)", "zeroline": False, "linecolor": "var(--rule)", "automargin": True}
    tag = {"bgcolor": "var(--card)", "bordercolor": "var(--rule)", "font": {"color": "var(--ink)", "size": 12.5}}
    return {
        "paper_bgcolor": "var(--card)",
        "plot_bgcolor": "var(--card)",
        "font": {"family": FONT, "size": 12.5, "color": "var(--ink-2)"},
        "margin": {"l": 56, "r": 16, "t": 28, "b": 40},
        "hoverlabel": {**tag, "namelength": -1},
        "hovermode": "closest",
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "var(--ink-2)", "activecolor": "var(--accent)"},
        "showlegend": False,
        "dragmode": "zoom",
        "xaxis": {**frame, **x},
        "yaxis": {**frame, **y},
    }


def time_axis(span: Mapping[str, int], traces: Sequence[Figure]) -> Figure:
    """Return an axis of dates over the points, or over the log if there are none."""
    first = min((trace["x"][0] for trace in traces if trace["x"]), default=span["first"])
    last = max((trace["x"][-1] + trace["xperiod"] for trace in traces if trace["x"]), default=span["end"])
    return {"type": "date", "range": [first, max(last, first + 1)], "hoverformat": "%-d %b %Y, %H:%M"}


def ratio_axis(values: Sequence[float], title: str = "", *, most_ticks: int = 10) -> Figure:
    """Return a logarithmic axis for ratios around 1; a few stray values do not stretch it.

    Parameters
    ----------
    values : sequence of float
        Increasing.
    """
    positive = [value for value in values if value > 0] or [1.0]
    stray = len(positive) // 100
    low = min(max(positive[stray], 1 / 32), 1 / 1.05)
    high = max(min(positive[len(positive) - 1 - stray], 32), 1.05)
    room = 0.06 * math.log10(high / low)
    span = [math.log10(low) - room, math.log10(high) + room]
    inside = [
        [tick for tick in ticks if span[0] <= math.log10(tick) <= span[1]] for ticks in RATIOS if _covers(ticks, span)
    ]
    ticks = next((one for one in inside if len(one) <= most_ticks), inside[-1])
    return log_axis(span, {f"{tick:.3g}": tick for tick in ticks}) | _titled(title) | {"hoverformat": ".3f"}


def _covers(ticks: Sequence[float], span: Sequence[float]) -> bool:
    return ticks is RATIOS[-1] or (math.log10(ticks[0]) <= span[0] and span[1] <= math.log10(ticks[-1]))


def share_axis(title: str) -> Figure:
    """Return an axis from nothing to all, with room for a label above."""
    return {"range": [0, 1.1], "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1], "tickformat": ".0%"} | _titled(title)


def _titled(title: str) -> Figure:
    return {"title": {"text": title, "font": {"size": 12.5}}} if title else {}


def delay_axis(shortest: float, longest: float) -> Figure:
    """Return a logarithmic axis of durations between two, in seconds."""
    span = [math.log10(shortest), math.log10(longest) + 0.08]
    ticks = {name: tick for name, tick in DELAYS.items() if span[0] <= math.log10(tick) <= span[1]}
    return log_axis(span, ticks) | _titled("delay from click to conversion")


def log_axis(span: list[float], ticks: Mapping[str, float]) -> Figure:
    """Return a logarithmic axis; `span` in powers of ten, `ticks` by their texts."""
    return {"type": "log", "range": span, "tickvals": list(ticks.values()), "ticktext": list(ticks)}


def rate_axis(low: float, high: float, title: str) -> Figure:
    """Return an axis for probabilities, logarithmic at first; the page can switch it."""
    inside = [[rate for rate in rates if low <= rate <= high] for rates in (RATES, TENTHS)]
    ticks = {f"{rate:g}": rate for rate in (inside[0] if len(inside[0]) > 2 else inside[1])}
    return log_axis([math.log10(low), math.log10(high)], ticks) | _titled(title)


def value_axis(values: Sequence[float], title: str, *, difference: bool) -> Figure:
    """Return a linear axis that a few stray values do not stretch; with 0 in sight for a difference.

    Parameters
    ----------
    values : sequence of float
        Increasing.
    """
    stray = len(values) // 100
    ends = [values[stray], values[len(values) - 1 - stray]] if values else [0.0, 1.0]
    low, high = (min(ends[0], 0.0), max(ends[1], 0.0)) if difference else ends
    room = 0.06 * (high - low) or 0.01
    form = "+.4f" if difference else ".4f"
    return {"range": [low - room, high + room], "hoverformat": form} | _titled(title)
