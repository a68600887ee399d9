"""What the command line shows of grids: progress over cells with the time left, and their figures as a table."""

from types import TracebackType
from typing import Self

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from simulator.grid.answer import answer
from simulator.grid.results import GridResult
from simulator.grid.rows import Row, rows_of
from simulator.grid.words import short_names, value_text

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
    """Print a grid: the answer, and figures of each method where an axis touches it, those of lowest NLL first."""
    console = Console(highlight=False)
    found, names = rows_of(result), short_names(result.axes)
    rows = sorted(found.rows, key=lambda row: _value(row, "nll") or float("inf"))
    title = f"{len(result.cells):,} cells; mature labels, clicks from evaluate_from on; lowest NLL first"
    table = Table(title=Text(title, style="dim"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("method", no_wrap=True)
    axes = [axis for axis in names if any(axis in row.choice for row in rows)]
    for axis in axes:
        table.add_column(Text(names[axis]), justify="right")
    for name in _COLUMNS.values():
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[:MOST_ROWS]:
        choice = (Text(value_text(row.choice[axis]) if axis in row.choice else "all") for axis in axes)
        table.add_row(Text(row.method), *choice, *(_figure(row, name) for name in _COLUMNS))
    console.print(table)
    if len(rows) > MOST_ROWS:
        console.print(Text(f"  and {len(rows) - MOST_ROWS:,} more; the report and grid.parquet have all", style="dim"))
    for sentence in answer(found, names, []):
        console.print(Text(sentence))


def _value(row: Row, metric: str) -> float | None:
    value: float | None = row.metrics.get(metric, {}).get("value")
    return value


def _figure(row: Row, metric: str) -> str:
    value = _value(row, metric)
    return "-" if value is None else f"{value:.4f}"
