"""Changes of the world and faults of the feed on the charts over time: bands and lines with a few words each."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report import words
from simulator.report.axes import Figure, escaped

_ROWS = 4  # of words, one below the other, before they begin again at the top
_ROW = 0.062  # of a chart's height


def happenings(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what happened in a run and when, in words and, for the charts, in ms UTC; None for no such moment."""
    return [
        {
            "text": mark["text"],
            "key": mark["key"],
            "when": _when(mark["from"], mark["until"], mark.get("drained")),
            "start": _ms(mark["from"]),
            "end": _ms(mark["until"]),
            "drained": _ms(mark.get("drained")),
        }
        for mark in run.get("marks", ())
    ]


def _when(start: str | None, end: str | None, drained: str | None) -> str:
    if start is None:
        return "all along"
    rest = f"; the last of its backlog came {words.moment(drained)}" if drained else ""
    return f"from {words.moment(start)}" + (f" to {words.moment(end)}" if end else " on") + rest


def _ms(time: str | None) -> int | None:
    return None if time is None else round(words.parse(time).timestamp() * 1000)


def draw(frame: Figure, found: Sequence[Mapping[str, Any]]) -> None:
    """Draw what happened into a chart over time: a band where it ends, a line where it does not."""
    first, last = frame["xaxis"]["range"]
    inside = [one for one in found if one["start"] is not None and first <= one["start"] < last]
    for number, one in enumerate(sorted(inside, key=lambda one: int(one["start"]))):
        frame["shapes"] += _shapes(one["start"], one["end"], last)
        if one["drained"] is not None and one["end"] < last:
            frame["shapes"] += _shapes(one["end"], one["drained"], last)
        late = one["start"] > first + 0.6 * (last - first)
        frame["annotations"].append(
            {
                "text": escaped(one["text"]),
                "x": one["start"],
                "xanchor": "right" if late else "left",
                "xshift": -3 if late else 3,
                "yref": "paper",
                "y": 0.99 - _ROW * (number % _ROWS),
                "yanchor": "top",
                "showarrow": False,
                "bgcolor": "var(--card)",
                "opacity": 0.9,
                "font": {"size": 12, "color": "var(--accent)"},
            }
        )


def _shapes(start: int, end: int | None, last: int) -> list[Figure]:
    tall = {"yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    line = {"color": "var(--accent)", "width": 1.25, "dash": "dot"}
    edge = {"type": "line", "x0": start, "x1": start, **tall, "line": line}
    if end is None:
        return [edge]
    band = {"type": "rect", "x0": start, "x1": min(end, last), **tall, "fillcolor": "var(--wash)", "line": {"width": 0}}
    return [band, edge]
