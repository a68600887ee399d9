"""What is drawn of money: how much of it the top predictions bring, how even it is, and predicted against received."""

from typing import Any

import numpy as np

from simulator.metrics.sums import Floats
from simulator.metrics.value.clicks import Received, Valued
from simulator.metrics.value.concentration import effective_number, gini_of, lorenz_of
from simulator.metrics.value.days import RankDays, captured_replicates, deciles
from simulator.metrics.value.order import Order
from simulator.metrics.value.ranking import best_capture_of, captured_of
from simulator.metrics.value.table import ValueDays, moved
from simulator.metrics.value.tail import mean_interval

SHARES = np.concatenate((np.geomspace(0.001, 0.1, 21), np.linspace(0.15, 1.0, 18)))  # of clicks, from the top
_STEPS = 5  # bins of money to a factor of 10
_DECADES = (-3, 5)  # money is binned between these powers of ten; what lies beyond counts at the ends


def capture(order: Order, ranks: RankDays, days: ValueDays) -> dict[str, Any]:
    """Return the share of all money that the top of the clicks brings, by how much of them the top is.

    Returns
    -------
    dict
        ``share`` of the clicks, ``captured`` of the money with its 95 % interval ``low`` to ``high``, and ``best``,
        that of the clicks ordered by what they brought.  Columns of one length.
    """
    sizes = np.maximum(np.round(SHARES * order.clicks), 0).astype(np.int64)
    found = captured_of(order, sizes)
    drawn = captured_replicates(ranks, days.weights, SHARES)
    bounds = np.array([moved(column, value, len(days.day))[1:] for column, value in zip(drawn.T, found, strict=True)])
    return {
        "share": SHARES,
        "captured": found,
        "low": np.maximum(bounds[:, 0], 0.0),
        "high": np.minimum(bounds[:, 1], 1.0),
        "best": best_capture_of(order, sizes),
    }


def concentration(order: Order) -> dict[str, Any]:
    """Return Lorenz's curves and Gini's coefficients of predicted and of received money.

    Returns
    -------
    dict
        ``share`` of the clicks, those with least first, and of the money that they have, ``predicted`` and
        ``received``; ``gini_predicted`` and ``gini_received``; nan where an amount is below 0.
    """
    share = np.linspace(0.0, 1.0, 101)
    amounts = np.sort(order.value[order.value > 0])
    some = amounts if not order.loss else np.array([-1.0])
    return {
        "share": share,
        "predicted": lorenz_of(order.prediction, order.clicks, share),
        "received": lorenz_of(some, order.clicks, share),
        "gini_predicted": gini_of(order.prediction, order.clicks),
        "gini_received": gini_of(some, order.clicks),
    }


def by_decile(days: ValueDays, ranks: RankDays) -> dict[str, Any]:
    """Return mean predicted and mean received money of each tenth of the clicks, the highest predictions first.

    Returns
    -------
    dict
        ``clicks``, ``predicted``, ``received`` and the latter's 95 % interval, ``low`` to ``high``; columns with an
        entry for each tenth that has clicks.
    """
    tenth = deciles(ranks)
    columns: dict[str, list[float]] = {name: [] for name in ("clicks", "predicted", "received", "low", "high")}
    for one in np.unique(tenth):
        chosen = tenth == one
        clicks = ranks.counts[:, chosen].sum(axis=(1, 2))
        if not clicks.sum():
            continue
        found = mean_interval(ranks.money[:, chosen].sum(axis=1), clicks, days.few_weights)
        predicted = float(ranks.predicted[:, chosen].sum() / clicks.sum())
        row = (float(clicks.sum()), predicted, found.value, found.low, found.high)
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    return columns


def density(clicks: Valued, money: Received) -> dict[str, Any]:
    """Return how many gifts there are by predicted and by received money, both in bins of equal width in the logarithm.

    Predicted is what the method's model of a gift's amount says, or what is served where it has none.

    Returns
    -------
    dict
        ``edges`` of the bins, and ``gifts`` as rows of counts: the first index is the bin of what was received.
    """
    gift = money.value > 0
    model = clicks.prediction if clicks.amount is None else clicks.amount
    predicted = model[money.row[gift]].astype(np.float64)
    low, high = _DECADES
    n = (high - low) * _STEPS

    def bin_of(amount: Floats) -> Floats:
        place = np.floor((np.log10(np.maximum(amount, 10.0**low)) - low) * _STEPS)
        inside: Floats = np.clip(place, 0, n - 1)
        return inside

    flat = bin_of(money.value[gift]) * n + bin_of(predicted)
    counts = np.bincount(flat.astype(np.int64), minlength=n * n).reshape(n, n)
    return {"edges": 10.0 ** (low + np.arange(n + 1) / _STEPS), "gifts": counts}


def largest(money: Received, clicks: int) -> dict[str, Any]:
    """Return how much hangs on a few gifts, of all money that came in: it decides how sure any figure on money is.

    Returns
    -------
    dict
        ``clicks``, ``gifts`` (clicks that brought money), ``money``, ``mean`` and ``median`` of gifts, ``largest`` gift
        and ``top1`` % of gifts as shares of the money, and the effective number of gifts.
    """
    amounts = np.sort(money.value[money.value > 0])
    total, some = float(amounts.sum()), len(amounts) > 0
    top = amounts[len(amounts) - -(-len(amounts) // 100) :]
    return {
        "clicks": clicks,
        "gifts": len(amounts),
        "money": float(money.value.sum()),
        "mean": total / len(amounts) if some else np.nan,
        "median": float(np.median(amounts)) if some else np.nan,
        "largest": float(amounts[-1]) / total if some else np.nan,
        "top1": float(top.sum()) / total if some else np.nan,
        "effective": float(effective_number(total, float((amounts**2).sum()))),
    }


def precision_recall(prediction: Floats, clicks: Floats, conversions: Floats, points: int = 60) -> dict[str, Any]:
    """Return precision by recall from clicks counted by prediction, the highest first.

    Parameters
    ----------
    prediction, clicks, conversions : float arrays of shape (n_bins,)
    points : int
        How many points of recall, about evenly apart.
    """
    found, seen = np.cumsum(conversions), np.cumsum(clicks)
    if not len(prediction) or not found[-1]:
        return {"recall": [], "precision": []}
    recall = found / found[-1]
    at = np.unique(
        np.searchsorted(recall, np.concatenate((np.geomspace(0.002, 0.05, 10), np.linspace(0.05, 1, points))))
    )
    at = at[seen[at] > 0]
    return {"recall": recall[at], "precision": found[at] / seen[at]}
