import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.instants import PATTERN, format_instant, parse_instant

LATEST = parse_instant("2199-12-31T23:59:59.999999Z")
MOMENTS = st.datetimes(dt.datetime(1970, 1, 3), dt.datetime(2199, 12, 29))  # noqa: DTZ001  zones are drawn apart
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))


@given(st.integers(0, LATEST))
def test_text_reads_back_as_the_same_moment(microseconds):
    text = format_instant(microseconds)
    assert parse_instant(text) == microseconds
    assert re.search(PATTERN, text)


@given(MOMENTS, ZONES)
def test_a_moment_is_the_same_in_every_zone_and_form(moment, zone):
    here = moment.replace(tzinfo=dt.UTC).astimezone(zone)
    expected = (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)  # noqa: DTZ001  both in UTC
    assert parse_instant(here) == parse_instant(here.isoformat()) == expected


@given(st.dates(dt.date(1970, 1, 1), dt.date(2199, 12, 31)))
def test_a_day_is_its_midnight(day):
    assert parse_instant(day) == parse_instant(day.isoformat()) == parse_instant(f"{day}T00:00:00Z")
    assert format_instant(parse_instant(day)) == day.isoformat()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, 'expected a day or a UTC time such as "2025-01-31" or "2025-01-31T18:00:00Z", got 5'),
        ("20250131", 'expected a day or a UTC time such as "2025-01-31" or "2025-01-31T18:00:00Z", got \'20250131\''),
        (
            "2025-02-30",
            'expected a day or a UTC time such as "2025-01-31" or "2025-01-31T18:00:00Z", got \'2025-02-30\'',
        ),
        (dt.time(18, 0), 'expected a day or a UTC time such as "2025-01-31" or "2025-01-31T18:00:00Z", got 18:00:00'),
        (
            "2025-01-31 18:00",
            "expected a time with its offset from UTC, such as \"2025-01-31T18:00:00Z\", got '2025-01-31 18:00'",
        ),
        ("1969-12-31", "expected a moment from 1970 to 2199, got '1969-12-31'"),
        ("1970-01-01T00:00:00+14:00", "expected a moment from 1970 to 2199, got '1970-01-01T00:00:00+14:00'"),
    ],
)
def test_what_is_no_moment_is_refused(value, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_instant(value)
