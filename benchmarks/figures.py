"""The figures of docs/benchmark.md, drawn from the tables that stand there, so that both say the same.

    python -m benchmarks.figures       writes docs/images/benchmark-*.svg

A method's colour is its section in docs/methods.md.
"""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.svg import INK, INK_2, WIDE, Box, Drawing, Mark, Scale, stretched

DOCS = Path(__file__).parents[1] / "docs"
WORLD, REAL = "The world", "A real log"
APART = ("Money", "Conversions that are refunded later")  # sections of methods with pages or tables of their own
COLORS = ("#5b6472", "#d55e00", "#b0307f", "#00916a", "#0067a5", "#3fa0d9", "#5a3e99")
NLL, AUC = "NLL - oracle, x 1000", "AUC - oracle, x 1000"
GAPS = {0: "0", 0.1: "0.1", 0.3: "0.3", 1: "1", 3: "3", 10: "10", 30: "30", 100: "100", 1000: "1000"}
LOSSES = {0: "0", -1: "-1", -3: "-3", -10: "-10", -30: "-30", -100: "-100"}
RATIOS = {value: f"{value:g}" for value in (0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 1, 1.02, 1.05, 1.2, 2, 5)}
SHOWN = ("oracle", "hazard", "gdfm", "dfm_em", "nodef", "ddfm", "fnw", "fnc")  # whose lines over rates have colours

Row = Mapping[str, str]
Tables = Mapping[tuple[str, str], Sequence[Row]]


class Gap(NamedTuple):
    """A difference with its interval, times 1000."""

    value: float
    low: float
    high: float


def main() -> None:
    drawn = figures((DOCS / "benchmark.md").read_text("utf-8"), (DOCS / "methods.md").read_text("utf-8"))
    for name, text in drawn.items():
        path = DOCS / "images" / f"benchmark-{name}.svg"
        path.write_text(text, "utf-8")
        print(path)


def figures(page: str, methods: str) -> dict[str, str]:
    """Return the files' texts by name.

    Parameters
    ----------
    page : str
        docs/benchmark.md.
    methods : str
        docs/methods.md.
    """
    tables, groups = read_tables(page), read_groups(methods)
    drawn = {
        "ranking": ranking(tables, groups),
        "gaps": gaps(tables, groups),
        "rates": rates(tables),
        "cost": cost(tables, groups),
    }
    return {name: drawing.svg() for name, drawing in drawn.items()}


def read_tables(page: str) -> Tables:
    """Return a page's tables by the heading they stand under and the name of their first column."""
    found: dict[tuple[str, str], list[Row]] = {}
    heading, head = "", []
    for text in page.splitlines():
        cells = [cell.strip() for cell in text.strip().strip("|").split("|")] if text.startswith("|") else []
        if text.startswith("## "):
            heading = text.removeprefix("## ")
        if not cells or set(cells[0]) == {"-"}:
            head = head if cells else []
        elif not head:
            head = cells
            found[heading, head[0]] = []
        else:
            found[heading, head[0]].append(dict(zip(head, cells, strict=True)))
    return found


def read_groups(methods: str) -> dict[str, list[str]]:
    """Return the methods of each section of the page that describes them; money apart."""
    parts = re.split(r"^## (.+)$", methods, flags=re.MULTILINE)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    found = {name: re.findall(r"^### `(\w+)`$", text, re.MULTILINE) for name, text in sections.items()}
    return {name: some for name, some in found.items() if some and name not in APART}


def gap(cell: str) -> Gap:
    """Return the numbers of a cell such as ``+0.14 [+0.06, +0.22]``."""
    return Gap(*map(float, re.findall(r"[+-]\d+\.\d+", cell)))


def color(groups: Mapping[str, Sequence[str]], method: str) -> str:
    if method == "oracle":
        return INK
    return next(one for one, some in zip(COLORS, groups.values(), strict=True) if method in some)


def key(drawing: Drawing, groups: Mapping[str, Sequence[str]], left: float) -> None:
    """Draw what the colours mean, on as many lines as it takes."""
    x, y = left, 20
    for name, one in zip(groups, COLORS, strict=True):
        wide = 28 + WIDE * 11.5 * len(name)
        if x + wide > drawing.width:
            x, y = left, y + 18
        drawing.dot(x, y, one)
        drawing.text(x + 9, y + 4, name, size=11.5)
        x += wide


def ranking(tables: Tables, groups: Mapping[str, Sequence[str]]) -> Drawing:
    drawing = Drawing(1120, 600, "AUC less the oracle's against the calibration ratio, all methods, on two logs")
    key(drawing, groups, 70)
    for heading, words, left, ends, ratios in (
        (WORLD, "a made-up world", 70, (-60, 0.4), (0.5, 6.5)),
        (REAL, "a real log", 640, (-260, 0.4), (0.03, 1.5)),
    ):
        right, top, bottom = left + 460, 84, 545
        x = Scale(stretched(0.5), *ends, left, right)
        y = Scale(lambda ratio: math.asinh(math.log(ratio) / 0.02), *ratios, bottom, top)
        drawing.text(left, top - 12, words, color=INK, size=13)
        drawing.across(x, inside(LOSSES, ends), f"{AUC}: right ranks better", top, bottom)
        drawing.upright(y, inside(RATIOS, ratios), "calibration ratio: 1 is right", left, right)
        drawing.line([(left, y(1)), (right, y(1))], INK_2, 1.25)
        rows = sorted(tables[heading, "method"], key=lambda row: -abs(math.log(float(row["calibration"]))))
        marks = [
            Mark(x(gap(row[AUC]).value), y(float(row["calibration"])), row["method"], color(groups, row["method"]))
            for row in rows
        ]
        drawing.named(marks, Box(left, top, right + 30, bottom))
    return drawing


