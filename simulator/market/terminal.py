"""What the command line shows of a market."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from scenarios import Scenario
from scenarios.durations import format_duration
from simulator.market.controllers import CONTROLLERS
from simulator.market.estimators import ESTIMATORS
from simulator.market.on_a_log import Table as Found
from simulator.market.open_loop import Error
from simulator.methods import parameters, summary
from simulator.results import Result

_MEASURES = {
    "bias of all days together": "bias",
    "typical error of one day (root mean square, relative to the mean)": "by_day",
    "typical error of one campaign's day": "by_campaign",
}

_NARROW = ("cost_ratio", "days_outside", "share_of_best", "estimate_bias", "estimate_error", "calibration_ratio")


def show_estimators(scenario: Scenario, found: Found) -> None:
    """Print how far each estimator was off, hours after days' ends."""
    console = Console(highlight=False)
    campaigns = f"{found.campaigns} campaigns" if found.campaigns > 1 else "one campaign"
    console.print(
        Text(
            f"{scenario.title or scenario.name}: {found.clicks:,} clicks of {campaigns} on {found.days} whole days, "
            f"worth {found.value:,.0f}; predictions by {found.method}"
        )
    )
    by_name: dict[str, list[Error]] = {}
    for error in found.errors:
        by_name.setdefault(error.estimator, []).append(error)
    for title, field in _MEASURES.items():
        if field != "by_campaign" or found.campaigns > 1:
            console.print(_errors(title, field, by_name))
    if any(error.unanswered > 0.005 for error in found.errors):
        console.print(Text(f"[n%] says nothing of so much of the value, which is left out: {_silent(found.errors)}"))


def show_ways() -> None:
    """Print the estimators and controllers that bidders of a market can have."""
    console = Console(highlight=False)
    registries: Mapping[str, Mapping[str, Callable[..., Any]]] = {"estimator": ESTIMATORS, "controller": CONTROLLERS}
    for what, recipes in registries.items():
        table = plain_table(f'{what}s of a market: [[market.bidder]] {what} = "NAME"')
        table.show_header = False
        for name, recipe in recipes.items():
            known = "; ".join(f"{one.name} = {one.default:g}" for one in parameters(recipe).values())
            table.add_row(
                Text(name, style="bold"), Text.assemble(summary(recipe), (f"  {known}" if known else "", "dim"))
            )
        console.print(table)


def plain_table(title: str) -> Table:
    """Return a table as all of ours look."""
    return Table(title=Text(title, style="dim"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)


def _errors(title: str, field: str, by_name: Mapping[str, Sequence[Error]]) -> Table:
    table = plain_table(title)
    table.add_column("estimator", no_wrap=True)
    for error in next(iter(by_name.values()), []):
        table.add_column(f"{format_duration(error.after)} after", justify="right", no_wrap=True)
    for name, errors in by_name.items():
        table.add_row(Text(name), *(Text(_cell(error, field)) for error in errors))
    return table


def _cell(error: Error, field: str) -> str:
    value = getattr(error, field)
    if math.isnan(value):
        return "-"
    silent = f" [{error.unanswered:.0%}]" if error.unanswered > 0.005 else ""
    return (f"{value:+.1%}" if field == "bias" else f"{value:.1%}") + silent


def _silent(errors: Sequence[Error]) -> str:
    names = dict.fromkeys(error.estimator for error in errors if error.unanswered > 0.005)
    return ", ".join(names)


def show_market(result: Result) -> None:
    """Print a finished market: every bidder's figures, and what became of the auctions."""
    from simulator.report.market import HEADS, shown, summarize_market  # noqa: PLC0415  (only who asks waits for it)

    console, shown_run = Console(highlight=False), summarize_market(result.folder)
    console.print(Text(f"{shown_run['title']}: {shown_run['lead']}"))
    for note in shown_run["notes"]:
        console.print(Text(f"  note: {note}", style="dim"))
    heads = {column["name"]: column["head"] for column in shown_run["columns"]}
    narrow = [name for name in _NARROW if name in heads]
    table = plain_table("from the start of the evaluation on")
    table.add_column("bidder", no_wrap=True)
    for name in narrow:
        table.add_column(HEADS[name][0].lower(), justify="right")
    places = {column["name"]: number for number, column in enumerate(shown_run["columns"])}
    for row in shown_run["table"]:
        cells = [row["cells"][places[name]] for name in narrow]
        table.add_row(Text(row["method"]["label"]), *(Text(cell["text"]) for cell in cells))
    console.print(table)
    auctions = plain_table("auctions, and what was spent; every ledger balances")
    auctions.add_column("bidder", no_wrap=True)
    for name in ("won", "lost", "not bid for", "spent"):
        auctions.add_column(name, justify="right", no_wrap=True)
    for label, ledger in result.ledger.items():
        counts = ledger["auctions"]
        rest = counts["not_held"] + counts["before_launch"] + counts["budget_spent"]
        spent = shown(float(ledger["money"]["spend"]["read"]), "cost")
        auctions.add_row(Text(label), f"{counts['won']:,}", f"{counts['outbid']:,}", f"{rest:,}", spent)
    console.print(auctions)
