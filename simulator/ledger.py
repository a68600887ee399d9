"""Every click, every outcome and all money, accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from replay.feed import Deliveries, arrivals
from replay.log import MICROS, NEVER, ClickLog, OutcomeKind, exact_sum


class LedgerError(RuntimeError):
    """The ledger does not balance: something was lost or counted twice, and the run cannot be trusted."""


@dataclass(frozen=True)
class Account:
    """What came in, and where it went."""

    read: int
    went: Mapping[str, int]
    quarantined: Mapping[str, int]  # by reason

    @property
    def difference(self) -> int:
        """What came in less what went; 0 if the account balances."""
        return self.read - sum(self.went.values()) - sum(self.quarantined.values())


@dataclass(frozen=True)
class Ledger:
    """The accounts of a run; money in millionths."""

    clicks: Account
    outcomes: Mapping[str, Account]  # by kind: "conversion", "gift", "refund"
    money: Mapping[str, Account]
    deliveries: Account | None = None  # what the feed brought, second deliveries too; None where it repeats nothing

    def check(self) -> None:
        """Raise LedgerError, naming every account that does not balance."""
        accounts = {"clicks": self.clicks}
        accounts |= {f"{kind}s": account for kind, account in self.outcomes.items()}
        accounts |= {f"{kind} money": account for kind, account in self.money.items()}
        accounts |= {"deliveries": self.deliveries} if self.deliveries else {}
        wrong = [f"{name} by {account.difference}" for name, account in accounts.items() if account.difference]
        if wrong:
            raise LedgerError(
                f"the ledger does not balance: {', '.join(wrong)} (read less accounted for); please report"
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the ledger as plain data; money as decimal text."""
        return {
            "clicks": _plain(self.clicks),
            **{f"{kind}s": _plain(account) for kind, account in self.outcomes.items()},
            **({"deliveries": _plain(self.deliveries)} if self.deliveries else {}),
            "money": {kind: _plain(account, decimal) for kind, account in self.money.items()},
            "balanced": True,
        }


def settle(log: ClickLog, deliveries: Deliveries, served: int, end: int) -> Ledger:
    """Draw up the accounts of a run.

    Parameters
    ----------
    log : ClickLog
    deliveries : Deliveries
    served : int
        How many clicks were predicted, as the trainers counted.
    end : int
        When the clock stopped, us UTC; what arrives from then on is pending.

    Raises
    ------
    LedgerError
        If an account does not balance.
    """
    intake = log.intake
    arrival = deliveries.outcome_arrival
    went = {
        "delivered": arrival < end,
        "pending": (arrival >= end) & (arrival != NEVER),
        "outside_window": deliveries.outside,
        "repeat": deliveries.repeat,
        **({"lost": deliveries.lost} if deliveries.lost is not None else {}),
    }
    outcomes, money = {}, {}
    for kind in OutcomeKind:
        name = kind.name.lower()
        if not intake.outcomes_read.get(name):
            continue
        own = log.outcomes.kind == kind
        counts = {where: int(np.count_nonzero(which & own)) for where, which in went.items()}
        sums = {where: exact_sum(log.outcomes.amount[which & own]) for where, which in went.items()}
        outcomes[name] = Account(intake.outcomes_read[name], counts, intake.outcomes_quarantined.get(name, {}))
        if intake.money_read.get(name) or any(sums.values()):
            money[name] = Account(intake.money_read.get(name, 0), sums, intake.money_quarantined.get(name, {}))
    clicks = Account(intake.clicks_read, {"served": served}, intake.clicks_quarantined)
    ledger = Ledger(clicks, outcomes, money, _brought(deliveries, end))
    ledger.check()
    return ledger


def _brought(deliveries: Deliveries, end: int) -> Account | None:
    """Return where the deliveries of a feed that repeats itself went, as counted on arrival."""
    if deliveries.again is None:
        return None
    first, second = arrivals(deliveries.log, deliveries.feed) < end, deliveries.again < end
    went = {
        "applied": deliveries.outcome_arrival < end,
        "outside_window": first & deliveries.outside,
        "repeat": first & deliveries.repeat,
        "duplicate": second,
    }
    came = int(np.count_nonzero(first)) + int(np.count_nonzero(second))
    return Account(came, {where: int(np.count_nonzero(which)) for where, which in went.items()}, {})


def decimal(millionths: int) -> str:
    """Return an amount as decimal text with at least two places.

    Examples
    --------
    >>> decimal(-12_345_600)
    '-12.3456'
    >>> decimal(5_000_000)
    '5.00'
    """
    whole, rest = divmod(abs(millionths), MICROS)
    places = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if millionths < 0 else ''}{whole}.{places}"


def _plain(account: Account, show: Any = int) -> dict[str, Any]:
    return {
        "read": show(account.read),
        **{where: show(amount) for where, amount in account.went.items()},
        "quarantined": {reason: show(amount) for reason, amount in account.quarantined.items()},
    }
