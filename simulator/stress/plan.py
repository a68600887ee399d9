"""What a stress plays: every method that waits, with every window, under every attribution window and fault."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from scenarios import Cell, Grid, Problem, Scenario, ScenarioError, catalogue, unknown_name
from scenarios.durations import format_duration, parse_duration
from scenarios.grid import flattened
from scenarios.load import Source, read
from scenarios.overrides import apply_overrides
from scenarios.problems import mismatch
from scenarios.sections import Clock
from simulator.build import method_problems
from simulator.methods import METHODS, Timing, parameters
from simulator.stress.losses import LOSSES

LADDER = ("5m", "15m", "1h", "3h", "6h", "12h", "1d", "2d", "3d", "5d", "7d", "10d", "14d", "21d", "30d", "60d", "90d")
AXIS = "clock.attribution_window"
_SCENARIOS = (".toml",)


@dataclass(frozen=True)
class Request:
    """What is asked of a stress.

    Parameters
    ----------
    source : str
        A scenario file, a name of the catalogue, or a log in Parquet or CSV.
    overrides : sequence of str
        As of `Scenario.load`.
    windows, attribution_windows, methods : sequence of str
        Empty for the default: a ladder from 5 minutes to the attribution window; the scenario's; and the scenario's
        methods that wait, or ``waiting_window``.
    loss : str
        A name in `LOSSES`, by which the best window is found.
    """

    source: str
    overrides: Sequence[str] = ()
    windows: Sequence[str] = ()
    attribution_windows: Sequence[str] = ()
    methods: Sequence[str] = ()
    loss: str = "nll"


class Swept(NamedTuple):
    """A method with one of its windows."""

    method: str
    window: int  # us


class Stress(NamedTuple):
    """What is to be played, and which of its methods are which."""

    grid: Grid
    swept: Mapping[str, Swept]  # by label; the other methods do not wait, and are there to compare with


def stress_plan(request: Request) -> Stress:
    """Return what a stress plays.

    Raises
    ------
    ScenarioError
        With everything that is wrong with the request.
    """
    file, is_log = _tables(request.source)
    problems = apply_overrides(file.raw, request.overrides, Scenario)
    problems += [*_wrong(request), *_wrong_window(file.raw)]
    if problems:
        raise ScenarioError(file.name, problems)
    own = _own_axes(file.raw.pop("grid", {}))
    wanted = list(request.attribution_windows) or own.pop(AXIS, None) or [_attribution_window(file.raw)]
    swept: dict[str, Swept] = {}
    cells: list[Cell] = []
    for window in wanted:
        tables = _with_windows(file.raw, window, request, swept, is_log=is_log)
        grid = Grid.load(file._replace(raw={**tables, "grid": own}), checks=(method_problems,))
        cells += [Cell({AXIS: window, **cell.choice}, cell.scenario) for cell in grid.cells]
    return Stress(Grid({AXIS: wanted, **own}, tuple(cells)), swept)


def _tables(source: str) -> tuple[Source, bool]:
    """Return the tables of a scenario, or of one with defaults that reads a log."""
    is_log = Path(source).suffix not in _SCENARIOS and source not in catalogue.names()
    if not is_log or not (Path(source).exists() or re.search(r"[*?\[]", source)):
        return read(source), False
    name = re.sub(r"[^a-z0-9]+", "-", Path(source).stem.lower()).strip("-")[:50] or "log"
    raw = {
        "name": f"stress-{name}",
        "title": f"Waiting windows on {Path(source).name}",
        "log": {"kind": "table", "path": source},
        "method": [{"name": "oracle"}, {"name": "waiting_window"}],
    }
    return Source(source, raw, Path.cwd(), is_file=True), True


def _wrong(request: Request) -> list[Problem]:
    problems = [unknown_name("--methods", "method", name, METHODS) for name in request.methods if name not in METHODS]
    if request.loss not in LOSSES:
        problems.append(unknown_name("--loss", "loss", request.loss, LOSSES))
    for option, texts in (("--windows", request.windows), ("--attribution-windows", request.attribution_windows)):
        wrong = [text for text in texts if not _is_duration(text)]
        problems += [mismatch(option, 'a duration above "0s", such as "15m" or "7d"', text) for text in wrong]
    return problems


def _wrong_window(raw: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with the clock's attribution window, in whose place others may be put."""
    clock = raw.get("clock", {})
    if not isinstance(clock, Mapping):
        return [mismatch("clock", "a table", clock)]
    found = clock.get("attribution_window", "7d")
    return [] if _is_duration(found) else [mismatch(AXIS, 'a duration above "0s", such as "90s" or "7d"', found)]


