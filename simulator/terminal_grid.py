"""What the command line shows of grids: progress over cells with the time left, and their figures as a table."""

from types import TracebackType
from typing import Any, Self

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from simulator.grid.results import CellResult, GridResult
from simulator.grid.words import value_text

MOST_ROWS = 40
_COLUMNS = {"calibration_ratio": "calibration", "nll": "NLL", "ece": "ECE", "auc": "AUC"}


class GridProgress:
    """A bar over a grid's cells, which moves with every method that was played."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[where]}"),
            MofNCompleteColumn(),
            TextColumn("methods"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bars.add_task("preparing logs", total=None, where="")

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()

    def preparing(self, done: int, logs: int) -> None:
        """Show how many logs are prepared."""
        self._bars.update(self._task, where=f"{done} of {logs} logs")

    def playing(self, cells: int, of_cells: int, plays: int, of_plays: int) -> None:
        """Show how many cells are done, and move the bar by what was played."""
        where = f"{cells:,} of {of_cells:,} cells"
        self._bars.update(self._task, description="playing", where=where, completed=plays, total=of_plays)


def show_grid(result: GridResult) -> None:
    """Print a grid: each cell's figures, those of lowest NLL first."""
    console = Console(highlight=False)
    axes = list(result.axes)
    rows = [row for cell in result.cells for row in _rows(cell)]
    rows.sort(key=lambda row: row["nll"] if row["nll"] is not None else float("inf"))
    title = f"{len(result.cells):,} cells; mature labels, clicks from evaluate_from on; lowest NLL first"
    table = Table(title=Text(title, style="dim"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for axis in axes:
        table.add_column(Text(axis))
    table.add_column("method", no_wrap=True)
    for name in _COLUMNS.values():
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[:MOST_ROWS]:
        figures = ("-" if row[name] is None else f"{row[name]:.4f}" for name in _COLUMNS)
        table.add_row(*(Text(value_text(row["values"][axis])) for axis in axes), Text(row["method"]), *figures)
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(Text(f"  and {len(rows) - MOST_ROWS:,} more; the report and grid.parquet have all", style="dim"))


def _rows(cell: CellResult) -> list[dict[str, Any]]:
    whole = (pc.field("span") == "overall") & (pc.field("segment") == "") & (pc.field("curve") == "true")
    found = pq.read_table(cell.result.folder / "metrics.parquet", filters=whole).to_pylist()
    by_method: dict[str, dict[str, Any]] = {}
    for row in found:
        by_method.setdefault(row["method"], {})[row["metric"]] = row["value"]
    return [
        {"values": cell.choice, "method": method, **{name: values.get(name) for name in _COLUMNS}}
        for method, values in by_method.items()
    ]
