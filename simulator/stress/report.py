"""The report of a stress: which window, how sure, and everything against its length."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scenarios.durations import parse_duration
from simulator.report import words
from simulator.report.looks import Look, looks, swatch
from simulator.report.sheet import Cell, Chart, Head, Section, Sheet, Table, sheet_page
from simulator.stress import charts
from simulator.stress.losses import LOSSES
from simulator.stress.words import row_of, told, where

MOST_LINES = 8  # segments in the chart; the table has them all
_DRAWN = {  # metric -> title, the level that is right
    "calibration_ratio": ("calibration ratio", 1.0),
    "auc": ("AUC", None),
}


def stress_page(found: Mapping[str, Any]) -> str:
    """Return the report as the text of one HTML file; `found` is what stress.json holds."""
    return sheet_page(stress_sheet(found))


def stress_sheet(found: Mapping[str, Any]) -> Sheet:
    """Return the report as plain data."""
    names = list(dict.fromkeys(name for setting in found["settings"] for name in setting["methods"]))
    drawn = dict(zip(names, looks([False] * len(names)), strict=True))
    lead, *more = told(found)
    return Sheet(
        title=found["title"],
        facts=_facts(found),
        lead=lead,
        more=more,
        sections=[
            *_overview(found),
            *(one for at, setting in enumerate(found["settings"]) for one in _sections(at, setting, found, drawn)),
        ],
        methods=[{"label": name, "swatch": swatch(look)} for name, look in drawn.items()],
    )


def _facts(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    first = found["settings"][0]
    return [
        ("Settings", str(len(found["settings"]))),
        ("Windows", str(len(first["missed"]["windows"]))),
        ("Evaluated clicks", words.count(first["clicks"])),
        ("Conversions", words.count(first["conversions"])),
        ("Judged by", LOSSES[found["loss"]].about),
    ]


def _overview(found: Mapping[str, Any]) -> list[Section]:
    """Return the best window of every setting and method in one table, where there are several settings."""
    if len(found["settings"]) == 1:
        return []
    title = LOSSES[found["loss"]].title
    heads = [Head("Setting", number=False), Head("Method", number=False), Head("Best window"), Head("May be from")]
    heads += [Head("to"), Head(title, LOSSES[found["loss"]].about), Head("Missed")]
    rows = [
        _best(where(setting, found), name, method)
        for setting in found["settings"]
        for name, method in setting["methods"].items()
        if method["best"]
    ]
    return [Section("settings", "All settings", [Table("Sort by a column's head.", heads, rows)])]


def _best(setting: str, name: str, method: Mapping[str, Any]) -> list[Cell]:
    best = row_of(method, method["best"])
    ends = method["interval"] or [words.NO_ANSWER] * 2
    return [
        Cell(setting, setting),
        Cell(name, name),
        *(
            Cell(window, parse_duration(window) if window != words.NO_ANSWER else None)
            for window in (best["window"], *ends)
        ),
        Cell(_fine(best["loss"]), best["loss"]),
        Cell(words.NO_ANSWER if best["missed"] is None else words.percent(best["missed"]), best["missed"]),
    ]


def _sections(
    at: int, setting: Mapping[str, Any], found: Mapping[str, Any], drawn: Mapping[str, Look]
) -> Iterator[Section]:
    loss, place = found["loss"], where(setting, found)
    here = f" ({place})" if place else ""
    kept = {name: look for name, look in drawn.items() if name in setting["methods"]}
    said = (
        "What each window loses to the best one of its method, on the same days; bands are 95 % intervals, by "
        "resampling blocks of days. Large marks are windows that may be the best."
    )
    title = f"{LOSSES[loss].title} against the window"
    blocks: list[Any] = [Chart(f"excess-{at}", title, charts.excess(setting, loss, kept), 360, said)]
    blocks += [_table(name, method, loss) for name, method in setting["methods"].items()]
    yield Section(f"loss-{at}", f"Which window{here}", blocks)
    yield Section(f"figures-{at}", f"Calibration and ranking{here}", list(_figures(at, setting, kept)))
    yield Section(f"late-{at}", f"What each window misses{here}", _late(at, setting))


def _figures(at: int, setting: Mapping[str, Any], kept: Mapping[str, Look]) -> Iterator[Chart]:
    for metric, (title, level) in _DRAWN.items():

        def value(row: Mapping[str, Any], metric: str = metric) -> float | None:
            found: float | None = row["metrics"].get(metric, {}).get("value")
            return found

        figure = charts.figure(setting, title, value, kept, level)
        yield Chart(f"{metric}-{at}", title, figure, 300)
    drift = charts.figure(setting, "day to day, log calibration ratio", lambda row: row["drift"], kept, None)
    said = "Standard deviation over days of the logarithm of the calibration ratio; chance moves all methods alike."
    yield Chart(f"drift-{at}", "calibration drift", drift, 300, said)


def _table(name: str, method: Mapping[str, Any], loss: str) -> Table:
    heads = [
        Head("Window", number=False),
        Head(LOSSES[loss].title, LOSSES[loss].about),
        Head("Less the best", "loss less that of the best window, on the same days"),
        Head("Each hour more", "what waiting up to the next window costs in the loss, for each hour of it"),
        Head("Calibration ratio", "predicted over observed conversions; 1 is calibrated"),
        Head("Drift", "standard deviation over days of the logarithm of the calibration ratio"),
        Head("Alarms", "how often the drift alarm rang"),
        Head("AUC", "area under the ROC curve; higher is better"),
        Head("Missed", "share of conversions that come later than the window"),
        Head("Freshness", "mean age of the newest click that the served model has learned from"),
    ]
    rows = [_row(row, row["window"] == method["best"]) for row in method["windows"]]
    return Table(f"{name}; small figures are 95 % intervals.", heads, rows)


def _row(row: Mapping[str, Any], best: bool) -> list[Cell]:
    further = row.get("next") or {}
    return [
        Cell(row["window"] + (" (may be best)" if row.get("kept") and not best else ""), parse_duration(row["window"])),
        Cell(_fine(row.get("loss")), row.get("loss"), best=best),
        Cell(_fine(row.get("excess")), row.get("excess"), _interval(row)),
        Cell(_fine(further.get("per_hour"), 6), further.get("per_hour"), _interval(further, 6)),
        _metric(row, "calibration_ratio"),
        Cell(words.figure(row["drift"], "calibration_ratio"), row["drift"]),
        Cell(str(row["alarms"]), row["alarms"]),
        _metric(row, "auc"),
        Cell(words.NO_ANSWER if row["missed"] is None else words.percent(row["missed"]), row["missed"]),
        Cell(words.duration(row["freshness_us"]), row["freshness_us"]),
    ]


def _metric(row: Mapping[str, Any], metric: str) -> Cell:
    found = row["metrics"].get(metric, {})
    value, low, high = found.get("value"), found.get("low"), found.get("high")
    return Cell(words.figure(value, metric), value, words.interval(low, high, metric) if low is not None else "")


def _fine(value: float | None, places: int = 5) -> str:
    return words.NO_ANSWER if value is None else f"{value:.{places}f}".replace("-", words.MINUS)


def _interval(found: Mapping[str, Any], places: int = 5) -> str:
    if found.get("low") is None or found.get("high") is None:
        return ""
    return f"{_fine(found['low'], places)} to {_fine(found['high'], places)}"


def _late(at: int, setting: Mapping[str, Any]) -> Sequence[Any]:
    segments, windows = setting["missed"]["segments"], setting["missed"]["windows"]
    chart = Chart(f"late-{at}", "conversions that come later", charts.late(setting, segments[:MOST_LINES]), 320)
    heads = [Head("Segment", number=False), Head("Conversions"), *(Head(window) for window in windows)]
    rows = [
        [
            Cell(one["segment"] or "all", one["segment"]),
            Cell(words.count(one["conversions"]), one["conversions"]),
            *(Cell(words.NO_ANSWER if share is None else words.percent(share), share) for share in one["share"]),
        ]
        for one in segments
    ]
    return [chart, Table("Share of conversions that come later than each window, by segment.", heads, rows)]
