"""The ledger of a market: auctions, clicks, outcomes and money, each account closed for every bidder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from replay.log import NEVER, OutcomeKind, Outcomes, exact_sum
from simulator.ledger import Account, LedgerError, decimal
from simulator.market.auctions import Auctions
from simulator.market.bidder import Bidder, paid_in_all
from simulator.market.kernel import Went


@dataclass(frozen=True)
class MarketLedger:
    """The accounts of one bidder; money in millionths."""

    counts: Mapping[str, Account]
    money: Mapping[str, Account]

    def check(self, label: str) -> None:
        """Raise LedgerError, naming every account that does not balance."""
        accounts = {**self.counts, **{f"{name} money": account for name, account in self.money.items()}}
        wrong = [f"{name} by {account.difference}" for name, account in accounts.items() if account.difference]
        if wrong:
            raise LedgerError(f"the ledger of {label} does not balance: {', '.join(wrong)}; please report")

    def as_dict(self) -> dict[str, Any]:
        """Return the ledger as plain data; money as decimal text."""
        money = {name: _plain(account, decimal) for name, account in self.money.items()}
        return {**{name: _plain(account) for name, account in self.counts.items()}, "money": money, "balanced": True}


def settle(bidder: Bidder, whole: Auctions, removed: Outcomes, end: int, label: str) -> MarketLedger:
    """Draw up the accounts of a bidder's run.

    Parameters
    ----------
    bidder : Bidder
    whole : Auctions
    removed : Outcomes
        What the market's changes took out of the log.
    end : int
        When the clock stopped, us UTC; what arrives from then on is pending.
    label : str

    Raises
    ------
    LedgerError
        If an account does not balance.
    """
    intake, won = whole.log.intake, bidder.diary.went[:, Went.WON]
    went = {kind.name.lower(): int(bidder.diary.went[:, kind].sum()) for kind in Went}
    counts = {
        "auctions": Account(intake.clicks_read, went, intake.clicks_quarantined),
        "clicks": Account(int(won.sum()), {"served": bidder.trainer.tally.served}, {}),
    }
    spent = {name: int(paid) for name, paid in zip(whole.campaigns.names, paid_in_all(bidder), strict=True) if paid}
    money = {"spend": Account(int(bidder.diary.spent.sum()), spent, {})}
    return _closed(MarketLedger(*_outcomes(bidder, whole, removed, end, counts, money)), label)


def _closed(ledger: MarketLedger, label: str) -> MarketLedger:
    ledger.check(label)
    return ledger


def _outcomes(
    bidder: Bidder, whole: Auctions, removed: Outcomes, end: int, counts: dict[str, Account], money: dict[str, Account]
) -> tuple[dict[str, Account], dict[str, Account]]:
    """Add the accounts of every kind of outcome, and of what it brings."""
    log, deliveries, intake = whole.log, whole.deliveries, whole.log.intake
    bought = bidder.won.place(log.outcomes.row) >= 0
    arrival = deliveries.outcome_arrival
    places = {
        "delivered": bought & (arrival < end),
        "pending": bought & (arrival >= end) & (arrival != NEVER),
        "outside_window": bought & deliveries.outside,
        "repeat": bought & deliveries.repeat,
        **({"lost": bought & deliveries.lost} if deliveries.lost is not None else {}),
        "not_won": ~bought,
    }
    for kind in OutcomeKind:
        name = kind.name.lower()
        if not intake.outcomes_read.get(name):
            continue
        own = log.outcomes.kind == kind
        left = {where: int(np.count_nonzero(which & own)) for where, which in places.items()}
        sums = {where: exact_sum(log.outcomes.amount[which & own]) for where, which in places.items()}
        refused, refused_money = intake.outcomes_quarantined.get(name, {}), intake.money_quarantined.get(name, {})
        if len(removed.row):
            gone = removed.kind == kind
            left["not_taken_place"] = int(np.count_nonzero(gone))
            sums["not_taken_place"] = exact_sum(removed.amount[gone])
        counts[name + "s"] = Account(intake.outcomes_read[name], left, refused)
        if any(sums.values()):
            money[name + "s"] = Account(intake.money_read.get(name, 0), sums, refused_money)
    return counts, money


def _plain(account: Account, show: Any = int) -> dict[str, Any]:
    return {
        "read": show(account.read),
        **{where: show(amount) for where, amount in account.went.items()},
        "quarantined": {reason: show(amount) for reason, amount in account.quarantined.items()},
    }
