"""A run's folder becomes one plain dict: everything the report says, and nothing it draws."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.durations import parse_duration
from simulator.report import words
from simulator.report.account import accounts
from simulator.report.answer import answer
from simulator.report.curves import MEAN, NLL, RATIO, Curve, Measured, read_measured
from simulator.report.drawn import delays, over_time
from simulator.report.happenings import happenings
from simulator.report.looks import looks, swatch
from simulator.report.money import money
from simulator.report.sensitivity import sensitivities
from simulator.report.tables import overall_table, segment_tables
from simulator.report.toml import toml

FORMAT = 1  # of run.json
BOUNDS = ("oracle", "value_oracle")  # methods that see the future, and say so


def summarize(folder: Path) -> dict[str, Any]:
    """Return what the report shows of a finished run.

    Parameters
    ----------
    folder : Path
        Holds run.json and metrics.parquet.

    Returns
    -------
    dict
        Texts, numbers, lists and dicts only; nothing in it is escaped for HTML.  ``answer``, ``facts``, ``methods``,
        ``table``, ``tuning``, ``segments``, ``accounts``, ``notes``, ``scenario`` and ``versions`` are for reading;
        ``span``, ``marks``, ``curves``, ``reliability`` and ``delays`` are for drawing, with times in ms UTC and None
        for no answer.

    Raises
    ------
    FileNotFoundError
        If the folder does not hold a finished run.
    ValueError
        If run.json is of another format.
    """
    run = read_run(folder)
    measured = read_measured(folder / "metrics.parquet")
    methods = methods_of(run, measured)
    labels = [method["label"] for method in methods]
    worth = money(run, measured, methods, _ms(run["clock"]["evaluate_from"]) * 1000)
    return {
        "money": worth,
        "title": run.get("title") or run["name"],
        "answer": worth["answer"]
        if worth and worth["alone"]
        else answer(methods, evaluated_nll(measured, run["clock"]["evaluate_from"])),
        "facts": _facts(run),
        "methods": methods,
        "evaluated": _evaluated_clicks(measured, [method["label"] for method in _rated(methods)]),
        "table": overall_table(_rated(methods), run["log"]["clicks"]),
        "segments": segment_tables(
            [row for row in measured.overall if row["segment"] and row["metric"] == RATIO], labels
        ),
        "marks": happenings(run),
        "span": span_of(run),
        "curves": over_time(measured.curves, labels, next((m["label"] for m in methods if m["bound"]), None)),
        "tuning": sensitivities(run, methods),
        "reliability": {label: found for label, found in run.get("reliability", {}).items() if found},
        "delays": delays(run.get("delays"), _windows(run)),
        "accounts": accounts(run["ledger"]),
        "notes": list(run["log"].get("notes", ())),
        "scenario": toml(run["scenario"]),
        "command": f"latelabel run {shlex.quote(run['name'] + '.toml')}",
        "file": f"{run['name']}.toml",
        "versions": dict(run.get("versions", {})),
        "hash": run["hash"],
        "fingerprint": run["log"]["fingerprint"],
    }


def read_run(folder: Path) -> dict[str, Any]:
    """Return run.json of a finished run; raises as `summarize` does."""
    for name in ("run.json", "metrics.parquet"):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder}: expected a finished run, which has {name}; found none")
    run: dict[str, Any] = json.loads((folder / "run.json").read_text("utf-8"))
    if run.get("format") != FORMAT:
        raise ValueError(f"{folder / 'run.json'}: expected format {FORMAT}, got {run.get('format')}; run it again")
    return run


def methods_of(run: Mapping[str, Any], measured: Measured) -> list[dict[str, Any]]:
    """Return what is said of each method of a run, in the order of the scenario."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in measured.overall:
        if not row["segment"]:
            cell = {key: row[key] for key in ("value", "low", "high", "reason", "clicks", "conversions")}
            found.setdefault((row["method"], row["curve"]), {})[row["metric"]] = cell
    bounds = [method["name"] in BOUNDS for method in run["methods"].values()]
    methods = []
    for (label, method), bound, look in zip(run["methods"].items(), bounds, looks(bounds), strict=True):
        seen = _monitored(measured, label, _ms(run["clock"]["evaluate_from"]) * 1000)
        entry = {
            "label": label,
            "bound": bound,
            "look": look._asdict(),
            "swatch": swatch(look),
            "describe": method.get("describe", ""),
            "parameters": [f"{key} = {value}" for key, value in _settings(method).items()],
            "metrics": found.get((label, "true"), {}),
            "as_seen": seen,
            "sums": _sums(found.get((label, "true"), {}).get(RATIO, {}).get("value"), seen),
            "weighing": _weighing(method),
            "target": method.get("target", "conversion"),
            "has_stage_one": found.get((label, "true"), {}).get(MEAN, {}).get("value") is not None,
            **{key: method.get(key) for key in ("examples", "missed")},
        }
        if method.get("drift") is not None:
            entry["drift"] = [{**alarm, "time": _ms(alarm["time"])} for alarm in method["drift"]]
        methods.append(entry)
    return methods


