"""Durations as people write them ("90s", "15m", "36h", "7d") and as the clock counts them (int microseconds)."""

import re

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

_UNITS = {"us": MICROSECOND, "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
PATTERN = r"^\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*(us|ms|s|m|h|d|w)\s*$"
LONGEST = 36_525 * DAY  # a century: longer is a mistake of unit


def parse_duration(text: str) -> int:
    """Return the microseconds of a duration such as "90s", "1.5h" or "7d".

    Parameters
    ----------
    text : str
        A non-negative number and one unit of us, ms, s, m, h, d, w.

    Returns
    -------
    int
        Microseconds.

    Raises
    ------
    ValueError
        If the text is not of that form, is no whole number of microseconds, or is longer than a century.

    Examples
    --------
    >>> parse_duration("1.5h")
    5400000000
    """
    match = re.fullmatch(PATTERN, text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'expected a duration such as "90s" or "7d", got {text!r}')
    number, unit = match.groups()
    whole, _, fraction = number.partition(".")
    scale: int = 10 ** len(fraction)
    microseconds, rest = divmod(int(whole + fraction) * _UNITS[unit], scale)
    if rest:
        raise ValueError(f"expected a whole number of microseconds, got {text!r}")
    if microseconds > LONGEST:
        raise ValueError(f"expected at most a century, got {text!r}")
    return microseconds


def format_duration(microseconds: int) -> str:
    """Return a short text that `parse_duration` reads back as the same duration.

    Examples
    --------
    >>> format_duration(5_400_000_000)
    '90m'
    >>> format_duration(7 * DAY)
    '7d'
    """
    for unit in ("d", "h", "m", "s", "ms"):
        if microseconds % _UNITS[unit] == 0 and (microseconds or unit == "s"):
            return f"{microseconds // _UNITS[unit]}{unit}"
    return f"{microseconds}us"
