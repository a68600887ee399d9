"""The lines over time that a market's report draws, thinned to what a chart can show."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from scenarios.durations import DAY

POINTS = 300  # of a line


def lines(rows: Any, methods: Sequence[Mapping[str, Any]], segments: Sequence[str]) -> dict[str, Any]:
    """Return lines by segment, metric and bidder: times in ms UTC, and values, None where there is no answer."""
    chosen = rows.filter(pc.field("span") == "update")
    metrics = ("cost", "worth", "multiplier", "estimate_ratio")
    found: dict[str, Any] = {}
    for segment in segments:
        own, found[segment] = chosen.filter(pc.field("segment") == segment), {}
        for method in methods:
            of_bidder = own.filter(pc.field("method") == method["label"])
            line = _line({metric: of_bidder.filter(pc.field("metric") == metric) for metric in metrics})
            if not method["steers"]:
                line["estimate"] = [None] * len(line["time"])
            found[segment][method["label"]] = line
    return found


def _line(tables: Mapping[str, Any]) -> dict[str, list[Any]]:
    start = tables["cost"]["window_start"].cast("int64").to_numpy()
    value = {
        metric: table["value"].to_numpy(zero_copy_only=False).astype(np.float64) for metric, table in tables.items()
    }
    step = max(1, -(-len(start) // POINTS))
    width = max(step, int(DAY // 4 // max(1, int(np.median(np.diff(start))))) if len(start) > 1 else 1)
    cost, worth = (np.convolve(np.nan_to_num(value[name]), np.ones(width), "valid") for name in ("cost", "worth"))
    ratio = np.full(len(start), np.nan)
    if len(start) >= width:
        np.divide(cost, worth, out=ratio[width - 1 :], where=worth > 0)
    every = slice(step - 1, None, step)
    lines = {"ratio": ratio, "multiplier": value["multiplier"], "estimate": value["estimate_ratio"]}
    return {"time": (start[every] // 1000).tolist(), **{name: _listed(line[every]) for name, line in lines.items()}}


def _listed(values: NDArray[np.float64]) -> list[float | None]:
    return [float(f"{value:.4g}") if np.isfinite(value) else None for value in values]
