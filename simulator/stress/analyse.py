"""From the cells of a stress to what it says: figures against window length, the best window, and how sure that is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from replay.feed import deliver
from replay.store import open_entry
from scenarios import Scenario
from scenarios.durations import HOUR, format_duration, parse_duration
from simulator import build
from simulator.grid.results import CellResult
from simulator.stress.best import best_of, step
from simulator.stress.figures import Figures, calibration_drift, daily_loss, figures_of
from simulator.stress.losses import LOSSES, Daily, Loss
from simulator.stress.missed import Late, missed
from simulator.stress.plan import Swept

REPLICATES = 2_000
FLAT = 0.01  # share of the best loss by which a window may be worse and still lie on the flat of the optimum

Row = dict[str, Any]


def analyse(cell: CellResult, swept: Mapping[str, Swept], loss: str, cache: Path) -> dict[str, Any]:
    """Return what one cell of a stress says, as plain data that JSON can hold.

    Parameters
    ----------
    cell : CellResult
    swept : mapping of label to Swept
        The methods that wait.
    loss : str
        A name in `LOSSES`.
    cache : Path
        Where the prepared log is.
    """
    record = cell.result.record
    figures = figures_of(cell.result.folder / "metrics.parquet", LOSSES[loss])
    present = {label: one for label, one in swept.items() if label in record["methods"]}
    windows = sorted({one.window for one in present.values()})
    late = _missed(record, windows, cache / cell.log)
    first = next((one["nll"] for one in figures.overall.values() if "nll" in one), {"clicks": 0, "conversions": 0})
    return {
        "choice": dict(cell.choice),
        "clicks": first["clicks"],
        "conversions": first["conversions"],
        "warnings": _warnings(record, windows),
        "methods": {
            name: _method(present, name, record, figures, LOSSES[loss], dict(zip(windows, late[0].share, strict=True)))
            for name in dict.fromkeys(one.method for one in present.values())
        },
        "references": {label: figures.overall[label] for label in record["methods"] if label not in swept},
        "missed": {"windows": [format_duration(one) for one in windows], "segments": [_plain(one) for one in late]},
    }


def _missed(record: Mapping[str, Any], windows: Sequence[int], entry: Path) -> list[Late]:
    """Return what windows miss of the log that a cell was played on."""
    scenario = Scenario.load(record["scenario"])
    log = open_entry(entry)
    attribution = scenario.clock.attribution_window
    deliveries = deliver(log, attribution, build.feed(scenario, log))
    since = int(log.click_time[0]) + scenario.clock.evaluate_from if log.n_clicks else 0
    start = int(np.searchsorted(log.click_time, since))
    stop = int(np.searchsorted(log.click_time, log.observed_until - attribution, side="right"))
    return missed(log, deliveries, windows, slice(start, max(start, stop)))


def _plain(late: Late) -> dict[str, Any]:
    return {"segment": late.segment, "conversions": late.conversions, "share": [_finite(one) for one in late.share]}


def _warnings(record: Mapping[str, Any], windows: Sequence[int]) -> list[str]:
    start = record["scenario"]["clock"]["evaluate_from"]
    if not windows or parse_duration(start) > windows[-1]:
        return []
    longest = format_duration(windows[-1])
    told = f"It is evaluated from {start} on, when a window of {longest} has learned nothing yet, which is held against"
    return [f"{told} it; set clock.evaluate_from beyond {longest}."]


def _method(
    swept: Mapping[str, Swept],
    name: str,
    record: Mapping[str, Any],
    figures: Figures,
    loss: Loss,
    late: Mapping[int, float],
) -> dict[str, Any]:
    own = {label: one.window for label, one in swept.items() if one.method == name}
    labels = sorted(own, key=lambda label: own[label])
    rows: list[Row] = [
        {
            "window": format_duration(own[label]),
            "us": own[label],
            "label": label,
            "metrics": figures.overall[label],
            "drift": calibration_drift(figures.days[label]) if label in figures.days else None,
            "alarms": len(record["methods"][label].get("drift") or ()),
            "freshness_us": _freshness(record, own[label]),
            "missed": _finite(late[own[label]]),
        }
        for label in labels
    ]
    if not all(label in figures.days for label in labels):
        return {"windows": rows, "best": None}
    return _judged(rows, daily_loss([figures.days[label] for label in labels], loss), loss, record["seed"])


def _freshness(record: Mapping[str, Any], window: int) -> int:
    """Return how old the newest click is, on the mean over time, that the served model has learned from, us."""
    clock = record["scenario"]["clock"]
    return window + parse_duration(clock["publish_every"]) // 2 + parse_duration(clock["publish_lag"])


def _judged(rows: list[Row], daily: Daily, loss: Loss, seed: int) -> dict[str, Any]:
    found = best_of(loss, daily, REPLICATES, seed)
    for at, row in enumerate(rows):
        row |= {key: _finite(getattr(found, key)[at]) for key in ("loss", "excess", "low", "high")}
        row["kept"] = None if found.kept is None else at in found.kept
        row["next"] = _next(rows, at, daily, loss, seed)
    names = [row["window"] for row in rows]
    level = {at for at in range(len(rows)) if found.excess[at] <= FLAT * abs(found.loss[found.best])}
    kept = found.kept
    return {
        "windows": rows,
        "days": len(daily.day),
        "best": names[found.best],
        "interval": [names[kept[0]], names[kept[-1]]] if kept else None,
        "kept": None if kept is None else [names[at] for at in kept],
        "flat": [names[at] for at in _around(found.best, level)],
    }


def _around(best: int, level: set[int]) -> tuple[int, int]:
    """Return the ends of the run of windows around the best one that are hardly worse."""
    low = high = best
    while low - 1 in level:
        low -= 1
    while high + 1 in level:
        high += 1
    return low, high


def _next(rows: Sequence[Row], at: int, daily: Daily, loss: Loss, seed: int) -> dict[str, Any] | None:
    """Return what waiting up to the next longer window costs, for each hour of it."""
    if at + 1 == len(rows):
        return None
    hours = (rows[at + 1]["us"] - rows[at]["us"]) / HOUR
    cost, low, high = (_finite(value / hours) for value in step(loss, daily, (at, at + 1), REPLICATES, seed))
    apart = None if low is None or high is None else not low <= 0 <= high
    return {"per_hour": cost, "low": low, "high": high, "apart": apart}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