def inside(ticks: Mapping[float, str], ends: tuple[float, float]) -> dict[float, str]:
    return {value: words for value, words in ticks.items() if ends[0] <= value <= ends[1]}


def gaps(tables: Tables, groups: Mapping[str, Sequence[str]]) -> Drawing:
    rows = [row["method"] for row in tables[WORLD, "method"] if row["method"] != "oracle"]
    drawing = Drawing(1000, 140 + 18 * len(rows), "NLL less the oracle's with intervals, all methods, on two logs")
    key(drawing, groups, 20)
    top, bottom = 84, drawing.height - 50
    for place, name in enumerate(rows):
        drawing.text(128, top + 16 + 18 * place, name, at="end", color=INK, size=11.5)
    for heading, words, left, ends in (
        (WORLD, "a made-up world", 140, (-0.2, 2000)),
        (REAL, "a real log", 590, (-0.2, 1000)),
    ):
        x = Scale(stretched(0.1), *ends, left, left + 390)
        drawing.text(left, top - 12, words, color=INK, size=13)
        drawing.across(x, inside(GAPS, ends), NLL, top, bottom)
        drawing.line([(x(0), top), (x(0), bottom)], INK_2, 1.25)
        found = {row["method"]: gap(row[NLL]) for row in tables[heading, "method"]}
        for place, name in enumerate(rows):
            y, one = top + 12 + 18 * place, color(groups, name)
            drawing.line([(x(found[name].low), y), (x(found[name].high), y)], one, 2.5)
            drawing.dot(x(found[name].value), y, one, 3.5)
    return drawing


def rates(tables: Tables) -> Drawing:
    drawing = Drawing(820, 470, "NLL before evaluate_from by learning rate, some methods in the made-up world")
    rows = next(some for (_, first), some in tables.items() if first == "NLL at rate")
    tried = [float(name) for name in rows[0] if name != "NLL at rate"]
    left, right, top, bottom = 70, 660, 20, 420
    x = Scale(math.log, tried[0] / 1.1, tried[-1] * 1.1, left, right)
    y = Scale(float, 0.284, 0.302, bottom, top)
    drawing.across(x, {rate: f"{rate:g}" for rate in tried}, "learning rate, one for all", top, bottom)
    drawing.upright(y, {0.284 + 0.002 * i: f"{0.284 + 0.002 * i:.3f}" for i in range(10)}, "NLL", left, right)
    looks = dict(zip(SHOWN, (INK, *COLORS[1:], "#c28f00"), strict=True))
    ends = []
    for row in sorted(rows, key=lambda row: row["NLL at rate"] in looks):
        name, cells = row["NLL at rate"], list(row.values())[1:]
        points = [(x(rate), y(float(cell.rstrip("*")))) for rate, cell in zip(tried, cells, strict=True)]
        kept = [point for point in points if point[1] > top]
        drawing.line(kept, looks.get(name, "#d5d9e0"), 2 if name in looks else 1)
        if name in looks:
            chosen = next(point for point, cell in zip(points, cells, strict=True) if cell.endswith("*"))
            drawing.dot(*chosen, looks[name], 5)
            ends.append((kept[-1][1], name))
    last = -math.inf
    for height, name in sorted(ends):
        last = max(height, last + 13)
        drawing.text(right + 10, last + 4, name, color=looks[name], size=11.5)
    return drawing


def cost(tables: Tables, groups: Mapping[str, Sequence[str]]) -> Drawing:
    drawing = Drawing(900, 600, "NLL less the oracle's against time per click, all methods in the made-up world")
    key(drawing, groups, 70)
    left, right, top, bottom = 70, 860, 70, 545
    spent = {row["cost"]: float(row["time per click, oracle = 1"]) for row in tables["Cost", "cost"]}
    most = 1.3 * max(spent.values())
    x = Scale(math.log, 0.3, most, left, right)
    y = Scale(stretched(0.1), -0.1, 2000, bottom, top)
    ticks = {value: f"{value:g}" for value in (0.3, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) if value <= most}
    drawing.across(x, ticks, "time per click, oracle = 1", top, bottom)
    drawing.upright(y, GAPS, NLL, left, right)
    marks = [
        Mark(x(spent[row["method"]]), y(gap(row[NLL]).value), row["method"], color(groups, row["method"]))
        for row in tables[WORLD, "method"]
    ]
    drawing.named(marks, Box(left, top, right + 30, bottom))
    return drawing


if __name__ == "__main__":
    main()
