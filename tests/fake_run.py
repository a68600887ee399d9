"""A made-up finished run, as the simulator leaves it: what the report is tested on."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.fake_metrics import SCHEMA, START, Made, fake_metrics, unknown

METHODS = (
    Made("oracle", 1.0, 0.4302, "oracle"),
    Made("waiting_window 1h", 0.48, 0.4711, "waiting_window", {"window": "1h"}, 3),
    Made("fake_negative", 0.84, 0.4402, "fake_negative", {}, 1),
    Made("fnw", 1.03, 0.4321, "fnw"),
    Made("fnc", 0.98, 0.4323, "fnc"),
    Made("frozen", 1.18, 0.4533, "frozen", {}, 2),
)


def write_fake_run(
    folder: Path,
    methods: tuple[Made, ...] = METHODS,
    *,
    days: int = 30,
    hours: int = 24,
    segments: tuple[str, ...] = (),
    empty: bool = False,
    synthetic: bool = True,
) -> dict[str, Any]:
    """Write run.json and metrics.parquet, and return what run.json holds; `empty`: no metric has an answer."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    rows = [row for made in methods for row in fake_metrics(made, rng, days, hours, segments)]
    if not synthetic:
        rows = [row | unknown("truth unknown") if "bias" in row["metric"] else row for row in rows]
    if empty:
        rows = [row | unknown("no mature labels") for row in rows]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "metrics.parquet", write_page_checksum=True)
    run = _run(methods, days, synthetic)
    (folder / "run.json").write_text(json.dumps(run, indent=1), "utf-8")
    return run


def _run(methods, days, synthetic):
    end = START + timedelta(days=days)
    edges = [0, *(round(60e6 * 2 ** (i / 2)) for i in range(27)), 604_800_000_000]
    share = 1 - 0.5 * np.exp(-np.array(edges) / 1.8e9) - 0.5 * np.exp(-np.array(edges) / 2.6e11)
    counts = np.diff(np.round(53_000 * share)).astype(int).tolist()
    return {
        "latelabel": "0.1.0",
        "format": 1,
        "name": "quickstart",
        "title": "Quickstart: one hour is not a week",
        "hash": "5f0c3a9b1d7e4c26",
        "seed": 7,
        "scenario": _scenario(methods),
        "versions": {"latelabel": "0.1.0", "numpy": "2.4.6", "pyarrow": "25.0.1"},
        "log": {
            "fingerprint": "9a7c61f0",
            "source": "synthetic world",
            "clicks": 270_000,
            "first_click": START.isoformat(),
            "last_click": (end - timedelta(minutes=1)).isoformat(),
            "observed_until": end.isoformat(),
            "features": ["campaign", "device", "hour"],
            "notes": ["times are in seconds, judged by their size"],
            "synthetic": synthetic,
        },
        "clock": {
            "evaluate_from": (START + timedelta(days=10)).isoformat(),
            "end": end.isoformat(),
            "attribution_window": "7d",
            "publish_every": "1h",
        },
        "ledger": _ledger(),
        "methods": {made.label: _method(made) for made in methods},
        "reliability": {made.label: _reliability(made) for made in methods},
        "delays": {
            "edges_us": edges,
            "counts": counts,
            "conversions": sum(counts),
            "window_us": edges[-1],
            "median_us": 10_800_000_000,
        },
        "timings": {"read": 0.4, "learn": 1.9},
    }


def _scenario(methods):
    entries = [{"name": made.name or made.label, **made.parameters} for made in methods]
    clock = {"attribution_window": "7d", "evaluate_from": "10d", "publish_every": "1h"}
    learner = {"kind": "logistic", "optimizer": "adagrad", "learning_rate": 0.05, "bits": 20, "l2": None}
    log = {"kind": "synthetic", "clicks": 270_000}
    return {"name": "quickstart", "seed": 7, "log": log, "clock": clock, "learner": learner, "method": entries}


def _ledger():
    refused = {"missing_click_time": 21, "duplicate_click": 4}
    return {
        "clicks": {"read": 270_025, "served": 270_000, "quarantined": refused},
        "conversions": {
            "read": 60_000,
            "delivered": 51_200,
            "pending": 1_790,
            "outside_window": 6_600,
            "repeat": 389,
            "quarantined": {"outcome_before_click": 21},
        },
        "money": {
            "conversion": {
                "read": "1500000.10",
                "delivered": "1280000.00",
                "pending": "44750.05",
                "outside_window": "165000.00",
                "repeat": "9725.03",
                "quarantined": {"outcome_before_click": "525.02"},
            }
        },
        "balanced": True,
    }


def _method(made):
    alarms = [
        {"time": (START + timedelta(days=12 + 4 * i)).isoformat(), "before": 0.01, "after": 0.03}
        for i in range(made.drift)
    ]
    return {
        "name": made.name or made.label,
        "parameters": made.parameters,
        "describe": f"What {made.label} does, in one line.",
        "examples": 312_000,
        "positives": 51_000,
        "missed": 28_000 if made.name == "waiting_window" else 0,
        "seconds": 0.41,
        "drift": alarms,
        "weights": {"effective_share": 0.97, "clipped_share": 0.012},
    }


def _reliability(made):
    observed = np.geomspace(0.02, 0.7, 12)
    return {
        "mean_prediction": np.minimum(observed * made.ratio, 0.99).tolist(),
        "observed_rate": observed.tolist(),
        "low": (observed * 0.93).tolist(),
        "high": (observed * 1.07).tolist(),
        "clicks": [15_000] * 12,
    }
