"""The run's answer in a few careful sentences."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report import words
from simulator.report.compare import Comparison, compare
from simulator.report.curves import NLL, RATIO, Curve

Method = Mapping[str, Any]


def answer(methods: Sequence[Method], nll: Mapping[str, Curve]) -> dict[str, Any]:
    """Return the lead sentence and a few more.

    Parameters
    ----------
    methods : sequence of dict
        As in the summary: ``label``, ``bound``, ``metrics``, ``as_seen`` and ``drift``.
    nll : mapping of label to Curve
        NLL of mature labels, by window, where clicks count.
    """
    measured = [method for method in methods if _value(method, NLL) is not None]
    rivals = sorted(
        (method for method in measured if not method["bound"]), key=lambda method: method["metrics"][NLL]["value"]
    )
    if not rivals:
        return {"lead": _nothing(methods), "more": []}
    best = rivals[0]
    lead = f"{'Lowest NLL' if len(rivals) > 1 else 'NLL'}: {best['label']} ({_with_interval(best, NLL)})"
    for bound in [method for method in measured if method["bound"]][:1]:
        lead += _to_bound(bound, compare(best, bound, nll))
    more = [_runners_up(best, rivals[1:], nll), *_calibration(best, rivals), _as_seen(best), _alarms(methods)]
    return {"lead": f"{lead}.", "more": [sentence for sentence in more if sentence]}


def _value(method: Method, metric: str) -> float | None:
    value: float | None = method["metrics"].get(metric, {}).get("value")
    return value


def _nothing(methods: Sequence[Method]) -> str:
    reasons = [method["metrics"].get(NLL, {}).get("reason") for method in methods if not method["bound"]]
    because = next((words.reason(reason) for reason in reasons if reason), "no method was measured")
    return f"This run cannot rank its methods: {because}."


def _with_interval(method: Method, metric: str) -> str:
    cell = method["metrics"][metric]
    text = words.figure(cell["value"], metric)
    if cell["low"] is None or cell["high"] is None:
        return text
    return f"{text}, interval {words.figure(cell['low'], metric)} to {words.figure(cell['high'], metric)}"


def _to_bound(bound: Method, found: Comparison) -> str:
    """Return the end of a sentence: where the best NLL stands to the bound's, and whether this run can tell."""
    name = bound["label"]
    if found.difference is not None and found.half is not None:
        text = words.difference(found.difference, found.half)
        if not found.apart:
            return f", which this run cannot tell from {name} (difference {text}, by day)"
        return f", {text.lstrip('+' + words.MINUS)} {'above' if found.difference > 0 else 'below'} {name}"
    said = {
        True: "and their intervals are apart",
        False: "and their intervals overlap, so the order may be chance",
        None: "and without intervals it is not known whether they differ",
    }
    return f"; {name} has {words.figure(_value(bound, NLL), NLL)}, {said[found.apart]}"


def _runners_up(best: Method, others: Sequence[Method], nll: Mapping[str, Curve]) -> str | None:
    if not others:
        return None
    found = [compare(other, best, nll) for other in others]
    level = [other["label"] for other, one in zip(others, found, strict=True) if not one.apart]
    if level:
        return f"NLL alone cannot tell {words.listing([best['label'], *level])} apart in this run."
    difference, half = found[0].difference, found[0].half
    if difference is None or half is None:
        return f"Next is {others[0]['label']} at {words.figure(_value(others[0], NLL), NLL)}; the intervals are apart."
    return f"Next is {others[0]['label']}, {words.difference(difference, half).lstrip('+')} higher."


def _calibration(best: Method, rivals: Sequence[Method]) -> list[str]:
    """Return a sentence on the best method's calibration, and one on the method furthest off."""
    sentences = []
    if _value(best, RATIO):
        sentences.append(_ratio(best))
    measured = [method for method in rivals if _value(method, RATIO)]
    if len(measured) > 1:
        worst = max(measured, key=lambda method: abs(math.log(method["metrics"][RATIO]["value"])))
        if worst is not best:
            sentences.append(_ratio(worst))
    return sentences


def _ratio(method: Method) -> str:
    cell = method["metrics"][RATIO]
    said = f"{method['label']} predicts {words.predicted_against_happened(cell['value'])}"
    interval = f"(calibration ratio {_with_interval(method, 'calibration_ratio')})"
    if cell["low"] is not None and cell["high"] is not None and cell["low"] <= 1 <= cell["high"]:
        return f"{said}, which may be chance {interval}."
    return f"{said} {interval}."


def _as_seen(best: Method) -> str | None:
    seen, true = best["as_seen"], _value(best, RATIO)
    if not seen or not true or abs(math.log(seen / true)) < math.log(1.05):
        return None
    shown, known = words.figure(seen, RATIO), words.figure(true, RATIO)
    return (
        f"To a monitor that does not wait for late labels, the ratio of {best['label']} is {shown} instead of {known}."
    )


def _alarms(methods: Sequence[Method]) -> str | None:
    if not any("drift" in method for method in methods):
        return None
    rang = [f"{method['label']} ({len(method['drift'])})" for method in methods if method.get("drift")]
    return f"Drift alarms rang for {words.listing(rang)}." if rang else "No drift alarm rang."
