"""A stress's answer in a few careful sentences."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from simulator.grid.words import cell_text, short_names, value_text
from simulator.report import words
from simulator.stress.losses import LOSSES

Method = Mapping[str, Any]


def told(found: Mapping[str, Any]) -> list[str]:
    """Return the lead sentence and the rest, of all settings."""
    loss = found["loss"]
    judged = [(setting, name, method) for setting in found["settings"] for name, method in _judged(setting)]
    if not judged:
        return ["No window can be called best: no mature labels were evaluated.", *_warnings(found)]
    setting, name, method = min(judged, key=lambda one: (one[0] is not found["settings"][0], _lowest(one[2])))
    sentences = [_lead(name, method, loss), *_rest(name, method, loss), *_other_methods(setting, name, method, loss)]
    others = [f"With {where(one, found)}: {_short(one, loss)}." for one in found["settings"][1:]]
    if others:
        sentences[0] = f"With {where(setting, found)}, {sentences[0]}"
    return [*sentences, *others, *_warnings(found)]


def _judged(setting: Mapping[str, Any]) -> list[tuple[str, Method]]:
    return [(name, method) for name, method in setting["methods"].items() if method["best"]]


def _lowest(method: Method) -> float:
    return float(min(row["loss"] for row in method["windows"] if row["loss"] is not None))


def row_of(method: Method, window: str) -> Mapping[str, Any]:
    """Return the row of a window."""
    return next(row for row in method["windows"] if row["window"] == window)


def _lead(name: str, method: Method, loss: str) -> str:
    best = method["best"]
    lead = f"{name}: the lowest {LOSSES[loss].title} is with a window of {best}"
    if method["kept"] is None:
        return f"{lead}; {method['days']} days are too few to say how sure that is."
    if method["kept"] == [best]:
        return f"{lead}, and {method['days']} days tell it from every other window."
    return f"{lead}; it may be any from {method['interval'][0]} to {method['interval'][1]}."


def _rest(name: str, method: Method, loss: str) -> list[str]:
    best = row_of(method, method["best"])
    low, high = method["flat"]
    if low == high:
        flat = f"The optimum is sharp: no other window is within 1 % of its {LOSSES[loss].title}."
    else:
        flat = f"The optimum is flat: from {low} to {high} the {LOSSES[loss].title} is within 1 % of it."
    return [*_alike(method), flat, *_hours(method), *_missing(name, best), *_ends(method, loss)]


def _alike(method: Method) -> list[str]:
    if not method["kept"] or len(method["kept"]) < 2:
        return []
    return [f"This log cannot tell {words.listing(method['kept'], most=8)} apart."]


def _hours(method: Method) -> list[str]:
    """Return what each hour more is worth up to the best window, and beyond it."""
    rows = method["windows"]
    at = next(number for number, row in enumerate(rows) if row["window"] == method["best"])
    said = [
        f"from {a['window']} to {b['window']} each hour more {'costs' if cost > 0 else 'saves'} {abs(cost):.6f}"
        + ("" if a["next"]["apart"] else ", which may be chance")
        for a, b in pairwise(rows[max(at - 1, 0) : at + 2])
        if (cost := a["next"]["per_hour"]) is not None
    ]
    return [f"Near it, {'; '.join(said)}."] if said else []


def _missing(name: str, best: Mapping[str, Any]) -> list[str]:
    ratio = best["metrics"].get("calibration_ratio", {}).get("value")
    if best["missed"] is None or ratio is None:
        return []
    said = f"{words.predicted_against_happened(ratio)} (calibration ratio {words.figure(ratio, 'segment')})"
    late = f"{words.percent(best['missed'])} of conversions come later than the window"
    return [f"With {best['window']}, {late}, and {name} predicts {said}."]


def _ends(method: Method, loss: str) -> list[str]:
    """Return what the shortest and the longest window cost."""
    ends = [method["windows"][0], method["windows"][-1]]
    told_ = [_cost(row) for row in ends if row["window"] != method["best"] and row["excess"] is not None]
    return [f"Against the best, {' and '.join(told_)} in {LOSSES[loss].title}."] if told_ else []


def _cost(row: Mapping[str, Any]) -> str:
    interval = "" if row["low"] is None else f" (interval {row['low']:.5f} to {row['high']:.5f})"
    return f"{row['window']} costs {row['excess']:.5f}{interval}".replace("-", words.MINUS)


def _other_methods(setting: Mapping[str, Any], name: str, method: Method, loss: str) -> list[str]:
    others = [
        f"{other} at {found['best']}, {_lowest(found) - _lowest(method):+.5f}".replace("-", words.MINUS)
        for other, found in _judged(setting)
        if other != name
    ]
    bound = setting["references"].get("oracle", {}).get(loss, {}).get("value")
    if bound is not None:
        others.append(
            f"the oracle, which knows every label at once, {bound - _lowest(method):+.5f}".replace("-", words.MINUS)
        )
    return [f"Against it: {'; '.join(others)}."] if others else []


def where(setting: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return what a setting is, by what is not the same in all of them; empty if there is only one."""
    choices = [one["choice"] for one in found["settings"]]
    differing = [axis for axis in setting["choice"] if len({value_text(choice[axis]) for choice in choices}) > 1]
    return cell_text({axis: setting["choice"][axis] for axis in differing}, short_names(differing))


def _short(setting: Mapping[str, Any], loss: str) -> str:
    judged = _judged(setting)
    if not judged:
        return "no mature labels were evaluated"
    parts = [f"{name} {method['best']}{_range(method)}" for name, method in judged]
    return f"lowest {LOSSES[loss].title} with {words.listing(parts)}"


def _range(method: Method) -> str:
    if not method["interval"] or method["interval"][0] == method["interval"][1]:
        return ""
    return f" ({method['interval'][0]} to {method['interval'][1]})"


def _warnings(found: Mapping[str, Any]) -> Sequence[str]:
    return list(dict.fromkeys(warning for setting in found["settings"] for warning in setting["warnings"]))
