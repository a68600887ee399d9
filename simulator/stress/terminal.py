"""What the command line shows of a stress."""

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulator.grid.words import cell_text
from simulator.report import words
from simulator.stress.words import told


def show_stress(found: Mapping[str, Any]) -> None:
    """Print a table per setting and method, and the answer."""
    console = Console(highlight=False)
    for setting in found["settings"]:
        choice = cell_text(setting["choice"])
        for name, method in setting["methods"].items():
            console.print(_table(f"{name}, {choice}, {setting['clicks']:,} evaluated clicks", method, found["loss"]))
    for sentence in told(found):
        console.print(Text(sentence))


def _table(title: str, method: Mapping[str, Any], loss: str) -> Table:
    table = Table(title=Text(title, style="dim"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("window", no_wrap=True)
    title_of = {"nll": "NLL", "brier": "Brier", "calibration": "off"}
    for head in (title_of[loss], "excess", "calibr.", "drift", "AUC", "missed", "age", ""):
        table.add_column(head, justify="right", no_wrap=True)
    for row in method["windows"]:
        best = row["window"] == method["best"]
        cells = _figures(row, best)
        table.add_row(row["window"], *cells, style="bold" if best else "")
    return table


def _figures(row: Mapping[str, Any], best: bool) -> list[str]:
    metrics = row["metrics"]
    mark = "best" if best else "may be" if row.get("kept") else ""
    return [
        _fine(row.get("loss")),
        _fine(row.get("excess")),
        words.figure(metrics.get("calibration_ratio", {}).get("value"), "calibration_ratio"),
        words.figure(row["drift"], "calibration_ratio"),
        words.figure(metrics.get("auc", {}).get("value"), "auc"),
        words.NO_ANSWER if row["missed"] is None else words.percent(row["missed"]),
        words.duration(row["freshness_us"]),
        mark,
    ]


def _fine(value: float | None) -> str:
    return words.NO_ANSWER if value is None else f"{value:.5f}"
