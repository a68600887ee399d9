"""The ledger as accounts whose two sides can be compared at a glance."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulator.report import words


def accounts(ledger: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one account for clicks, one per kind of outcome, and one per kind of money.

    Returns
    -------
    list of dict
        ``name``, ``read`` and ``total`` as texts, ``lines`` with ``text``, ``amount``, ``share`` of what was read and
        ``depth`` (1 for the parts of a sum), and ``balanced``, which is worked out here from the lines.
    """
    kinds = [kind for kind, lines in ledger.items() if isinstance(lines, Mapping) and kind != "money"]
    counted = [_account(kind.capitalize(), ledger[kind]) for kind in kinds]
    return counted + [_account(f"Money: {kind}s", lines) for kind, lines in ledger.get("money", {}).items()]


def _account(name: str, lines: Mapping[str, Any]) -> dict[str, Any]:
    read = Decimal(lines["read"])
    form = f"{{:,.{_places(lines)}f}}"
    total = Decimal(0)
    shown = []
    for code, amount in lines.items():
        if code == "read":
            continue
        parts = amount if isinstance(amount, Mapping) else {}
        sum_ = sum(map(Decimal, parts.values()), Decimal(0)) if isinstance(amount, Mapping) else Decimal(amount)
        total += sum_
        shown.append(_line(words.line(code), sum_, read, form, 0))
        shown += [_line(words.reason(why), Decimal(part), read, form, 1) for why, part in parts.items()]
    texts = {side: form.format(sum_).replace("-", words.MINUS) for side, sum_ in (("read", read), ("total", total))}
    return {"name": name, **texts, "lines": shown, "balanced": total == read}


def _places(lines: Mapping[str, Any]) -> int:
    """Return how many decimal places show every amount of an account exactly."""
    amounts = [lines["read"]]
    for amount in lines.values():
        amounts += amount.values() if isinstance(amount, Mapping) else [amount]
    return max(len(str(amount).partition(".")[2]) for amount in amounts)


def _line(text: str, amount: Decimal, read: Decimal, form: str, depth: int) -> dict[str, Any]:
    share = float(amount / read) if read else None
    return {
        "text": text,
        "amount": form.format(amount).replace("-", words.MINUS),
        "share": words.percent(share) if share is not None else "",
        "width": round(100 * min(max(share or 0.0, 0.0), 1.0), 2),
        "depth": depth,
    }
