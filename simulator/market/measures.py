"""From what a bidder did to the figures of its run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from scenarios.durations import DAY
from scenarios.market import Market
from scenarios.sections import Feed
from simulator.market.auctions import Campaigns
from simulator.market.estimators.base import Floats
from simulator.market.parts import Part, divided, parts_of
from simulator.market.response import TOLERANCE, respond
from simulator.market.series import Series, by_window

CURVE = "market"  # the figures of this page, among those of predictions, in metrics.parquet


class Event(NamedTuple):
    """Something that a controller must cope with."""

    name: str
    at: int  # us UTC
    campaign: int | None = None  # whose alone it is


@dataclass
class Rows:
    """Rows of metrics.parquet, as they come."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, part: Part, span: str, metric: str, value: float, reason: str = "nothing was bought") -> None:
        """Add one figure of all of a part's time; nan is "no answer", which has a reason."""
        times = {"window_start": int(part.start[0]), "window_end": int(part.end[-1])} if len(part.start) else {}
        self._row(part.segment, span, metric, value, reason, clicks=int(part.clicks.sum()), **times)

    def add_each(self, part: Part, span: str, metric: str, values: Any, reason: str = "nothing was bought") -> None:
        """Add one figure for each stretch of a part."""
        for start, end, clicks, value in zip(part.start, part.end, part.clicks, values, strict=True):
            times = {"window_start": int(start), "window_end": int(end)}
            self._row(part.segment, span, metric, value, reason, clicks=int(clicks), **times)

    def add_regret(self, own: Series, best: Series, target: Floats) -> None:
        """Add what was bought less than the bound did, in worth: target times expected value."""
        worth, most = (float((each.expected * target).sum()) for each in (own, best))
        texts = {"span": "overall", "segment": "", "curve": CURVE, "reason": ""}
        for metric, value in {"regret": most - worth, "share_of_best": worth / most if most else np.nan}.items():
            why = "" if np.isfinite(value) else "the clairvoyant bought nothing"
            self.rows.append({**texts, "metric": metric, "value": value, "reason": why})

    def columns(self) -> dict[str, Any]:
        """Return the rows as columns of metrics.parquet."""
        columns: dict[str, Any] = {name: [row[name] for row in self.rows] for name in _TEXTS}
        columns["value"] = np.array([row["value"] for row in self.rows], np.float64)
        for name in ("window_start", "window_end", "clicks", "conversions"):
            columns[name] = np.array([row.get(name, 0) for row in self.rows], np.int64)
        columns["low"] = columns["high"] = np.full(len(self.rows), np.nan)
        return columns

    def _row(self, segment: str, span: str, metric: str, value: float, reason: str, **rest: int) -> None:
        why = "" if np.isfinite(value) else reason
        texts = {"span": span, "segment": segment, "curve": CURVE, "metric": metric, "reason": why}
        self.rows.append({**texts, "value": float(value), **rest})


_TEXTS = ("span", "segment", "curve", "metric", "reason")


def events_of(market: Market, feed: Feed, campaigns: Campaigns, start: int) -> list[Event]:
    """Return all that happens, in order of time: launches, changes, and outages of the feed."""
    found = [
        Event(f"launch of {campaigns.names[number]}", int(at), number)
        for number, at in enumerate(campaigns.launch)
        if at > start
    ]
    words = {"conversions": "step in conversions", "traffic": "step in traffic"}
    found += [Event(words[change.of], start + change.at) for change in market.change]
    found += [Event("feed outage", start + fault.at) for fault in feed.fault if fault.kind == "outage"]
    return sorted([Event("start", start), *found], key=lambda event: event.at)


def figures(
    series: Series, campaigns: Campaigns, column: str, events: Sequence[Event], window: int, evaluate_from: int
) -> Rows:
    """Return all figures of one bidder: overall, by window, by update, and after each event.

    Parameters
    ----------
    series : Series
    campaigns : Campaigns
    column : str
        Of the log, whose values are the campaigns.
    events : sequence of Event
    window : int
        us.
    evaluate_from : int
        us UTC; overall figures are about what comes from then on.
    """
    rows, late = Rows(), series.since(evaluate_from)
    days = list(parts_of(by_window(late, DAY), campaigns, column))
    for number, part in enumerate(parts_of(late, campaigns, column)):
        _overall(rows, part, days[1:] if number == 0 else [days[number]])
    for part in parts_of(by_window(series, window), campaigns, column):
        _over_time(rows, part, "window")
    for part in parts_of(series, campaigns, column):
        _over_time(rows, part, "update")
    for event, until in zip(events, [*(event.at for event in events[1:]), None], strict=True):
        after = list(parts_of(series.since(event.at, until), campaigns, column))
        for part in after if event.campaign is None else [after[event.campaign + 1]]:
            _responses(rows, part, event)
    return rows


def _overall(rows: Rows, part: Part, days: Sequence[Part]) -> None:
    for name in ("clicks", "cost", "value", "expected"):
        rows.add(part, "overall", name, float(getattr(part, name).sum()))
    rows.add(part, "overall", "cost_ratio", _quotient(part.cost.sum(), part.worth.sum()))
    ratio = np.concatenate([np.zeros(0), *(day.ratio[day.cost > 0] for day in days)])
    outside = float(np.mean(np.abs(ratio - 1) > TOLERANCE)) if len(ratio) else np.nan
    rows.add(part, "overall", "days_outside", outside)
    said = np.isfinite(part.believed_worth) & (part.true_worth > 0)
    off, truth = (part.believed_worth - part.true_worth)[said], part.true_worth[said]
    error = float(np.sqrt(np.mean(off**2)) / truth.mean()) if len(off) else np.nan
    bias = _quotient(off.sum(), truth.sum())
    rows.add(part, "overall", "estimate_bias", bias, "the estimator had no answer")
    rows.add(part, "overall", "estimate_error", error, "the estimator had no answer")


def _over_time(rows: Rows, part: Part, span: str) -> None:
    rows.add_each(part, span, "cost", part.cost)
    rows.add_each(part, span, "worth", part.worth)
    rows.add_each(part, span, "cost_ratio", part.ratio)
    rows.add_each(part, span, "multiplier", part.multiplier, "several campaigns have several")
    if span == "update":
        rows.add_each(part, span, "estimate_ratio", divided(part.believed_worth, part.true_worth), "no answer")


def _responses(rows: Rows, part: Part, event: Event) -> None:
    found = respond(part.start, part.end, part.cost, part.worth)
    for name, value in found._asdict().items():
        reason = "it did not settle" if name == "settling_hours" and np.isfinite(found.swing) else "nothing was bought"
        rows.add(part, f"after {event.name}", name, value, reason)


def _quotient(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator > 0 else float("nan")
