"""A made-up finished run, as the simulator leaves it: what the report is tested on."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2024, 3, 4, tzinfo=UTC)
EARLY = 1.9  # how much too high a ratio looks while labels are under way
SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("span", pa.string()),
        ("window_start", pa.timestamp("us", "UTC")),
        ("window_end", pa.timestamp("us", "UTC")),
        ("segment", pa.string()),
        ("curve", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("clicks", pa.int64()),
        ("conversions", pa.int64()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Made:
    """One made-up method: its label, and where its calibration ratio and NLL settle."""

    label: str
    ratio: float = 1.0
    nll: float = 0.43
    name: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    drift: int = 0


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
    rows = [row for made in methods for row in _rows(made, rng, days, hours, segments)]
    if not synthetic:
        rows = [row | _unknown("truth unknown") if "bias" in row["metric"] else row for row in rows]
    if empty:
        rows = [row | _unknown("no mature labels") for row in rows]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), folder / "metrics.parquet", write_page_checksum=True)
    run = _run(methods, days, synthetic)
    (folder / "run.json").write_text(json.dumps(run, indent=1), "utf-8")
    return run


def _unknown(reason):
    return {"value": None, "low": None, "high": None, "reason": reason}


def _rows(made, rng, days, hours, segments):
    step, end = timedelta(hours=hours), START + timedelta(days=days)
    whole = Cut(made.label, "overall", START + timedelta(days=10), end, clicks=9000 * days)
    for metric, value in _overall(made).items():
        yield whole.row("true", metric, value, width=0.03)
        yield whole.row("as_seen", metric, value)
    for i in range(days * 24 // hours):
        start = START + i * step
        cut = Cut(made.label, "window", start, start + step, clicks=375 * hours)
        level = made.ratio * (1 + 0.9 * np.exp(-i * hours / 60)) * np.exp(rng.normal(0, 0.04))
        nll = made.nll + 0.02 * np.sin(i / 3) + rng.normal(0, 0.001)
        if i * hours < (days - 7) * 24:
            yield from cut.rows("true", level, nll)
        else:
            yield from cut._replace(clicks=0).rows("true", None, None)
        yield from cut._replace(rate=0.2 / EARLY).rows("as_seen", level * EARLY, nll)
    for i, segment in enumerate(segments):
        cut = Cut(made.label, "overall", START, end, 90_000 // (i + 1), segment=segment)
        yield cut.row("true", "calibration_ratio", made.ratio * np.exp(rng.normal(0, 0.3)))


class Cut(NamedTuple):
    """Some clicks of one method, of which a fifth convert."""

    label: str
    span: str
    start: datetime
    end: datetime
    clicks: int
    rate: float = 0.2
    segment: str = ""

    def rows(self, curve, ratio, nll):
        conversions = int(self.clicks * self.rate)
        mean = ratio * conversions / self.clicks if self.clicks else None
        for metric, value in (("calibration_ratio", ratio), ("mean_prediction", mean), ("nll", nll)):
            yield self.row(curve, metric, value)

    def row(self, curve, metric, value, width=None):
        return {
            "method": self.label,
            "span": self.span,
            "window_start": self.start,
            "window_end": self.end,
            "segment": self.segment,
            "curve": curve,
            "metric": metric,
            "value": value,
            "low": value - width * abs(value) if width else None,
            "high": value + width * abs(value) if width else None,
            "clicks": self.clicks,
            "conversions": int(self.clicks * self.rate),
            "reason": "" if value is not None else "no mature labels",
        }


def _overall(made):
    shift = abs(made.ratio - 1)
    return {
        "calibration_ratio": made.ratio,
        "mean_prediction": 0.2 * made.ratio,
        "nll": made.nll,
        "normalized_entropy": made.nll / 0.5,
        "ece": 0.004 + 0.17 * shift,
        "brier": 0.139 + 0.03 * shift,
        "auc": 0.78 - made.nll / 100,
        "pr_auc": 0.521 - 0.01 * shift,
        "bias": 0.2 * (made.ratio - 1),
        "logit_bias": float(np.log(made.ratio)),
    }


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
        "weights": {"effective_share": 0.97},
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
