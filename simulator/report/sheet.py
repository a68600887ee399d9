"""A page of any sections: an answer in words, tables that sort, and charts; grids, comparisons and stresses use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from simulator.report.axes import Figure
from simulator.report.html import rendered


class Head(NamedTuple):
    """The head of a table's column."""

    text: str
    about: str = ""
    number: bool = True


class Cell(NamedTuple):
    """One cell of a table."""

    text: str
    sort: float | str | None = None  # what it sorts by; None for no answer
    small: str = ""  # below it, such as an interval
    why: str = ""  # shown when pointed at
    best: bool = False
    shade: int | None = None  # -3 far below what is right, 0 about right, 3 far above
    swatch: Mapping[str, str] | None = None  # how a method is drawn


class Table(NamedTuple):
    """Rows of cells; the first cell of a row is its name."""

    caption: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]


class Chart(NamedTuple):
    """A figure with its place on the page."""

    name: str
    title: str
    figure: Figure
    height: int = 360
    caption: str = ""
    of: str = ""  # the method it is hidden with


class Charts(NamedTuple):
    """Charts that stand side by side where there is room."""

    charts: Sequence[Chart]


@dataclass(frozen=True)
class Section:
    """A part of a page, with whatever it holds in order."""

    key: str
    head: str
    blocks: Sequence[str | Table | Chart | Charts]  # a text is a paragraph


@dataclass(frozen=True)
class Sheet:
    """A page as plain data; nothing in it is escaped for HTML."""

    title: str
    facts: Sequence[tuple[str, str]]
    lead: str
    more: Sequence[str]
    sections: Sequence[Section]
    methods: Sequence[Mapping[str, Any]] = field(default=())  # that can be hidden: ``label`` and ``swatch``

    @property
    def figures(self) -> dict[str, Figure]:
        """Return all figures by name."""
        blocks = [block for section in self.sections for block in section.blocks]
        many = [chart for block in blocks if isinstance(block, Charts) for chart in block.charts]
        return {chart.name: chart.figure for chart in [*many, *(one for one in blocks if isinstance(one, Chart))]}


def sheet_page(sheet: Sheet) -> str:
    """Return the page as the text of one HTML file that needs nothing else."""
    sections = [{"key": one.key, "head": one.head, "blocks": [_block(b) for b in one.blocks]} for one in sheet.sections]
    parts = {"facts": sheet.facts, "lead": sheet.lead, "more": sheet.more, "methods": sheet.methods}
    return rendered("sheet.html", {"title": sheet.title, **parts, "sections": sections}, sheet.figures)


def _block(block: str | Table | Chart | Charts) -> dict[str, Any]:
    if isinstance(block, str):
        return {"kind": "text", "text": block}
    if isinstance(block, Table):
        return {"kind": "table", "shaded": any(c.shade is not None for row in block.rows for c in row), "table": block}
    if isinstance(block, Chart):
        return {"kind": "chart", "chart": block}
    return {"kind": "charts", "charts": block.charts}
