"""The report of a grid: the answer, the figures along its axes, and every row in a table that sorts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulator.folder import write_text
from simulator.grid.answer import answer
from simulator.grid.charts import METRICS, lines, maps
from simulator.grid.results import GridResult
from simulator.grid.rows import Row, Rows, rows_of
from simulator.grid.words import rank, short_names, value_text
from simulator.report import words
from simulator.report.looks import Look, looks, swatch
from simulator.report.sheet import Cell, Charts, Head, Section, Sheet, Table, sheet_page
from simulator.report.tables import COLUMNS

MOST_ROWS = 2_000  # of the table; grid.parquet has all
MOST_LINES = 56  # methods in one chart
_MAPS = {
    "nll": "NLL: blue is the best of a method, orange its worst.",
    "calibration_ratio": "Calibration ratio: blue predicts too few conversions, orange too many; white, 1, is right.",
    "auc": "AUC: blue is the best of a method, orange its worst.",
}
_SHOWN = ("calibration_ratio", "nll", "normalized_entropy", "ece", "brier", "auc", "pr_auc", "bias")


def write_grid_report(result: GridResult) -> Path:
    """Write ``report.html`` into a grid's folder, and return its path; some of its cells must be done."""
    found = rows_of(result)
    write_text(result.report, sheet_page(grid_sheet(result, found)))
    return result.report


def grid_sheet(result: GridResult, found: Rows) -> Sheet:
    """Return the report of a grid as plain data."""
    names = short_names(result.axes)
    lead, *more = answer(found, names, result.failures)
    labels = list(found.touched)
    drawn = dict(zip(labels, looks([_is_bound(found, label) for label in labels]), strict=True))
    return Sheet(
        title=result.record["title"] or result.record["name"],
        facts=_facts(result, found),
        lead=lead,
        more=more,
        sections=[*_figures(found, names, drawn), _all(found, names, drawn), *_failed(result)],
        methods=[{"label": label, "swatch": swatch(look)} for label, look in drawn.items()],
    )


def _is_bound(found: Rows, label: str) -> bool:
    return any(row.bound for row in found.rows if row.method == label)


def _facts(result: GridResult, found: Rows) -> list[tuple[str, str]]:
    axes = [(axis, ", ".join(map(value_text, values))) for axis, values in result.axes.items()]
    worlds = len({row.world for row in found.rows})
    return [
        ("Cells", f"{len(result.cells):,} of {len(result.record['cells']):,}"),
        *axes,
        *([("Worlds", f"{worlds}: their NLLs are not comparable")] if worlds > 1 else []),
    ]


def _figures(found: Rows, names: Mapping[str, str], drawn: Mapping[str, Look]) -> list[Section]:
    single = {axes[0] for axes in found.touched.values() if len(axes) == 1}
    many = [label for label, axes in found.touched.items() if len(axes) > 1]
    sections = []
    for number, axis in enumerate(axis for axis in names if axis in single):
        within = {label: drawn[label] for label, axes in found.touched.items() if set(axes) <= {axis}}
        kept = dict(list(within.items())[:MOST_LINES])
        charts = [chart._replace(name=f"{chart.name}-{number}") for chart in lines(found, axis, names[axis], kept)]
        sections.append(Section(f"along-{number}", f"Along {names[axis]}", charts))
    if many:
        blocks = [
            block
            for metric in METRICS
            for block in (_MAPS[metric], Charts([one for label in many for one in maps(found, label, names, metric)]))
        ]
        sections.append(Section("maps", "Two axes at a time", blocks))
    return sections


def _all(found: Rows, names: Mapping[str, str], drawn: Mapping[str, Look]) -> Section:
    columns = [column for column in COLUMNS if column.key in _SHOWN and _has(found, column.key)]
    axes = [axis for axis in names if any(axis in row.choice for row in found.rows)]
    heads = [
        Head("Method", number=False),
        *(Head(names[axis], axis) for axis in axes),
        *(Head(column.head, column.about) for column in columns),
    ]
    ranked = sorted(found.rows, key=lambda row: _value(row, "nll") or float("inf"))[:MOST_ROWS]
    rows = [
        [Cell(row.method, row.method, swatch=swatch(drawn[row.method])), *(_axis(row, axis) for axis in axes)]
        + [_metric(row, column.key) for column in columns]
        for row in ranked
    ]
    left = f" {len(found.rows) - len(rows):,} more are in grid.parquet." if len(found.rows) > len(rows) else ""
    caption = (
        "Lowest NLL first; sort by a column's head. A method stands once for all values of an axis that does not touch "
        f"it. Small figures are 95 % intervals, by resampling days.{left}"
    )
    return Section("all", "All of them", [Table(caption, heads, rows)])


def _has(found: Rows, metric: str) -> bool:
    return any(_value(row, metric) is not None for row in found.rows)


def _value(row: Row, metric: str) -> float | None:
    value: float | None = row.metrics.get(metric, {}).get("value")
    return value


def _axis(row: Row, axis: str) -> Cell:
    if axis not in row.choice:
        return Cell("all", "")
    return Cell(value_text(row.choice[axis]), rank(row.choice[axis]))


def _metric(row: Row, metric: str) -> Cell:
    found: Mapping[str, Any] = row.metrics.get(metric, {})
    value, low, high = found.get("value"), found.get("low"), found.get("high")
    small = words.interval(low, high, metric) if low is not None and high is not None else ""
    return Cell(words.figure(value, metric), value, small, words.reason(found.get("reason") or ""))


def _failed(result: GridResult) -> Sequence[Section]:
    if not result.failures:
        return []
    axes = list(result.axes)
    heads = [*(Head(axis, number=False) for axis in axes), Head("Why", number=False)]
    rows = [[*(Cell(value_text(choice[axis])) for axis in axes), Cell(why)] for choice, why in result.failures]
    return [Section("failed", "Cells that failed", [Table("Run the grid again to try them alone.", heads, rows)])]
