"""Moments as people write them ("2025-01-31", "2025-01-31T18:00:00Z") and as the clock counts them (int us UTC)."""

import datetime as dt
import re

from scenarios.problems import show

PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?$"

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_END = (dt.datetime(2200, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MICROSECOND  # later than that is a mistake of unit


def parse_instant(value: object) -> int:
    """Return the microseconds since 1970 of a moment; a day alone is its midnight, UTC.

    Parameters
    ----------
    value : str, date or datetime
        ISO 8601, as text or as TOML's own dates; a time of day needs its offset from UTC.

    Returns
    -------
    int
        Microseconds UTC.

    Raises
    ------
    ValueError
        If it is no moment, has a time of day without an offset, or does not lie in 1970 to 2199.

    Examples
    --------
    >>> parse_instant("1970-01-02T00:00:00+01:00")
    82800000000
    """
    moment, shown = _moment(value), show(value)
    if moment is None:
        raise ValueError(f'expected a day or a UTC time such as "2025-01-31" or "2025-01-31T18:00:00Z", got {shown}')
    if moment.utcoffset() is None:
        raise ValueError(f'expected a time with its offset from UTC, such as "{moment.isoformat()}Z", got {shown}')
    microseconds = (moment - _EPOCH) // _MICROSECOND
    if not 0 <= microseconds < _END:
        raise ValueError(f"expected a moment from 1970 to 2199, got {shown}")
    return microseconds


def format_instant(microseconds: int) -> str:
    """Return the text that `parse_instant` reads back as the same moment.

    Examples
    --------
    >>> format_instant(86_400_000_000)
    '1970-01-02'
    >>> format_instant(1)
    '1970-01-01T00:00:00.000001Z'
    """
    moment = _EPOCH + microseconds * _MICROSECOND
    if moment.time() == dt.time():
        return moment.date().isoformat()
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _moment(value: object) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    if not isinstance(value, str) or re.fullmatch(PATTERN, value) is None:
        return None
    try:
        date_alone = len(value) == len("2025-01-31")
        return _moment(dt.date.fromisoformat(value)) if date_alone else dt.datetime.fromisoformat(value)
    except ValueError:
        return None
