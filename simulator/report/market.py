"""A market's folder becomes one plain dict: everything its report says, and the lines that it draws."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from scenarios.durations import DAY
from simulator.report import words
from simulator.report.account import accounts
from simulator.report.looks import looks, swatch
from simulator.report.toml import toml

MOST_CAMPAIGNS = 6  # that are drawn one by one, those with most clicks
POINTS = 300  # of a line
HEADS = {
    "cost_ratio": ("Cost / target value", "Cost over target times expected value: 1 is on target, above is too dear."),
    "days_outside": (
        "Days off by 10 %",
        "Share of campaigns' days on which cost per value was over 10 % off.",
    ),
    "share_of_best": ("Bought", "Expected value at its target price, as a share of what the clairvoyant bought."),
    "regret": ("Regret", "The clairvoyant's expected value at its target price, less this bidder's."),
    "cost": ("Spent", "What the clicks cost."),
    "value": ("Value", "Conversions or money that the clicks brought in the end."),
    "estimate_bias": ("Estimate's bias", "What was believed of the value looked back on, over the truth, less 1."),
    "estimate_error": ("Estimate's error", "Root mean square of that difference, over the mean of the truth."),
    "calibration_ratio": (
        "Calibration",
        "Predicted over observed conversions of the bought, mature clicks.",
    ),
}
RESPONSES = {
    "overshoot": "highest above target",
    "undershoot": "lowest below target",
    "settling_hours": "hours until it stayed within 10 %",
    "swing": "swing at the end",
}
STEERING = ("pid", "dual")  # controllers that listen to an estimator
_SHARES = ("days_outside", "share_of_best", "estimate_bias", "estimate_error", "overshoot", "undershoot", "swing")


def is_market(folder: Path) -> bool:
    """Return whether a folder is that of a finished market."""
    record = folder / "run.json"
    return record.is_file() and json.loads(record.read_text("utf-8")).get("kind") == "market"


def summarize_market(folder: Path) -> dict[str, Any]:
    """Return what the report shows of a finished market; see `simulator.report.summary.summarize`."""
    run: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
    rows = pq.ParquetFile(folder / "metrics.parquet", page_checksum_verification=True).read()
    bounds = [bidder["controller"] == "clairvoyant" for bidder in run["methods"].values()]
    methods = [
        {
            "label": label,
            "bound": bound,
            "steers": bidder["controller"] in STEERING,
            "look": look._asdict(),
            "swatch": swatch(look),
            "describe": bidder["describe"],
            "parameters": _parameters(bidder),
        }
        for (label, bidder), bound, look in zip(run["methods"].items(), bounds, looks(bounds), strict=True)
    ]
    labels = [method["label"] for method in methods]
    overall = _values(rows, "overall", "market") | _values(rows, "overall", "true")
    campaigns = _campaigns(rows, run)
    return {
        "title": run.get("title") or run["name"],
        "lead": _lead(overall, run["methods"]),
        "facts": _facts(run),
        "methods": methods,
        "columns": _columns(overall),
        "table": [_row(method, overall) for method in methods],
        "events": [_event(event, rows, methods, run["campaigns"]) for event in _named_events(run, rows)],
        "by_campaign": [_campaign_row(name, labels, overall) for name in campaigns],
        "drawn": campaigns[:MOST_CAMPAIGNS],
        "lines": _lines(rows, methods, ["", *campaigns[:MOST_CAMPAIGNS]]),
        "marks": [
            {"at": _ms(event["at"]), "name": event["name"]} for event in run["events"] if event["name"] != "start"
        ],
        "ledgers": [{"label": label, "accounts": accounts(ledger)} for label, ledger in run["ledger"].items()],
        "notes": list(run["log"].get("notes", ())),
        "scenario": toml(run["scenario"]),
        "command": f"latelabel run {shlex.quote(run['name'] + '.toml')}",
        "file": f"{run['name']}.toml",
        "versions": dict(run.get("versions", {})),
        "hash": run["hash"],
        "fingerprint": run["log"]["fingerprint"],
    }


Values = Mapping[tuple[str, str, str], float]  # by bidder, segment and metric; nan for no answer


def _values(rows: Any, span: str, curve: str) -> dict[tuple[str, str, str], float]:
    chosen = rows.filter((pc.field("span") == span) & (pc.field("curve") == curve)).to_pylist()
    return {(row["method"], row["segment"], row["metric"]): _number(row["value"]) for row in chosen}


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _campaigns(rows: Any, run: Mapping[str, Any]) -> list[str]:
    """Return the segments of campaigns, those with most clicks first."""
    clicks: dict[str, float] = {}
    for (_, segment, metric), value in _values(rows, "overall", "market").items():
        if metric == "clicks" and segment:
            clicks[segment] = clicks.get(segment, 0.0) + value
    order = [name for name in clicks if len(run["campaigns"]) > 1]
    return sorted(order, key=lambda name: -clicks[name])


def _columns(overall: Values) -> list[dict[str, str]]:
    there = {metric for (_, segment, metric), value in overall.items() if not segment and np.isfinite(value)}
    return [{"name": name, "head": head, "about": about} for name, (head, about) in HEADS.items() if name in there]


def _row(method: Mapping[str, Any], overall: Values) -> dict[str, Any]:
    cells = []
    for name in (column["name"] for column in _columns(overall)):
        heard = method["steers"] or not name.startswith("estimate")
        cells.append(_cell(overall.get((method["label"], "", name), np.nan) if heard else np.nan, name))
    return {"method": method, "cells": cells}


def _cell(value: float, metric: str) -> dict[str, Any]:
    known = bool(np.isfinite(value))
    return {"text": shown(value, metric), "sort": value if known else None}


def shown(value: float, metric: str) -> str:
    """Return a figure as text; a dash where there is no answer."""
    if not np.isfinite(value):
        return words.NO_ANSWER
    if metric == "estimate_bias":
        return f"{value:+.1%}".replace("-", words.MINUS)
    if metric in _SHARES:
        return f"{value:.1%}"
    if metric in ("cost_ratio", "calibration_ratio"):
        return f"{value:.3f}"
    return f"{value:,.0f}".replace("-", words.MINUS)


def _named_events(run: Mapping[str, Any], rows: Any) -> list[str]:
    spans = set(rows["span"].unique().to_pylist())
    names = dict.fromkeys(event["name"] for event in run["events"])
    return [name for name in names if f"after {name}" in spans]


def _event(name: str, rows: Any, methods: Sequence[Any], campaigns: Sequence[Any]) -> dict[str, Any]:
    """Return how every bidder answered to an event: that campaign's cost per value where it is one's alone."""
    values = _values(rows, f"after {name}", "market")
    segments = {segment for _, segment, _ in values}
    segment = "" if "" in segments else next(iter(segments), "")
    table = [
        {
            "method": method,
            "cells": [_cell(values.get((method["label"], segment, key), np.nan), key) for key in RESPONSES],
        }
        for method in methods
    ]
    about = "" if not segment or len(campaigns) == 1 else segment
    return {"name": name, "about": about, "heads": list(RESPONSES.values()), "rows": table}


def _campaign_row(segment: str, labels: Sequence[str], overall: Values) -> dict[str, Any]:
    ratios = [overall.get((label, segment, "cost_ratio"), np.nan) for label in labels]
    return {
        "name": segment.partition("=")[2],
        "cells": [{"text": shown(one, "cost_ratio"), "shade": _shade(one)} for one in ratios],
    }


def _shade(ratio: float) -> int | None:
    """Return how far off target a ratio is, in the steps of the page's colours."""
    if not np.isfinite(ratio) or ratio <= 0:
        return None
    size = int(np.searchsorted([0.05, 0.15, 0.4], abs(np.log(ratio))))
    return size if ratio > 1 else -size


