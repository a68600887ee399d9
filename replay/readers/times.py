"""Times of any form as int64 microseconds UTC."""

import re
from collections import Counter
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from replay.arrays import valid_mask
from replay.errors import LogError
from replay.log import NEVER, Bools, Ints
from replay.readers.sources import is_text
from replay.readers.text import parse, tidy

LATEST = (2**63 - 1) // 1000  # us: 2262-04-11, where nanoseconds end
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}  # us in one; "ns" has a thousandth
BANDS = {
    "s": 10**8,
    "ms": 10**11,
    "us": 10**14,
    "ns": 10**17,
}  # smallest of each, 1973; `LATEST` is far below the next one

_ZONED = pa.timestamp("ns", "UTC")
_NAIVE = pa.timestamp("ns")
_WHOLE = r"-?[0-9]+|0[xX][0-9a-fA-F]+"
_FRACTION = r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+|(?i:nan|inf|infinity))|\+[0-9]+"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_FORMS = {  # classes of text that exclude each other, and what each is read as
    rf"^({_WHOLE})$": pa.int64(),
    rf"^({_FRACTION})$": pa.float64(),
    rf"^{_DAY}[T ].*([zZ]|[-+][0-9]{{2}}(:?[0-9]{{2}})?)$": _ZONED,
    rf"^{_DAY}([T ][0-9:.]*)?$": _NAIVE,
}

Tally = Counter[str]  # how many values were read in a way the user should know of


def tell(tally: Tally) -> list[str]:
    """Return a tally as notes for the user."""
    return [f"{said} ({count:,} row{'s' * (count > 1)})" for said, count in tally.items()]


class Clock(NamedTuple):
    """How a log tells the time where its columns do not say."""

    unit: str | None = None  # of numbers: "s", "ms", "us", "ns"; None if there are none
    inferred: bool = False  # then a number is a time only if it is as large as today's times in that unit
    zone: str | None = None  # IANA name, of times that have none
    origin: int = 0  # us UTC: where numbers count from


class Moments(NamedTuple):
    """Times of some rows; columns of shape (n,)."""

    time: Ints  # us UTC; NEVER where there is none
    given: Bools  # whether the field holds anything, be it a time or not


def is_zone(name: str) -> bool:
    """Return whether local times of a zone can be read."""
    try:
        pc.assume_timezone(pa.scalar(0, pa.timestamp("us")), name)
    except pa.ArrowInvalid:
        return False
    return True


def read_times(values: pa.Array, clock: Clock, column: str, tally: Tally, *, none: bool = False) -> Moments:
    """Read one column of times.

    Parameters
    ----------
    values : pyarrow.Array of shape (n,)
        Timestamps or dates, with or without a zone; integers or floats; or text of either, ISO 8601.
    clock : Clock
    column : str
        What to call it in the tally.
    tally : Counter
        Gains what had to be decided: local times that are ambiguous or do not exist, -1 and NaN among the numbers.
    none : bool, optional
        Whether -1 means that there is no time.
    """
    reader = _Reader(clock, column, tally, none)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return reader.text(as_text(values, column)) if is_text(values.type) else reader.typed(values)


def as_text(values: pa.Array, column: str) -> pa.Array:
    """Return text, bytes or dictionaries of them as text with offsets."""
    if pa.types.is_dictionary(values.type):
        return as_text(values.dictionary_decode(), column)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return values
    try:
        return values.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise LogError(
            f"column {column!r}: expected UTF-8 text, found {values.type} that is none; convert it"
        ) from error


def tidy_times(text: pa.Array) -> pa.Array:
    """Tidy text that should be times; "UTC" after a time, as databases write it, is ISO 8601's Z."""
    return pc.replace_substring_regex(tidy(text), r"([0-9]) ?UTC$", r"\1Z")


def _form_of(text: str) -> pa.DataType | None:
    return next((form for pattern, form in _FORMS.items() if re.search(pattern, text)), None)


