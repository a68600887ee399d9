"""Tables of predicted money, ready to be printed."""

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.report import words
from simulator.report.money_answer import MONEY, difference_of
from simulator.report.tables import Column, mark_best, metric_cells

Method = Mapping[str, Any]
Row = tuple[Method, str, dict[str, dict[str, Any]]]  # whose figures, of what, and their cells

_SHARE = "share of all money that the top {} % of clicks by prediction bring; higher is better"
_OVERLAP = (
    "what the top {0} % by prediction and the top {0} % by money have in common; where fewer than {0} % of the clicks "
    "bring money the latter is filled up by lot, and 100 % is out of reach"
)
_LOG = "{} of log(1 + money); best at a {}, so where most clicks bring nothing it rewards predicting too little"
CLICKS = (
    Column("value_ratio", "Value ratio", "predicted over received money; 1 is calibrated", "one"),
    Column("expected_value_ratio", "To true value", "predicted over true expected money; 1 is unbiased", "one"),
    Column(MONEY, "Poisson deviance", "lowest, in expectation, at the expected money: judges money", "low"),
    Column("tweedie_deviance", "Tweedie deviance", "likewise, of power 1.5, less ruled by large gifts", "low"),
    Column("spearman", "Spearman", "correlation of ranks, ties averaged; few gifts keep it near 0", "high"),
    *(Column(f"top{k}_value_share", f"Top {k} % share", _SHARE.format(k), "high") for k in (1, 5, 10)),
    *(Column(f"top{k}_overlap", f"Top {k} % overlap", _OVERLAP.format(k), "high") for k in (1, 5, 10)),
    Column("ndcg_100", "NDCG@100", "discounted money of the first 100 clicks over the best there is", "high"),
    Column("mae_log", "MAE log", _LOG.format("mean absolute error", "median"), ""),
    Column("rmse_log", "RMSE log", _LOG.format("root mean squared error", "geometric mean"), ""),
)
GIFTS = (
    Column("value_ratio", "Value ratio", "predicted over received money of clicks that brought some", "one"),
    Column("gamma_deviance", "Gamma deviance", "lowest, in expectation, at the expected amount of a gift", "low"),
    Column("spearman", "Spearman", "correlation of ranks among gifts", "high"),
    *(Column(f"top{k}_value_share", f"Top {k} % share", _SHARE.format(k), "high") for k in (1, 5, 10)),
    Column("ndcg_100", "NDCG@100", "discounted money of the first 100 gifts over the best there is", "high"),
    Column("mae_log", "MAE log", "mean absolute error of log(1 + money), on gifts", "low"),
    Column("rmse_log", "RMSE log", "root mean squared error of log(1 + money), on gifts", "low"),
)
AMOUNT = "says the amount of a gift"
COMPARED = {
    MONEY: "Poisson deviance",
    "tweedie_deviance": "Tweedie deviance",
    "top1_value_share": "Top 1 % share",
    "top5_value_share": "Top 5 % share",
    "top10_value_share": "Top 10 % share",
    "spearman": "Spearman",
    "ndcg_100": "NDCG@100",
    "mae_log": "MAE log",
    "gamma_deviance_gifts": "Gamma deviance, on gifts",
    "spearman_gifts": "Spearman, on gifts",
    "top10_value_share_gifts": "Top 10 % share, on gifts",
}


def money_table(methods: Sequence[Method]) -> dict[str, Any]:
    """Return columns and rows of metrics on all clicks; who predicts amounts of gifts alone is no rival."""
    rows: list[Row] = [(method, "", metric_cells(method["metrics"])) for method in methods]
    return _table(CLICKS, rows, lambda method, _: not method["bound"] and method["given"] == "click")


def gift_table(methods: Sequence[Method]) -> dict[str, Any]:
    """Return columns and rows of metrics on gifts: of amount stages, and of what is served.

    A model of any click's worth is rightly far below what a gift is worth, so only those of amounts are rivals.
    """
    rows: list[Row] = []
    for method in methods:
        cells = metric_cells(method["metrics"])
        if "_amount" in method["capture"]:
            rows.append((method, "amount stage", _of(cells, "_amount")))
        said = AMOUNT if method["given"] == "gift" else "worth of any click"
        rows.append((method, said, _of(cells, "_gifts")))
    rows.sort(key=lambda row: row[1] == "worth of any click")
    return _table(GIFTS, rows, lambda method, said: not method["bound"] and said in ("amount stage", AMOUNT))


def _of(cells: Mapping[str, dict[str, Any]], ending: str) -> dict[str, dict[str, Any]]:
    return {name.removesuffix(ending): cell for name, cell in cells.items() if name.endswith(ending)}


def _table(columns: Sequence[Column], rows: Sequence[Row], rival: Any) -> dict[str, Any]:
    there = [column for column in columns if any(row[2].get(column.key, {}).get("sort") is not None for row in rows)]
    keys = [column.key for column in there]
    for column in there:
        rivals = [cells[column.key] for method, said, cells in rows if rival(method, said) and column.key in cells]
        mark_best(rivals, column.goal)
    shown = [
        {"method": method, "said": said, "cells": [cells[column.key] for column in there]}
        for method, said, cells in rows
    ]
    reasons = sorted(
        {cell["why"] for _, _, cells in rows for key, cell in cells.items() if cell["why"] and key in keys}
    )
    return {"columns": [column._asdict() for column in there], "rows": shown, "reasons": reasons}