def _is_duration(text: Any) -> bool:
    try:
        return parse_duration(text) > 0
    except ValueError:
        return False


def _own_axes(axes: Any) -> dict[str, Any]:
    """Return the axes of a scenario's own grid that are not about its methods, such as faults of the feed."""
    sections = {info.alias or name for name, info in Scenario.model_fields.items()} - {"method"}
    flat = dict(flattened(axes, "")) if isinstance(axes, Mapping) else {}
    return {key: values for key, values in flat.items() if re.split(r"[.\[]", key)[0] in sections}


def _attribution_window(raw: Mapping[str, Any]) -> str:
    return str(raw.get("clock", {}).get("attribution_window", format_duration(Clock().attribution_window)))


def _with_windows(
    raw: Mapping[str, Any], attribution_window: str, request: Request, swept: dict[str, Swept], *, is_log: bool
) -> dict[str, Any]:
    """Return a scenario's tables with each of its waiting methods once for every window."""
    length = parse_duration(attribution_window)
    clock = {**raw.get("clock", {}), "attribution_window": attribution_window}
    if is_log:
        clock.setdefault("evaluate_from", format_duration(2 * length))
    tables = []
    for table in _methods(raw, request):
        if not _waits(table, request):
            tables.append(table)
            continue
        windows = _windows(table, request, Timing(length, length))
        if not windows:
            told = f"expected windows up to the attribution window, {attribution_window}, got none"
            raise ScenarioError(request.source, [Problem("--windows", told)])
        for window in windows:
            label = f"{table.get('label', table['name'])}-{format_duration(window)}"
            swept[label] = Swept(table.get("label", table["name"]), window)
            tables.append({**table, "label": label, "window": format_duration(window)})
    return {**raw, "clock": clock, "method": tables}


def _methods(raw: Mapping[str, Any], request: Request) -> list[dict[str, Any]]:
    """Return the tables of the methods to play, the oracle among them, each method that waits once."""
    entries = raw.get("method")
    written = [dict(one) for one in entries if isinstance(one, Mapping)] if isinstance(entries, list) else []
    if request.methods:
        by_name = {str(table.get("name")): table for table in reversed(written)}
        written = [by_name.get(name, {"name": name}) for name in dict.fromkeys(request.methods)]
    elif not any(_waits(table, request) for table in written):
        written.append({"name": "waiting_window"})
    if not any(table.get("name") == "oracle" for table in written):
        written.insert(0, {"name": "oracle"})
    once: dict[str, dict[str, Any]] = {}
    for table in written:
        key = str(table.get("name")) if _waits(table, request) else repr(sorted(table.items(), key=repr))
        once.setdefault(key, table)
    return list(once.values())


def _waits(table: Mapping[str, Any], request: Request) -> bool:
    """Return whether a method is to be played with every window: it is asked for, or its window is written down."""
    name = str(table.get("name"))
    if name not in METHODS or "window" not in parameters(METHODS[name]):
        return False
    return name in request.methods or name == "waiting_window" or "window" in table


def _windows(table: Mapping[str, Any], request: Request, timing: Timing) -> list[int]:
    """Return the windows that a method takes: those asked for, or the ladder and the whole attribution window."""
    texts = request.windows or (*LADDER, format_duration(timing.attribution_window))
    lengths = sorted({parse_duration(text) for text in texts})
    return [length for length in lengths if length <= timing.attribution_window and _takes(table, length, timing)]


def _takes(table: Mapping[str, Any], window: int, timing: Timing) -> bool:
    recipe = METHODS[str(table["name"])]
    known = parameters(recipe)
    given = {key: value for key, value in table.items() if key in known and key != "window"}
    plain = {key: parse_duration(v) if known[key].type == "duration" else v for key, v in given.items()}
    try:
        recipe(timing, **plain, window=window)
    except (ValueError, TypeError):
        return False
    return True