def _rated(methods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the methods that say the chance of a conversion, themselves or in their first stage."""
    return [method for method in methods if method["target"] == "conversion" or method["has_stage_one"]]


def _monitored(measured: Measured, label: str, since: int) -> float | None:
    """Return the calibration ratio of all evaluated windows, each with the labels known when it ended."""
    mean = measured.curves.get((label, "as_seen", MEAN))
    if mean is None:
        return None
    mean = mean.at((mean.start >= since) & np.isfinite(mean.value))
    observed = int(mean.conversions.sum())
    return float(mean.value @ mean.clicks) / observed if observed else None


def _sums(true: float | None, seen: float | None) -> str:
    shown = [words.figure(value, RATIO) for value in (true, seen)]
    return f"true {shown[0]}, as seen {shown[1]}"


def _weighing(method: Mapping[str, Any]) -> str | None:
    """Return what uneven weights cost: how many evenly weighted examples would tell as much; and how many were cut."""
    weights = method.get("weights") or {}
    share = weights.get("effective_share")
    if share is None or not method.get("examples"):
        return None
    told = []
    if share <= words.EVEN:
        count = words.count(method["examples"])
        told.append(f"{count} examples, as telling as {words.percent(share)} of them weighted evenly.")
    cut = {"": weights.get("clipped_share", 0.0)}
    cut |= {f" of its model {name}": one["clipped_share"] for name, one in weights.get("heads", {}).items()}
    told += [f"{words.percent(one)} of the weights{whose} were cut off." for whose, one in cut.items() if one]
    return " ".join(told) or None


def _settings(method: Mapping[str, Any]) -> dict[str, Any]:
    """Return a method's parameters, and what is said of a learner of its own."""
    own = {f"learner.{key}": value for key, value in method.get("learner", {}).items()}
    return {**method.get("parameters", {}), **own}


def _windows(run: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the windows that methods wait for, with the labels of the methods, and the attribution window."""
    windows: dict[str, list[str]] = {run["clock"]["attribution_window"]: []}
    for label, method in run["methods"].items():
        for key, value in method.get("parameters", {}).items():
            if "window" in key and _is_duration(value):
                windows.setdefault(value, []).append(label)
    return windows


def _is_duration(value: Any) -> bool:
    try:
        return parse_duration(value) > 0
    except ValueError:
        return False


def evaluated_nll(measured: Measured, since: str) -> dict[str, Curve]:
    """Return the NLL of mature labels by method, from the moment on at which clicks count."""
    start = _ms(since) * 1000
    found = {key[0]: curve for key, curve in measured.curves.items() if key[1:] == ("true", NLL)}
    return {label: curve.at(curve.start >= start) for label, curve in found.items()}


def _evaluated_clicks(measured: Measured, labels: list[str]) -> dict[str, str] | None:
    """Return how many clicks and conversions the overall figures rest on, or None if methods differ in it."""
    rows = [row for row in measured.overall if not row["segment"] and (row["curve"], row["metric"]) == ("true", NLL)]
    found = {(row["clicks"] or 0, row["conversions"] or 0) for row in rows if row["method"] in labels}
    if len(found) != 1:
        return None
    clicks, conversions = found.pop()
    return {"clicks": words.count(clicks), "conversions": words.count(conversions)}


def _facts(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    log, clock = run["log"], run["clock"]
    return [
        ("Log", f"{log['source']}{' (synthetic: the truth is known)' if log.get('synthetic') else ''}"),
        ("Clicks", words.count(log["clicks"])),
        ("From", words.moment(log["first_click"]) if log["first_click"] else words.NO_ANSWER),
        ("To", words.moment(log["last_click"]) if log["last_click"] else words.NO_ANSWER),
        ("Evaluated from", words.moment(clock["evaluate_from"])),
        ("Attribution window", clock["attribution_window"]),
        ("Published every", clock["publish_every"]),
        ("Seed", str(run["seed"])),
    ]


def span_of(run: Mapping[str, Any]) -> dict[str, int]:
    """Return the moments that charts mark, ms UTC; clicks from ``mature`` on have no mature label."""
    clock = run["clock"]
    return {
        "first": _ms(run["log"]["first_click"] or clock["evaluate_from"]),
        "evaluate_from": _ms(clock["evaluate_from"]),
        "mature": _ms(run["log"]["observed_until"] or clock["end"])
        - parse_duration(clock["attribution_window"]) // 1000,
        "end": _ms(clock["end"]),
    }


def _ms(time: str) -> int:
    return round(words.parse(time).timestamp() * 1000)
