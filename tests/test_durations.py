import doctest
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import durations
from scenarios.durations import DAY, HOUR, LONGEST, MICROSECOND, PATTERN, WEEK, format_duration, parse_duration

UNITS = {"us": 1, "ms": 10**3, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6, "d": 86_400 * 10**6, "w": WEEK}


def test_doctests():
    result = doctest.testmod(durations)
    assert result.attempted
    assert not result.failed


@given(st.integers(0, LONGEST))
def test_text_reads_back_as_the_same_duration(microseconds):
    assert parse_duration(format_duration(microseconds)) == microseconds


@given(st.integers(0, 1000), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " ", "\t"]))
def test_a_number_and_a_unit_is_their_product(number, unit, space):
    assert parse_duration(f"{space}{number}{space}{unit}{space}") == number * UNITS[unit]


@given(st.integers(0, 999), st.integers(0, 999))
def test_fractions_are_exact(whole, thousandths):
    assert parse_duration(f"{whole}.{thousandths:03}s") == whole * 10**6 + thousandths * 10**3


@given(st.integers(0, LONGEST))
def test_the_shortest_unit_that_fits_is_not_used_where_a_longer_one_fits(microseconds):
    number, unit = re.fullmatch(r"([0-9]+)([a-z]+)", format_duration(microseconds)).groups()
    longer = [scale for scale in UNITS.values() if scale > UNITS[unit] and scale != WEEK]
    assert microseconds == 0 or all(microseconds % scale for scale in longer)
    assert int(number) * UNITS[unit] == microseconds


@given(st.text(alphabet="0123456789.smhduw- \n٣", max_size=12))
def test_only_what_fits_the_pattern_is_a_duration(text):
    try:
        refusal = None if 0 <= parse_duration(text) <= LONGEST else "out of range"
    except ValueError as error:
        refusal = str(error)
    fits = re.search(PATTERN, text) is not None
    assert fits == (refusal is None or refusal.startswith(("expected a whole number of", "expected at most a century")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (3600, 'expected a duration such as "90s" or "7d", got 3600'),
        (True, 'expected a duration such as "90s" or "7d", got True'),
        ("3600", 'expected a duration such as "90s" or "7d", got \'3600\''),
        ("-1h", 'expected a duration such as "90s" or "7d", got \'-1h\''),
        ("1h30m", 'expected a duration such as "90s" or "7d", got \'1h30m\''),
        ("1 hour", 'expected a duration such as "90s" or "7d", got \'1 hour\''),
        ("1e3s", 'expected a duration such as "90s" or "7d", got \'1e3s\''),
        ("nans", 'expected a duration such as "90s" or "7d", got \'nans\''),
        ("0.5us", "expected a whole number of microseconds, got '0.5us'"),
        ("36526d", "expected at most a century, got '36526d'"),
    ],
)
def test_what_is_no_duration_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_duration(text)


def test_reference_values():
    assert parse_duration("90s") == 90_000_000
    assert parse_duration("15m") == 15 * 60 * 10**6
    assert parse_duration("36h") == 36 * HOUR
    assert parse_duration("1w") == parse_duration("7d") == 7 * DAY
    assert parse_duration("1us") == MICROSECOND
    assert parse_duration("36525d") == LONGEST
    assert format_duration(0) == "0s"