def _lines(rows: Any, methods: Sequence[Mapping[str, Any]], segments: Sequence[str]) -> dict[str, Any]:
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


def _lead(overall: Values, bidders: Mapping[str, Any]) -> str:
    """Return what came of it in one sentence: who held the target best, and who worst."""
    steering = {
        label: overall.get((label, "", "cost_ratio"), np.nan)
        for label, bidder in bidders.items()
        if bidder["controller"] in STEERING
    }
    known = {label: ratio for label, ratio in steering.items() if np.isfinite(ratio) and ratio > 0}
    if not known:
        return "No controller bought anything."
    best = min(known, key=lambda label: abs(np.log(known[label])))
    worst = max(known, key=lambda label: abs(np.log(known[label])))
    if best == worst:
        return f"{best} paid {known[best]:.2f} times its target."
    return f"{best} paid {known[best]:.2f} times its target; {worst}, in the same auctions, {known[worst]:.2f} times."


def _parameters(bidder: Mapping[str, Any]) -> list[str]:
    chosen = {"predictions": bidder["method"], "delays": bidder["delays"]} | bidder["parameters"]
    return [f"{key} = {value}" for key, value in chosen.items()]


def _facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    market, log, clock = run["scenario"]["market"], run["log"], run["clock"]
    return [
        ("Log", f"{log['source']}{' (synthetic: the truth is known)' if log.get('synthetic') else ''}"),
        ("Auctions", f"{words.count(log['clicks'])}, {market['auction']} price"),
        ("Campaigns", str(len(run["campaigns"]))),
        ("From", words.moment(log["first_click"])),
        ("To", words.moment(log["last_click"])),
        ("Evaluated from", words.moment(clock["evaluate_from"])),
        ("Attribution window", clock["attribution_window"]),
        ("Bids set every", clock["update_every"]),
        ("Looks back", market["lookback"]),
        ("Seed", str(run["seed"])),
    ]


def _ms(time: str) -> int:
    return round(words.parse(time).timestamp() * 1000)
