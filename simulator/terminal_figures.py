"""A run's overall figures as tables of the terminal: of probabilities, and of money where any method predicts it."""

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from simulator.report.words import EVEN, percent
from simulator.results import Result

_COLUMNS = {
    "calibration_ratio": "calibration",
    "nll": "NLL",
    "ece": "ECE",
    "auc": "AUC",
    "pr_auc": "PR-AUC",
    "bias": "true bias",
}
_MONEY = {
    "value_ratio": "ratio",
    "expected_value_ratio": "to true",
    "poisson_deviance": "Poisson",
    "spearman": "Spearman",
    "top1_value_share": "1 %",
    "top5_value_share": "5 %",
    "top10_value_share": "10 %",
}
_AMOUNTS = {
    "value_ratio": "ratio",
    "gamma_deviance": "Gamma",
    "spearman": "Spearman",
    "top10_value_share": "10 %",
    "mae_log": "MAE log",
}


def titled(title: str, *, show_header: bool = True) -> Table:
    """Return an empty table with a title above it."""
    return Table(
        title=Text(title, style="dim"),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_header=show_header,
        pad_edge=False,
    )


def figures(result: Result) -> list[Table]:
    """Return the tables of overall figures: of probabilities, and of money where any method predicts it."""
    metrics = pq.read_table(result.folder / "metrics.parquet")
    chosen = metrics.filter(
        (pc.field("span") == "overall") & (pc.field("segment") == "") & (pc.field("curve") == "true")
    ).to_pylist()
    values = {(row["method"], row["metric"]): row for row in chosen if row["value"] is not None}
    methods = result.record["methods"]
    worth = [label for label, method in methods.items() if method["target"] == "value"]
    first = [label for label in methods if label not in worth or (label, "nll") in values]
    what = "mature labels, clicks from evaluate_from on"
    if not worth:
        return [_overall(what, dict.fromkeys(first, ""), _COLUMNS, values)]
    clicks = {label: "" for label in worth if methods[label]["given"] == "click"}
    gifts = {label: "_gifts" for label in worth if methods[label]["given"] == "gift"}
    gifts |= {label: "_amount" for label in worth if (label, "value_ratio_amount") in values}
    tables = [
        _overall(f"the chance of a gift: {what}", dict.fromkeys(first, ""), _COLUMNS, values),
        _overall("money: predicted over received, deviance, ranks, share of money in the top", clicks, _MONEY, values),
        _overall("amounts of gifts: second stages, and methods that learn gifts alone", gifts, _AMOUNTS, values),
    ]
    return [table for table in tables if table.row_count]


def _overall(title: str, rows: Mapping[str, str], columns: Mapping[str, str], values: Mapping[Any, Any]) -> Table:
    """Return a table with a row for each label, of metrics with the ending that stands beside it."""
    known = [name for name in columns if any((label, f"{name}{ending}") in values for label, ending in rows.items())]
    table = titled(title)
    table.add_column("method", no_wrap=True)
    for name in known:
        table.add_column(columns[name], justify="right", no_wrap=True)
    for label, ending in rows.items():
        table.add_row(Text(label), *(_figure(values.get((label, f"{name}{ending}"))) for name in known))
    return table


def tuning(methods: Mapping[str, Any]) -> Table:
    """Return the table of learning rates that were tried."""
    table = titled(
        "NLL by learning rate, of money its deviance, on clicks mature before evaluate_from; * is what was learned with"
    )
    table.add_column("method", no_wrap=True)
    tuned = {label: method for label, method in methods.items() if "tuning" in method}
    for trial in next(iter(tuned.values()))["tuning"]:
        table.add_column(f"{trial['learning_rate']:g}", justify="right", no_wrap=True)
    for label, method in tuned.items():
        table.add_row(Text(label), *(_trial(trial, method) for trial in method["tuning"]))
    return table


def weights(methods: Mapping[str, Any]) -> Table:
    """Return the table of methods with uneven weights, and of heads with weights that were cut off."""
    table = titled("weights: what share of the examples would tell as much weighted evenly, and how many were cut off")
    table.add_column("method", no_wrap=True)
    for name in ("effective", "cut off"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, method in methods.items():
        served = method.get("weights") or {}
        heads = {f"{label}: {name}": one for name, one in served.get("heads", {}).items() if one["clipped_share"]}
        for name, one in {label: served, **heads}.items():
            share, cut = one.get("effective_share") or 1.0, one.get("clipped_share") or 0.0
            if share <= EVEN or cut:
                table.add_row(Text(name), percent(share), percent(cut) if cut else "-")
    return table


def _trial(trial: Mapping[str, float | None], method: Mapping[str, Any]) -> str:
    loss = trial[method["tuned_on"]]
    return (
        f"{'-' if loss is None else f'{loss:.4f}'}{'*' if trial['learning_rate'] == method['learning_rate'] else ' '}"
    )


def _figure(row: Mapping[str, Any] | None) -> str:
    if row is None or row["value"] is None:
        return "-"
    if "_value_share" in row["metric"]:
        return f"{row['value']:.0%}"
    if row["metric"] not in _COLUMNS:
        return f"{row['value']:,.1f}" if row["value"] >= 10 else f"{row['value']:.3f}"
    return f"{row['value']:.4f}" if row["metric"] != "calibration_ratio" else f"{row['value']:.3f}"
