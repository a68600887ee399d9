"""What the charts draw: curves over time, and the delays of the log."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scenarios.durations import format_duration, parse_duration
from simulator.report import words
from simulator.report.coarser import coarser, width_for
from simulator.report.curves import NLL, RATIO, Curve, Curves, Floats

LARGE, SMALL = 750, 150  # points of a curve: a month of hours, and what a small chart can show
ALL_POINTS = 50_000  # in all curves of a kind, so that the page stays under 8 MB however many methods there are


def over_time(curves: Curves, labels: Sequence[str], bound: str | None) -> dict[str, Any]:
    """Return the curves to draw, over longer windows where there are too many.

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
        ``large`` has ``ratio`` and ``nll``, ``small`` has the ratios ``true`` and ``as_seen``: labels to ``time``
        (window starts, ms UTC) and ``value`` (None where there is no answer).  Both have ``window``, the length of a
        window in ms, and ``merged``: how many windows there were and how long the drawn ones are, or None.  ``nll_of``
        is `bound`, or None if that has no NLL.
    """
    large = _group(curves, labels, {"ratio": ("true", RATIO), "nll": ("true", NLL)}, LARGE)
    small = _group(curves, labels, {"true": ("true", RATIO), "as_seen": ("as_seen", RATIO)}, SMALL)
    reference = large["nll"].pop(bound, None)
    if reference is not None:
        large["nll"] = {label: _less(curve, reference) for label, curve in large["nll"].items()}
    return {"large": _plain(large), "small": _plain(small), "nll_of": bound if reference is not None else None}


def _group(curves: Curves, labels: Sequence[str], names: Mapping[str, tuple[str, str]], most: int) -> dict[str, Any]:
    """Return curves by name and label, all over windows of one length, with what the reader must know of it."""
    drawn = [curves[label, *key] for key in names.values() for label in labels if (label, *key) in curves]
    width = width_for(drawn, max(2, min(most, ALL_POINTS // max(1, len(drawn)))))
    windows = max((len(curve.start) for curve in drawn), default=0)
    length = max((int(np.median(curve.end - curve.start)) for curve in drawn), default=0)
    shown = coarser(curves, width) if width else curves
    return {
        **{
            name: {label: shown[label, *key] for label in labels if (label, *key) in curves}
            for name, key in names.items()
        },
        "window": (width or length) // 1000,
        "merged": {"windows": words.count(windows), "width": format_duration(width)} if width else None,
    }


def _plain(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group with its curves as lists."""
    rest = {key: group[key] for key in ("window", "merged")}
    curves = {name: by_label for name, by_label in group.items() if name not in rest}
    return rest | {name: {label: _points(one) for label, one in by_label.items()} for name, by_label in curves.items()}


def _less(a: Curve, b: Curve) -> Curve:
    """Return a - b over the windows both have."""
    _, at_a, at_b = np.intersect1d(a.start, b.start, return_indices=True)
    there = a.at(at_a)
    return there._replace(value=there.value - b.value[at_b])


def _points(curve: Curve) -> dict[str, list[Any]]:
    values = [float(f"{value:.5g}") if np.isfinite(value) else None for value in curve.value]
    return {"time": (curve.start // 1000).tolist(), "value": values}


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
