"""Numbers, moments and reasons as people read them."""

import math
from datetime import UTC, datetime

MINUS = "\u2212"
NO_ANSWER = "\u2014"
TO = "\u2013"

DIGITS = {
    "calibration_ratio": 3,
    "logit_bias": 3,
    "segment": 2,
    "gini": 3,
    "value_ratio": 3,
    "expected_value_ratio": 3,
    **dict.fromkeys(("poisson_deviance", "tweedie_deviance", "gamma_deviance", "money"), 2),
    **dict.fromkeys(("spearman", "ndcg_100", "mae_log", "rmse_log"), 3),
    **{f"top{percent}_{what}": 3 for percent in (1, 5, 10) for what in ("overlap", "value_share")},
}
STAGES = {"probability": "chance of a gift", "amount": "amount of a gift", "served": "what is served"}
SIGNED = ("bias", "logit_bias")

REASONS = {
    "malformed_line": "the line has not as many columns as the first of its file",
    "missing_click_time": "the click has no time, or an impossible one",
    "duplicate_click": "the click was read before",
    "outcome_time_invalid": "the outcome has no time, or an impossible one",
    "amount_invalid": "the amount is not a usable number",
    "outcome_without_click": "its click is not in the log",
    "click_quarantined": "its click is quarantined",
    "outcome_before_click": "the outcome is earlier than its click",
    "duplicate_outcome": "the outcome was read before",
}

LINES = {
    "served": "served with a prediction",
    "delivered": "delivered to the trainer's side",
    "pending": "pending: happened, not yet arrived at the end",
    "outside_window": "outside the attribution window",
    "repeat": "repeats: a click's conversion counts once",
    "lost": "lost by the feed",
    "applied": "applied, each once",
    "duplicate": "delivered a second time, not applied",
    "quarantined": "quarantined",
    "won": "won: a click was bought",
    "outbid": "lost to a higher bid",
    "not_held": "not held, by the scenario's traffic",
    "before_launch": "before the campaign's launch",
    "budget_spent": "not bid for: the day's budget was spent",
    "not_won": "of auctions that were not won",
    "not_taken_place": "taken away by the scenario's changes",
}


def reason(code: str) -> str:
    """Return a reason such as ``outcome_before_click`` in plain words."""
    return REASONS.get(code, code.replace("_", " "))


def line(code: str) -> str:
    """Return a line of the ledger in plain words."""
    return LINES.get(code, code.replace("_", " "))


def count(number: float) -> str:
    """Return a count with its thousands apart.

    Examples
    --------
    >>> count(1073874)
    '1,073,874'
    """
    return f"{number:,.0f}"


def figure(value: float | None, metric: str) -> str:
    """Return a metric's value as the tables show it; a dash where there is no answer."""
    if value is None or not math.isfinite(value):
        return NO_ANSWER
    sign = "+" if metric in SIGNED else ""
    metric = metric.removesuffix("_gifts").removesuffix("_amount")
    places = DIGITS.get(metric, 4) if abs(value) < 10 else 1
    return f"{value:{sign},.{places}f}".replace("-", MINUS)


def amount(value: float) -> str:
    r"""Return an amount of money as an axis shows it.

    Examples
    --------
    >>> amount(0.01), amount(10000.0)
    ('0.01', '10\u202f000')
    """
    return f"{value:,.0f}".replace(",", "\u202f") if value >= 1 else f"{value:g}"


def signed(value: float, metric: str) -> str:
    """Return a difference of a metric, with its sign; none where it is exactly 0."""
    if not value:
        return "0"
    text = figure(value, metric)
    return text if text.startswith(MINUS) else f"+{text}"


def money_against_received(ratio: float) -> str:
    r"""Return a value ratio in words.

    Examples
    --------
    >>> money_against_received(0.48)
    '52\xa0% less money than came in'
    """
    if ratio >= 2:
        return f"{ratio:,.1f} times the money that came in"
    if abs(ratio - 1) < 0.005:
        return "as much money as came in"
    return f"{percent(abs(ratio - 1))} {'more' if ratio > 1 else 'less'} money than came in"


def interval(low: float, high: float, metric: str) -> str:
    """Return both ends of an interval; with a word between them where they may have signs."""
    return f"{figure(low, metric)}{' to ' if metric in SIGNED else TO}{figure(high, metric)}"


def difference(mean: float, half: float) -> str:
    """Return a measured difference with half its interval, to as many decimals as the latter deserves.

    Examples
    --------
    >>> difference(0.00213, 0.000046)
    '+0.00213 ± 0.00005'
    """
    places = max(4, min(8, math.ceil(-math.log10(half)))) if half > 0 else 4
    return f"{mean:+.{places}f} \u00b1 {half:.{places}f}".replace("-", MINUS)


def percent(share: float) -> str:
    r"""Return a share of 1 as a percentage, with a decimal only where it is small; never rounded to none or all.

    Examples
    --------
    >>> percent(0.41)
    '41\xa0%'
    """
    if 0 < share < 0.0005:
        return "<0.1\u00a0%"
    if 0.995 <= share < 1:
        return f"{min(100 * share, 99.9):.1f}\u00a0%"
    return f"{100 * share:.{1 if 0 < share < 0.0995 else 0}f}\u00a0%"


def duration(microseconds: float) -> str:
    r"""Return a measured duration in the unit that suits it.

    Examples
    --------
    >>> duration(10_440_000_000)
    '2.9\xa0h'
    """
    seconds = microseconds / 1e6
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * size:
            return f"{seconds / size:.1f}\u00a0{unit}"
    return f"{seconds:.1f}\u00a0s"


def predicted_against_happened(ratio: float) -> str:
    r"""Return a calibration ratio in words.

    Examples
    --------
    >>> predicted_against_happened(0.48)
    '52\xa0% fewer conversions than happened'
    """
    if ratio >= 2:
        return f"{ratio:.1f} times the conversions that happened"
    if abs(ratio - 1) < 0.005:
        return "as many conversions as happened"
    return f"{percent(abs(ratio - 1))} {'more' if ratio > 1 else 'fewer'} conversions than happened"


def moment(time: str) -> str:
    """Return an ISO time as ``4 Mar 2024, 00:00 UTC``."""
    at = parse(time)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def parse(time: str) -> datetime:
    """Return an ISO time in UTC, which is also what it is without a zone."""
    at = datetime.fromisoformat(time)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def listing(names: list[str], most: int = 4) -> str:
    """Return names joined as in a sentence; beyond `most` of them, the first few and how many more.

    Examples
    --------
    >>> listing(["fnw", "fnc", "oracle"])
    'fnw, fnc and oracle'
    """
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} others"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
