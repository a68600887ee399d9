"""run.json and metrics.parquet: what a run says of itself."""

import dataclasses
import datetime as dt
import importlib.metadata
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from replay.arrays import as_arrow, text_array
from replay.log import ClickLog
from scenarios.durations import format_duration
from simulator.late import Late
from simulator.ledger import Ledger
from simulator.marks import marks
from simulator.methods import METHODS, Parameter, origin, parameters, summary
from simulator.money import differences, stage_one
from simulator.weights import weighed

if TYPE_CHECKING:
    from simulator.stage import Played, Stage

FORMAT = 1
PACKAGES = ("latelabel", "numpy", "pyarrow", "numba", "simpy", "river")
_TIME = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        ("method", pa.string()),
        ("span", pa.string()),
        ("window_start", _TIME),
        ("window_end", _TIME),
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


class Columnar(Protocol):
    """Metrics in columns, as a `MetricTable` has them."""

    def columns(self) -> Mapping[str, Any]:
        """Return the columns by name."""


def write_metrics(path: Path, tables: Mapping[str, Sequence[Columnar]]) -> None:
    """Write the metrics of all methods as one long table; what has no answer is null, with its reason."""
    with pq.ParquetWriter(path, _SCHEMA, compression="zstd", write_page_checksum=True) as writer:
        for method, some in tables.items():
            for table in some:
                writer.write_table(_arrow(method, table.columns()))


def _arrow(method: str, columns: Mapping[str, Any]) -> pa.Table:
    n = len(columns["metric"])
    values = {name: np.asarray(column) for name, column in columns.items()} | {"method": np.array([method] * n)}
    arrays = [_column(values[field.name], field.type) for field in _SCHEMA]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


def _column(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Return a column as Arrow has it; nan becomes null."""
    if pa.types.is_string(kind):
        return text_array(values.tolist())
    if pa.types.is_floating(kind):
        known = pa.py_buffer(np.packbits(np.isfinite(values), bitorder="little"))
        return pa.Array.from_buffers(kind, len(values), [known, pa.py_buffer(np.ascontiguousarray(values))])
    return as_arrow(values).view(kind)


def record_text(
    stage: "Stage", played: Mapping[str, "Played"], ledger: Ledger, late: Late, delays: Mapping[str, Any]
) -> str:
    """Return run.json: everything that is needed to understand a run, or to do it again."""
    scenario = stage.scenario
    resolved = scenario.resolved()
    record = {
        "latelabel": importlib.metadata.version("latelabel"),
        "format": FORMAT,
        "name": scenario.name,
        "title": scenario.title,
        "hash": scenario.hash(),
        "seed": scenario.seed,
        "scenario": resolved,
        "versions": {"python": sys.version.split()[0]} | {name: importlib.metadata.version(name) for name in PACKAGES},
        "log": log_record(stage.log, resolved["log"], late.notes()),
        "clock": {
            "evaluate_from": iso(stage.yardstick.evaluate_from),
            "end": iso(stage.clock.end),
            "attribution_window": resolved["clock"]["attribution_window"],
            "publish_every": resolved["clock"]["publish_every"],
        },
        "marks": [mark.as_dict() for mark in marks(scenario, stage.log, stage.deliveries.watermark)],
        "ledger": ledger.as_dict(),
        "late": late.as_dict(),
        "methods": {spec.label: _method(spec, played[spec.label]) for spec in scenario.methods},
        "reliability": {label: _plain(one.measures.reliability) for label, one in played.items()},
        "delays": delays,
        **_money(played),
        "timings": stage.seconds | {label: one.seconds for label, one in played.items()},
    }
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _money(played: Mapping[str, "Played"]) -> dict[str, Any]:
    """Return what is kept of money; nothing where no method predicts it."""
    moneys = {label: one.worth.money for label, one in played.items() if one.worth}
    if not moneys:
        return {}
    return {
        "money": {
            "received": _plain(next(iter(moneys.values())).log),
            "methods": {
                label: _plain({**money.figures, **_of_stages(played[label])}) for label, money in moneys.items()
            },
            "differences": _plain(differences(moneys)),
        }
    }


def _of_stages(played: "Played") -> dict[str, Any]:
    return {
        "importance": list(played.worth.importance) if played.worth else [],
        "precision_recall": stage_one(played.measures),
    }


def log_record(log: ClickLog, settings: Mapping[str, Any], notes: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a run says of its log."""
    times = [int(log.click_time[0]), int(log.click_time[-1])] if log.n_clicks else [None, None]
    return {
        "fingerprint": log.fingerprint,
        "kind": settings["kind"],
        "source": ", ".join(settings.get("path") or [settings["kind"]]),
        "clicks": log.n_clicks,
        "first_click": iso(times[0]),
        "last_click": iso(times[1]),
        "observed_until": iso(log.observed_until) if log.n_clicks else None,
        "features": list(log.feature_names),
        "notes": [*log.intake.notes, *_refused(log), *notes],
        "synthetic": log.true_probability is not None,
        **_plain(log.description),
    }


def _refused(log: ClickLog) -> list[str]:
    """Say where the rows that were refused are listed, if any were."""
    listed = log.description.get("quarantine")
    return [f"rows that were refused are listed in {listed}"] if listed else []


def _method(spec: Any, played: "Played") -> dict[str, Any]:
    tally = played.tally
    return {
        "name": spec.name,
        "parameters": _parameters(spec),
        **({"learner": spec.learner.model_dump(mode="json", exclude_unset=True)} if spec.learner else {}),
        "target": played.target,
        **({"given": played.worth.given} if played.worth else {}),
        **({"pipeline": dataclasses.asdict(played.accidents)} if played.accidents else {}),
        "describe": summary(METHODS[spec.name]),
        "package": origin(METHODS[spec.name]),
        "examples": tally.examples,
        "head_examples": tally.head_examples,
        "positives": tally.positives,
        "missed": played.missed,
        "seconds": played.seconds,
        "weights": weighed(tally.weights),
        "drift": [
            {"time": iso(alarm.time), "before": _finite(alarm.before), "after": _finite(alarm.after)}
            for alarm in played.measures.alarms
        ],
        **(_tuning(played) if played.tuning else {}),
    }


def _tuning(played: "Played") -> dict[str, Any]:
    trials = _plain(_trials(played))
    return {"learning_rate": played.learning_rate, "tuned_on": played.tuned_on, "tuning": trials}


def _trials(played: "Played") -> list[dict[str, float | None]]:
    return [{"learning_rate": trial.learning_rate, played.tuned_on: trial.loss} for trial in played.tuning]


def _parameters(spec: Any) -> dict[str, Any]:
    """Return a method's parameters as a scenario writes them, defaults included."""
    known = parameters(METHODS[spec.name]).values()
    defaults = {
        one.name: format_duration(one.default) if one.type == "duration" else one.default
        for one in known
        if one.default is not Parameter.required and one.default is not None
    }
    return defaults | dict(spec.parameters)


def iso(time: int | None) -> str | None:
    """Return a moment as text, such as 2025-01-31T18:00:00Z."""
    if time is None:
        return None
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=time)
    return moment.isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """Return arrays as lists and what is not finite as null, since JSON has neither."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(one) for one in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return _finite(value) if isinstance(value, float) else value


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
