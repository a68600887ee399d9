"""How much the learning rate matters to each method: what `[tune]` tried, as a table and in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.report import words

LOSSES = {"nll": "NLL", "poisson_deviance": "Poisson deviance", "gamma_deviance": "Gamma deviance"}

Method = Mapping[str, Any]


def sensitivities(run: Mapping[str, Any], methods: Sequence[Method]) -> list[dict[str, Any]]:
    """Return a table for each loss that learning rates were chosen by; none where nothing was tuned.

    Parameters
    ----------
    run : mapping
        run.json.  Runs of before there was tuning have none.
    methods : sequence of dict
        All methods, as in the summary.

    Returns
    -------
    list of dict
        ``loss``, its ``name``, the ``rates`` that were tried, increasing, and ``rows``: a ``method``, the rate it
        ``chose``, whether all rates were the ``same`` to it, and ``cells`` with ``text``, ``sort`` (the loss, None
        where the model did not stay finite), ``chosen``, and ``best`` for the lowest at its rate.  The bound is no
        rival: it is never marked.  ``told`` says in words who chose the smallest or the largest rate, and who could
        not choose.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for method in methods:
        kept = run["methods"][method["label"]]
        if kept.get("tuning"):
            found.setdefault(_loss(kept), []).append(_row(method, kept))
    return [_table(loss, rows) for loss, rows in found.items()]


def _loss(kept: Mapping[str, Any]) -> str:
    """Return what a rate was chosen by; runs of before money was learned do not say that it was NLL."""
    return str(kept.get("tuned_on", "nll"))


def _row(method: Method, kept: Mapping[str, Any]) -> dict[str, Any]:
    tried = sorted((trial["learning_rate"], trial[_loss(kept)]) for trial in kept["tuning"])
    chosen = [rate == kept["learning_rate"] and not _same(tried) for rate, _ in tried]
    cells = [
        {"text": words.figure(value, "nll"), "sort": value, "chosen": one, "best": False}
        for (_, value), one in zip(tried, chosen, strict=True)
    ]
    rates = [rate for rate, _ in tried]
    return {"method": method, "chose": kept["learning_rate"], "same": _same(tried), "rates": rates, "cells": cells}


def _same(tried: Sequence[tuple[float, float | None]]) -> bool:
    """Tell whether rates made no difference, so that none could be chosen."""
    return len(tried) > 1 and len({value for _, value in tried}) == 1


def _table(loss: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    rates = rows[0]["rates"]  # a scenario has one list of rates, for all
    for column in range(len(rates)):
        rivals = [row["cells"][column] for row in rows if not row["method"]["bound"]]
        known = [cell for cell in rivals if cell["sort"] is not None]
        for cell in known:
            cell["best"] = len(rivals) > 1 and cell["sort"] == min(one["sort"] for one in known)
    told = [*_edges(rates, rows), *_undecided(rows)] if len(rates) > 1 else []
    return {"loss": loss, "name": LOSSES.get(loss, loss), "rates": rates, "rows": rows, "told": told}


def _edges(rates: Sequence[float], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each end of the list of rates that some chose."""
    for rate, size, other in ((rates[0], "smallest", "smaller"), (rates[-1], "largest", "larger")):
        chose = [row["method"]["label"] for row in rows if row["chose"] == rate and not row["same"]]
        if chose:
            yield (
                f"{words.listing(chose)} chose {rate:g}, the {size} rate that was tried: "
                f"a {other} one may suit {'it' if len(chose) == 1 else 'them'} better still."
            )


def _undecided(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence on those to whom all rates were the same."""
    same = [row for row in rows if row["same"]]
    if same:
        names = words.listing([row["method"]["label"] for row in same])
        yield (
            f"All rates were the same to {names}, as to a model that has not begun to learn: the scenario's own was "
            f"taken, {same[0]['chose']:g}. A later evaluate_from leaves more days to choose on."
        )