class _Reader(NamedTuple):
    clock: Clock
    column: str
    tally: Tally
    none: bool

    def text(self, text: pa.Array) -> Moments:
        at = pc.index(text.is_valid(), value=True).as_py()
        if at < 0:
            return self.typed(pa.nulls(len(text)))
        form = _form_of(text[at].as_py())
        try:
            return self._mixed(tidy_times(text)) if form is None else self.typed(text.cast(form))
        except pa.ArrowInvalid:  # not all are of the first one's form
            return self._mixed(tidy_times(text))

    def _mixed(self, text: pa.Array) -> Moments:
        time, given = np.full(len(text), NEVER), _bools(text.is_valid())
        for pattern, type_ in _FORMS.items():
            alike = pc.if_else(pc.match_substring_regex(text, pattern), text, pa.scalar(None, text.type))
            parsed = parse(alike, type_)
            read = self.typed(parsed)
            time = np.minimum(time, read.time)  # a value is of one form at most, and NEVER is the latest
            given &= read.given | ~_bools(parsed.is_valid())  # what was there and is not given says that there is none
        return Moments(time, given)

    def typed(self, values: pa.Array) -> Moments:
        if pa.types.is_null(values.type):
            return Moments(np.full(len(values), NEVER), np.zeros(len(values), np.bool_))
        if not values.null_count:
            return self._present(values)
        there, valid = self._present(values.drop_null()), valid_mask(values).copy()
        time = np.full(len(values), NEVER)
        time[valid] = there.time
        valid[valid] = there.given
        return Moments(time, valid)

    def _present(self, values: pa.Array) -> Moments:
        """Read values none of which is null."""
        if pa.types.is_date(values.type):
            values = values.cast(pa.timestamp("s" if pa.types.is_date32(values.type) else "ms"))
        if not pa.types.is_timestamp(values.type):
            numbers = _numbers(values)
            meant = self._means_something(numbers)
            return Moments(np.where(meant, self._counted(numbers), NEVER), meant)
        micros = _scaled(_numbers(values.cast(pa.int64())), values.type.unit, 0, 0)
        return Moments(micros if values.type.tz else self._in_zone(micros), np.ones(len(values), np.bool_))

    def _means_something(self, numbers: NDArray[Any]) -> Bools:
        """Return which numbers do not say that there is no time."""
        if not self.none:
            return np.ones(len(numbers), np.bool_)
        self._note(numbers == -1, "-1 is read as no outcome")
        lost = "NaN is read as an outcome whose time is lost; leave the field empty where there is none"
        self._note(np.isnan(numbers), lost)
        return np.asarray(numbers != -1)

    def _counted(self, numbers: NDArray[Any]) -> Ints:
        """Read numbers that count from the clock's origin."""
        clock = self.clock
        if clock.unit is None:
            return np.full(len(numbers), NEVER)
        return _scaled(numbers, clock.unit, clock.origin, BANDS[clock.unit] if clock.inferred else 0)

    def _in_zone(self, local: Ints) -> Ints:
        """Turn local times into UTC: the earlier where clocks go back, the end of the gap where they go forward."""
        known = local != NEVER
        if self.clock.zone is None:
            self._note(known, "times without a zone among others that have one are refused")
            return np.full(len(local), NEVER)
        times = pa.array(local[known]).view(pa.timestamp("us"))
        try:
            utc = pc.assume_timezone(times, self.clock.zone)
        except pa.ArrowInvalid:  # some of them are ambiguous or do not exist
            utc = self._around_changes(times)
        micros = np.full(len(local), NEVER)
        micros[known] = _scaled(_numbers(utc.cast(pa.int64())), "us", 0, 0)
        return micros

    def _around_changes(self, times: pa.Array) -> pa.Array:
        first, last = (
            pc.assume_timezone(times, self.clock.zone, ambiguous=which, nonexistent="latest")
            for which in ("earliest", "latest")
        )
        self._note(
            _bools(pc.not_equal(first, last)), "local times that come twice, as clocks go back, are read as the first"
        )
        self._note(
            _bools(pc.not_equal(pc.local_timestamp(first), times)),
            "local times that do not exist, as clocks go forward, are moved to the end of the gap",
        )
        return first

    def _note(self, which: Bools, said: str) -> None:
        if count := int(np.count_nonzero(which)):
            self.tally[f"{self.column}: {said}"] += count


def _scaled(numbers: NDArray[Any], unit: str, origin: int, low: int) -> Ints:
    """Return microseconds UTC of numbers in a unit, NEVER for those below `low` or beyond `LATEST`."""
    factor = UNITS.get(unit)
    span = LATEST - origin
    high = span // factor if factor else span * 1000
    good = (numbers >= low) & (numbers <= high)
    all_good = good.all()
    kept = numbers if all_good else np.where(good, numbers, 0)
    if numbers.dtype.kind == "f":
        micros = np.rint(kept * factor if factor else kept / 1000).astype(np.int64)
    else:
        micros = kept.astype(np.int64) * factor if factor else kept.astype(np.int64) // 1000
    micros += origin
    if not all_good:
        micros[~good] = NEVER
    return np.asarray(micros)


def _numbers(values: pa.Array) -> NDArray[Any]:
    """Return numbers, none of them null, as int64, uint64 or float64."""
    kind = values.type
    wide = pa.int64() if pa.types.is_integer(kind) and kind != pa.uint64() else kind
    wide = wide if pa.types.is_integer(wide) else pa.float64()
    return np.asarray(values.cast(wide).to_numpy(zero_copy_only=False))


def _bools(values: pa.Array) -> Bools:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.bool_)
