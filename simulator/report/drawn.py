"""What the charts draw: curves over time, thinned out where there is too much, and the delays of the log."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scenarios.durations import parse_duration
from simulator.report import words
from simulator.report.curves import Curve, Curves, Floats, thin

MOST_POINTS = 2_000  # per curve
ALL_POINTS = 90_000  # in all curves together, so that the page stays under 8 MB however many methods there are

RATIO, NLL = "calibration_ratio", "nll"


def over_time(curves: Curves, labels: Sequence[str], bound: str | None) -> dict[str, Any]:
    """Return the curves to draw.

    Parameters
    ----------
    curves : mapping of (method, curve, metric) to Curve
    labels : sequence of str
        Methods, in the order of the scenario.
    bound : str or None
        The method that NLL is drawn as the difference to, if there is one.

    Returns
    -------
    dict
        ``true``, ``as_seen`` (calibration ratio) and ``nll`` map labels to ``time`` (window starts, ms UTC) and
        ``value`` (None where there is no answer); ``nll_of`` is `bound` or None; ``window`` is a window's length, ms;
        ``thinned`` says how many windows there were and how many are drawn, or is None.
    """
    named = {"true": ("true", RATIO), "as_seen": ("as_seen", RATIO), "nll": ("true", NLL)}
    found: dict[str, dict[str, Curve]] = {
        name: {label: curves[label, *key] for label in labels if (label, *key) in curves} for name, key in named.items()
    }
    if bound in found["nll"]:
        reference = found["nll"].pop(bound)
        found["nll"] = {label: less(curve, reference) for label, curve in found["nll"].items()}
    drawn = [curve for by_label in found.values() for curve in by_label.values()]
    most = max(2, min(MOST_POINTS, ALL_POINTS // max(1, len(drawn))))
    longest = max((len(curve.start) for curve in drawn), default=0)
    widths = [int(np.median(curve.end - curve.start)) // 1000 for curve in drawn]
    return {
        **{name: {label: _points(curve, most) for label, curve in group.items()} for name, group in found.items()},
        "nll_of": bound if (bound, "true", NLL) in curves else None,
        "window": max(widths, default=0),
        "thinned": {"windows": words.count(longest), "points": words.count(most)} if longest > most else None,
    }


def less(a: Curve, b: Curve) -> Curve:
    """Return a - b over the windows both have."""
    _, at_a, at_b = np.intersect1d(a.start, b.start, return_indices=True)
    return Curve(a.start[at_a], a.end[at_a], a.value[at_a] - b.value[at_b], a.clicks[at_a])


def _points(curve: Curve, most: int) -> dict[str, list[Any]]:
    at = thin(curve.value, most)
    values = [float(f"{value:.5g}") if np.isfinite(value) else None for value in curve.value[at]]
    return {"time": (curve.start[at] // 1000).tolist(), "value": values}


def delays(found: Mapping[str, Any] | None, windows: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """Return how soon conversions come, and how many of them each waiting window sees.

    Parameters
    ----------
    found : mapping or None
        ``edges_us`` and ``counts`` of the delays of the log's conversions, ``window_us`` and ``median_us``.
    windows : mapping of duration to labels
        The windows in use, such as ``{"1h": ["waiting_window"]}``.
    """
    if not found or not sum(found["counts"]):
        return None
    edges = np.array(found["edges_us"], dtype=np.float64)
    share = np.concatenate([[0.0], np.cumsum(found["counts"]) / sum(found["counts"])])
    uses = [_use(window, labels, edges, share) for window, labels in windows.items()]
    return {
        "us": edges[1:].tolist(),
        "share": [round(part, 5) for part in share[1:].tolist()],
        "conversions": words.count(found["conversions"]),
        "median": words.duration(found["median_us"]) if found.get("median_us") is not None else None,
        "windows": sorted(uses, key=lambda use: use["us"]),
    }


def _use(window: str, labels: Sequence[str], edges: Floats, share: Floats) -> dict[str, Any]:
    microseconds = parse_duration(window)
    seen = _seen(microseconds, edges, share)
    named = {"labels": list(labels), "names": words.listing(list(labels))} if labels else {"labels": [], "names": ""}
    return {"window": window, "us": microseconds, "share": seen, "percent": words.percent(seen), **named}


def _seen(window: int, edges: Floats, share: Floats) -> float:
    """Return the share of delays up to a window, read off between edges that lie evenly in the logarithm."""
    first = max(edges[edges > 0][0], 1.0)
    if window <= first:
        return float(np.interp(window, edges, share))
    return float(np.interp(np.log(window), np.log(np.maximum(edges, 1.0)), share))
