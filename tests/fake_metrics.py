"""Made-up metrics of a run, and of one method."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

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


def unknown(reason):
    """Return what a row has instead of an answer."""
    return {"value": None, "low": None, "high": None, "reason": reason}


def fake_metrics(made, rng, days, hours, segments):
    """Yield the rows of metrics.parquet of one method."""
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


def made_method(label, nll, low, high, ratio=1.0):
    """Return one method of a summary."""
    cell = {"value": nll, "low": low, "high": high, "reason": "" if nll is not None else "no mature labels"}
    metrics = {"nll": cell, "calibration_ratio": {"value": ratio, "low": None, "high": None, "reason": ""}}
    return {
        "label": label,
        "bound": False,
        "metrics": metrics,
        "as_seen": None,
        "drift": [],
        "missed": 0,
        "examples": 100,
    }
