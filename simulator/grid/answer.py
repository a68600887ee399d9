"""A grid's answer in a few careful sentences."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from simulator.grid.rows import Row, Rows
from simulator.grid.words import cell_text, rank, value_text
from simulator.report import words
from simulator.report.compare import compare
from simulator.report.curves import NLL, RATIO, Curve, read_measured
from simulator.report.summary import evaluated_nll

MOST_COMPARED = 12  # setups that are compared with the best one, day by day


class Setup(NamedTuple):
    """A method with values of the axes that are not about the world, and what it does in every world."""

    method: str
    choice: Mapping[str, Any]
    rows: Sequence[Row]  # one for each world that it was run in
    regret: float  # mean over worlds of its NLL less the lowest one there


def setups(found: Rows) -> list[Setup]:
    """Return the setups that were run in every world, the best first; bounds are no rivals."""
    rows = [row for row in found.rows if not row.bound and _nll(row) is not None]
    lowest: dict[str, float] = defaultdict(lambda: math.inf)
    for row in rows:
        lowest[row.world] = min(lowest[row.world], _nll(row) or math.inf)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[_setup_key(row, found)].append(row)
    most = max((len(group) for group in groups.values()), default=0)
    kept = [_setup(group, found, lowest) for group in groups.values() if len(group) == most]
    return sorted(kept, key=lambda setup: setup.regret)


def answer(found: Rows, names: Mapping[str, str], failures: Sequence[tuple[Mapping[str, Any], str]]) -> list[str]:
    """Return the lead sentence and a few more."""
    ranked = setups(found)
    many = f"{len(failures)} cells" if len(failures) > 1 else "One cell"
    lost = [f"{many} failed: {_listed(failures, names)}."] if failures else []
    if not ranked:
        return ["This grid cannot rank its cells: none has mature labels to be measured on.", *lost]
    best = ranked[0]
    lead = f"Lowest NLL: {_name(best, names)}"
    if len(best.rows) == 1:
        lead += f" ({_figure(best.rows[0])})."
        more = [*_rivals(best, ranked[1:], names), _calibration(best)]
    else:
        wins = sum(_wins(row, ranked) for row in best.rows)
        lead += f", on the mean over {len(best.rows)} worlds; it is the lowest in {wins} of them."
        more = _behind(ranked, names)
    firsts = ((axis, next((one for one in ranked if axis in one.choice), None)) for axis in names)
    along = [_along(one, axis, ranked, names) for axis, one in firsts if one]
    return [lead, *more, *(sentence for sentence in along if sentence), *lost]


def _nll(row: Row) -> float | None:
    value: float | None = row.metrics.get(NLL, {}).get("value")
    return value


def _setup_key(row: Row, found: Rows) -> str:
    return row.method + cell_text({axis: value for axis, value in row.choice.items() if axis not in found.worlds})


def _setup(rows: Sequence[Row], found: Rows, lowest: Mapping[str, float]) -> Setup:
    choice = {axis: value for axis, value in rows[0].choice.items() if axis not in found.worlds}
    regret = float(np.mean([(_nll(row) or math.inf) - lowest[row.world] for row in rows]))
    return Setup(rows[0].method, choice, rows, regret)


def _name(setup: Setup, names: Mapping[str, str]) -> str:
    return setup.method + (f" with {cell_text(setup.choice, names)}" if setup.choice else "")


def _figure(row: Row) -> str:
    cell = row.metrics[NLL]
    text = words.figure(cell["value"], NLL)
    return text if cell["low"] is None else f"{text}, interval {words.interval(cell['low'], cell['high'], NLL)}"


def _listed(failures: Sequence[tuple[Mapping[str, Any], str]], names: Mapping[str, str]) -> str:
    return "; ".join(f"{cell_text(choice, names)} ({why})" for choice, why in failures[:3]) + (
        f"; and {len(failures) - 3} more" if len(failures) > 3 else ""
    )


def _rivals(best: Setup, others: Sequence[Setup], names: Mapping[str, str]) -> list[str]:
    """Return whether days in common tell the next ones from the best."""
    if not others:
        return []
    curve = _curve(best.rows[0])
    level = []
    for other in others[:MOST_COMPARED]:
        apart = _compared(other.rows[0], best.rows[0], _curve(other.rows[0]), curve)
        if apart is None:
            level.append(_name(other, names))
    if level:
        return [f"NLL alone cannot tell it from {words.listing(level)}."]
    return [f"Next is {_name(others[0], names)}, {others[0].regret:.4f} higher; the days tell them apart."]


def _compared(a: Row, b: Row, curve_a: Curve | None, curve_b: Curve | None) -> bool | None:
    """Return True if two rows are apart, None if the days do not tell."""
    curves = {"a": curve_a, "b": curve_b}
    there = {label: curve for label, curve in curves.items() if curve is not None}
    found = compare({"label": "a", "metrics": a.metrics}, {"label": "b", "metrics": b.metrics}, there)
    return True if found.apart else None


def _curve(row: Row) -> Curve | None:
    measured = read_measured(row.result.folder / "metrics.parquet")
    return evaluated_nll(measured, row.result.record["clock"]["evaluate_from"]).get(row.method)


def _calibration(best: Setup) -> str:
    ratio = best.rows[0].metrics.get(RATIO, {}).get("value")
    if not ratio:
        return "Its calibration cannot be told."
    return f"It predicts {words.predicted_against_happened(ratio)} (calibration ratio {words.figure(ratio, RATIO)})."


def _wins(row: Row, ranked: Sequence[Setup]) -> bool:
    others = [_nll(other) or math.inf for setup in ranked for other in setup.rows if other.world == row.world]
    return (_nll(row) or math.inf) <= min(others)


def _behind(ranked: Sequence[Setup], names: Mapping[str, str]) -> list[str]:
    if len(ranked) < 2:
        return []
    best, other = ranked[0], ranked[1]
    return [f"Next is {_name(other, names)}, {other.regret - best.regret:.4f} higher on the mean."]


def _along(best: Setup, axis: str, ranked: Sequence[Setup], names: Mapping[str, str]) -> str | None:
    """Return how the best method does along an axis, all else as in the best setup."""
    rest = {key: value for key, value in best.choice.items() if key != axis}
    line = [
        one
        for one in ranked
        if one.method == best.method and {key: value for key, value in one.choice.items() if key != axis} == rest
    ]
    if len(line) < 2:
        return None
    line.sort(key=lambda one: (isinstance(rank(one.choice[axis]), str), rank(one.choice[axis])))
    worst = max(line, key=lambda one: one.regret)
    return (
        f"Along {names[axis]}, from {value_text(line[0].choice[axis])} to {value_text(line[-1].choice[axis])}, "
        f"{best.method} is best at {value_text(best.choice[axis])} and worst at {value_text(worst.choice[axis])}, "
        f"{worst.regret - best.regret:.4f} higher."
    )
