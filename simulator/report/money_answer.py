"""What a run says of predicted money, in a few careful sentences."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report import words

MONEY, RANKING = "poisson_deviance", "top5_value_share"
SMALL_TAIL = 1_000  # effective gifts below which a few decide

Method = Mapping[str, Any]


def money_answer(
    methods: Sequence[Method], differences: Sequence[Mapping[str, Any]], received: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the lead sentence and a few more.

    Parameters
    ----------
    methods : sequence of dict
        Those that predict money, as in the summary, with ``given``.
    differences : sequence of dict
        By day, as in run.json.
    received : mapping
        Of the money that came in, as in run.json.
    """
    rivals = [one for one in methods if not one["bound"] and one["given"] == "click" and _value(one, "value_ratio")]
    if not rivals:
        reasons = [one["metrics"].get("value_ratio", {}).get("reason") for one in methods]
        because = next(
            (words.reason(reason) for reason in reasons if reason), "no method predicts what any click is worth"
        )
        return {"lead": f"This run cannot rank its methods by money: {because}.", "more": []}
    best = min(rivals, key=lambda one: float(_value(one, MONEY) or 0))
    first = max(rivals, key=lambda one: _value(one, RANKING) or -math.inf)
    lead = f"For money, {best['label']}: the lowest Poisson deviance, {_cell(best, MONEY)}"
    lead += _sure(best, rivals, differences, MONEY)
    lead += f" For ranking, {first['label']}: its top 5\u00a0% of clicks bring {_share(first)} of the money"
    lead += _sure(first, rivals, differences, RANKING)
    more = [_ratio(best), _expected(best), _worst(best, rivals), _tail(received), _logs(rivals, best)]
    more += [_given(one) for one in methods if one["given"] == "gift"]
    return {"lead": lead, "more": [sentence for sentence in more if sentence]}


def _value(method: Method, metric: str) -> float | None:
    value: float | None = method["metrics"].get(metric, {}).get("value")
    return value


def _cell(method: Method, metric: str) -> str:
    cell = method["metrics"][metric]
    text = words.figure(cell["value"], metric)
    return text if cell["low"] is None else f"{text} ({words.interval(cell['low'], cell['high'], metric)})"


def _share(method: Method) -> str:
    cell = method["metrics"][RANKING]
    if cell["value"] is None:
        return words.NO_ANSWER
    text = words.percent(cell["value"])
    return (
        text
        if cell["low"] is None
        else f"{text} ({words.percent(max(cell['low'], 0))} to {words.percent(cell['high'])})"
    )


def difference_of(differences: Sequence[Mapping[str, Any]], a: str, b: str, metric: str) -> dict[str, Any] | None:
    """Return the difference a less b with its interval, or None if it was not measured."""
    for one in differences:
        if one["metric"] == metric and {one["a"], one["b"]} == {a, b}:
            if one["difference"] is None or one["a"] == a:
                return dict(one)
            back = {key: None if one[key] is None else 0.0 - one[key] for key in ("difference", "low", "high")}
            return {**one, "a": a, "b": b, **back, "low": back["high"], "high": back["low"]}
    return None


def _sure(best: Method, rivals: Sequence[Method], differences: Sequence[Mapping[str, Any]], metric: str) -> str:
    """Return the end of a sentence: from which rivals the best is apart, in its differences over time."""
    others = [one["label"] for one in rivals if one is not best]
    found = {label: difference_of(differences, best["label"], label, metric) for label in others}
    if not others:
        return "."
    if any(one is None or one["low"] is None for one in found.values()):
        return "; the log is too short to say whether that is chance."
    level = [label for label, one in found.items() if one and one["low"] <= 0 <= one["high"]]
    if not level:
        return f", apart from {'all others' if len(others) > 1 else others[0]} in its differences over time."
    return f", which this run cannot tell from {words.listing(level)}."


def _ratio(method: Method) -> str | None:
    cell = method["metrics"]["value_ratio"]
    if not cell["value"]:
        return None
    chance = ", which may be chance" if cell["low"] is not None and cell["low"] <= 1 <= cell["high"] else ""
    said = f"{method['label']} predicts {words.money_against_received(cell['value'])}{chance}"
    return f"{said} (value ratio {_cell(method, 'value_ratio')})."


def _expected(method: Method) -> str | None:
    if _value(method, "expected_value_ratio") is None:
        return None
    cell = _cell(method, "expected_value_ratio")
    return f"It predicts {cell} times the true expected money, which only a made-up world knows."


def _worst(best: Method, rivals: Sequence[Method]) -> str | None:
    measured = [one for one in rivals if _value(one, "value_ratio")]
    worst = max(measured, key=lambda one: abs(math.log(_value(one, "value_ratio") or 1)), default=best)
    return None if worst is best else _ratio(worst)


def _tail(received: Mapping[str, Any]) -> str | None:
    if not received["gifts"] or received["effective"] is None:
        return None
    said = (
        f"The largest 1\u00a0% of gifts bring {words.percent(received['top1'])} of the money: "
        f"{words.count(received['gifts'])} gifts tell as much about money as {words.count(received['effective'])} of "
        "one size would."
    )
    return said + (" Take figures of money as that uncertain." if received["effective"] < SMALL_TAIL else "")


def _logs(rivals: Sequence[Method], best: Method) -> str | None:
    lowest = min(rivals, key=lambda one: float(_value(one, "mae_log") or math.inf))
    ratio = _value(lowest, "value_ratio")
    if lowest is best or ratio is None or ratio > 0.8:
        return None
    return (
        f"{lowest['label']} has the lowest error of log(1 + money) and predicts {words.money_against_received(ratio)}: "
        "that error is least at a median, and most clicks bring nothing."
    )


def _given(method: Method) -> str:
    ratio = _value(method, "value_ratio")
    times = f", where it predicts {words.figure(ratio, 'value_ratio')} times the money that came in" if ratio else ""
    return (
        f"{method['label']} says what a click is worth if it brings something: it is to be compared on gifts alone, "
        f"never on all clicks{times}."
    )