def differences(methods: Sequence[Method], found: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return each method less the one with the lowest Poisson deviance, by day; None with nothing to compare."""
    rivals = [one for one in methods if not one["bound"] and one["given"] == "click"]
    measured = [one for one in rivals if one["metrics"].get(MONEY, {}).get("value") is not None]
    if len(methods) < 2 or not measured:
        return None
    best = min(measured, key=lambda one: float(one["metrics"][MONEY]["value"]))
    rows = []
    for method in methods:
        if method is best:
            continue
        pairs = {metric: difference_of(found, method["label"], best["label"], metric) for metric in COMPARED}
        cells = [_difference(pair, metric) if _fair(method, best, metric) else _NONE for metric, pair in pairs.items()]
        rows.append({"method": method, "cells": cells})
    return {"best": best["label"], "columns": list(COMPARED.values()), "rows": rows}


_NONE = {"text": words.NO_ANSWER, "interval": "", "apart": False}


def _fair(a: Method, b: Method, metric: str) -> bool:
    """Return whether two methods say the same thing: what any click is worth, or what a gift amounts to.

    The order in which they put gifts can be compared in any case.
    """
    if not metric.endswith("_gifts"):
        return bool(a["given"] == b["given"] == "click")
    amounts = [one["given"] == "gift" or "_amount" in one["capture"] for one in (a, b)]
    return not metric.startswith("gamma") or all(amounts)


def _difference(pair: Mapping[str, Any] | None, metric: str) -> dict[str, Any]:
    if pair is None or pair["difference"] is None:
        return _NONE
    base = metric.removesuffix("_gifts")
    if pair["low"] is None:
        return {"text": words.signed(pair["difference"], base), "interval": "", "apart": False}
    interval = f"{words.signed(pair['low'], base)} to {words.signed(pair['high'], base)}"
    apart = not pair["low"] <= 0 <= pair["high"]
    return {"text": words.signed(pair["difference"], base), "interval": interval, "apart": apart}


def importance(methods: Sequence[Method]) -> dict[str, Any] | None:
    """Return how much each stage of each method leans on each feature, as shares of what all features add."""
    looks = [(method, look) for method in methods for look in method["importance"] if _told(method, look)]
    features = list(dict.fromkeys(name for _, look in looks for name in look["increase"]))
    if not features:
        return None
    heads = [{"method": method, "stage": words.STAGES[look["stage"]]} for method, look in looks]
    columns = [_shares(look["increase"], features) for _, look in looks]
    order = sorted(range(len(features)), key=lambda at: -sum(column[at] for column in columns))
    rows = [{"name": features[at], "cells": [_bar(column[at]) for column in columns]} for at in order]
    return {"heads": heads, "rows": rows, "said": [text for text in map(_leans, methods) if text]}


def _told(method: Method, look: Mapping[str, Any]) -> bool:
    """Return whether a look is worth a column: a product of stages says nothing that its stages do not."""
    return look["stage"] != "served" or len(method["importance"]) == 1


def _shares(increase: Mapping[str, float | None], features: Sequence[str]) -> list[float]:
    gains = [max(increase.get(name) or 0.0, 0.0) for name in features]
    return [gain / (sum(gains) or 1.0) for gain in gains]


def _bar(share: float) -> dict[str, Any]:
    return {"text": words.percent(share), "width": round(100 * share, 1)}


def _leans(method: Method) -> str | None:
    """Return whether two stages lean on different features."""
    stages = {look["stage"]: look["increase"] for look in method["importance"]}
    if not {"probability", "amount"} <= set(stages):
        return None
    names = list(stages["probability"])
    first, second = (_shares(stages[stage], names) for stage in ("probability", "amount"))
    common = sum(min(one, other) for one, other in zip(first, second, strict=True))
    top, other = names[first.index(max(first))], names[second.index(max(second))]
    same = "lean on the same feature most" if top == other else "lean on different features"
    which = top if top == other else f"whether there is a gift on {top}, how large it is on {other}"
    return f"The stages of {method['label']} {same}: {which}; {words.percent(common)} of their weight is in common."


def stage_notes(methods: Sequence[Method]) -> list[str]:
    """Return what must be known to read figures of the probability of a gift, where gifts are rare."""
    rate = next((method["base_rate"] for method in methods if method["base_rate"] is not None), None)
    if rate is None:
        return []
    nothing = words.figure(rate, "ece")
    note = (
        f"Predicting 0 for every click has an ECE of {nothing}, the share of clicks that bring a gift: an ECE near it "
        "is no evidence of calibration, however small it looks; the calibration ratio is."
    )
    return [note]


def value_segments(rows: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Return one table per segment column: value ratio with its interval, segments with most clicks first."""
    fields: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}
    for row in rows:
        field, _, value = row["segment"].partition("=")
        fields.setdefault(field, {}).setdefault(value, {})[row["method"]] = row
    tables = []
    for field, values in fields.items():
        clicks = {value: max(row["clicks"] or 0 for row in found.values()) for value, found in values.items()}
        largest = sorted(values, key=lambda value: (-clicks[value], value))[:30]
        shown = [
            {
                "value": value,
                "clicks": words.count(clicks[value]),
                "gifts": words.count(max(row["conversions"] or 0 for row in values[value].values())),
                "cells": [_segment(values[value].get(label)) for label in labels],
            }
            for value in largest
        ]
        tables.append({"field": field, "rows": shown, "left_out": len(values) - len(largest)})
    return tables


def _segment(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None or row["value"] is None:
        why = words.reason((row and row["reason"]) or "no clicks")
        return {"text": words.NO_ANSWER, "interval": "", "shade": None, "title": f"no answer: {why}"}
    known = row["low"] is not None
    interval = words.interval(row["low"], row["high"], "value_ratio") if known else ""
    apart = known and not row["low"] <= 1 <= row["high"]
    shade = (2 if row["value"] > 1 else -2) if apart else 0
    return {"text": words.figure(row["value"], "value_ratio"), "interval": interval, "shade": shade, "title": ""}
