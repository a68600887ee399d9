"""What is refused, why, how often and for how much: the log's side of the ledger, and the side file with every row."""

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from replay.errors import LogError
from replay.log import MICROS, NEVER, Bools, Floats, Intake, Ints, OutcomeKind
from replay.places import Places

LARGEST_AMOUNT = 9e12  # in the log's currency: its millionths still fit int64
FILE = "quarantine.parquet"
_KINDS = tuple(kind.name.lower() for kind in OutcomeKind)
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("source", "what", "reason", "time", "amount")]
    + [pa.field("row", pa.int64(), nullable=False), ("found", pa.string())]
)


class Reason(StrEnum):
    """Why a row is refused."""

    MALFORMED_LINE = "malformed_line"
    MISSING_CLICK_TIME = "missing_click_time"
    DUPLICATE_CLICK = "duplicate_click"
    OUTCOME_TIME_INVALID = "outcome_time_invalid"
    AMOUNT_INVALID = "amount_invalid"
    OUTCOME_WITHOUT_CLICK = "outcome_without_click"
    CLICK_QUARANTINED = "click_quarantined"
    OUTCOME_BEFORE_CLICK = "outcome_before_click"
    DUPLICATE_OUTCOME = "duplicate_outcome"


_REPEATS = frozenset({Reason.DUPLICATE_CLICK, Reason.DUPLICATE_OUTCOME})  # nothing is lost with them


class Piece(NamedTuple):
    """Some outcomes; columns of length n_outcomes."""

    row: Ints  # the click, by whatever numbering the stage uses
    kind: NDArray[np.int8]
    time: Ints  # us UTC
    amount: Ints  # millionths
    number: Ints  # of the input row it was read from, as `Places` counts

    def at(self, which: NDArray[Any] | slice) -> "Piece":
        """Return the outcomes at some indices, in a slice, or where a mask is set."""
        return Piece(self.row[which], self.kind[which], self.time[which], self.amount[which], self.number[which])


def millionths(amount: Floats, kind: NDArray[np.int8]) -> tuple[Ints, Bools]:
    """Return amounts in millionths, rounded half to even, and which are usable; 0 stands for those that are not.

    A refund takes back, whichever sign it was written with.
    """
    usable = np.abs(amount) <= LARGEST_AMOUNT  # false for NaN
    finite = np.where(usable, amount, 0.0)
    whole = np.trunc(finite)  # apart from the fraction, so that large amounts lose nothing in the product
    exact = whole.astype(np.int64) * MICROS + np.rint((finite - whole) * MICROS).astype(np.int64)
    return np.where(kind == OutcomeKind.REFUND, -np.abs(exact), exact), usable


def exact_sum(amounts: Ints) -> int:
    """Return the sum as a Python int, however large."""
    high, low = amounts >> 32, amounts & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())


class Quarantine:
    """Counts what is read and refused, and lists every refused row in a side file.

    Parameters
    ----------
    folder : Path
        Where `quarantine.parquet` goes; there is none if nothing is refused.
    places : Places
        Where rows came from.
    """

    def __init__(self, folder: Path, places: Places) -> None:
        self._path = folder / FILE
        self._places = places
        self._writer: Any = None
        self._clicks = 0
        self._refused_clicks: Counter[str] = Counter()
        self._outcomes, self._money = Counter(dict.fromkeys(_KINDS, 0)), dict.fromkeys(_KINDS, 0)
        self._refused: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS}
        self._refused_money: dict[str, Counter[str]] = {kind: Counter() for kind in _KINDS}

    def read_clicks(self, n: int) -> None:
        """Count clicks that were read."""
        self._clicks += n

    def read_outcomes(self, kind: NDArray[np.int8], amount: Ints) -> None:
        """Count outcomes that were read, and their money."""
        for k, name in enumerate(_KINDS):
            mine = amount[kind == k]
            self._outcomes[name] += len(mine)
            self._money[name] += exact_sum(mine)

    def refuse_clicks(self, reason: Reason, number: Ints, time: Ints) -> None:
        """Count and list clicks as refused."""
        if len(number):
            self._refused_clicks[reason.value] += len(number)
            self._list("click", reason, number, time, pa.nulls(len(number), pa.string()))

    def refuse_strays(self, number: Ints, found: pa.Array, kind: OutcomeKind | None) -> None:
        """Count and list lines that are no rows: as clicks, or as outcomes of a kind, as which they were not read yet.

        Parameters
        ----------
        number : int array of shape (n,)
        found : string array of shape (n,)
            What stands in their place.
        kind : OutcomeKind, optional
            None for clicks.
        """
        nothing, n = pa.nulls(len(number), pa.string()), len(number)
        if kind is None:
            self._clicks += n
            self._refused_clicks[Reason.MALFORMED_LINE.value] += n
        else:
            self._outcomes[_KINDS[kind]] += n
            self._refused[_KINDS[kind]][Reason.MALFORMED_LINE.value] += n
        what = "click" if kind is None else "outcome"
        self._list(what, Reason.MALFORMED_LINE, number, np.full(n, NEVER), nothing, found)

    def refuse(self, reason: Reason, piece: Piece, bad: Bools, found: Floats | None = None) -> Piece:
        """Count and list outcomes as refused where `bad` is set; return the others.

        `found` are their amounts as they stood, where millionths cannot say it.
        """
        if not bad.any():
            return piece
        refused = piece.at(bad)
        for k, name in enumerate(_KINDS):
            mine = refused.amount[refused.kind == k]
            if len(mine):
                self._refused[name][reason.value] += len(mine)
                self._refused_money[name][reason.value] += exact_sum(mine)
        text = _money_text(refused.amount) if found is None else pa.array(found[bad]).cast(pa.string())
        self._list("outcome", reason, refused.number, refused.time, text)
        return piece.at(~bad)

    def close(self) -> None:
        """Finish the side file."""
        if self._writer is not None:
            self._writer.close()

    def intake(self, notes: Sequence[str]) -> Intake:
        """Return all counts."""
        return Intake(
            self._clicks,
            dict(self._refused_clicks),
            dict(self._outcomes),
            {kind: dict(counts) for kind, counts in self._refused.items()},
            dict(self._money),
            {kind: dict(sums) for kind, sums in self._refused_money.items()},
            tuple(notes),
        )

    def _list(
        self, what: str, reason: Reason, number: Ints, time: Ints, amount: pa.Array, found: pa.Array | None = None
    ) -> None:
        if self._writer is None:
            from pyarrow import parquet  # noqa: PLC0415 - most logs refuse nothing, and it takes long to load

            self._writer = parquet.ParquetWriter(self._path, _SCHEMA)
        source, row = self._places.find(number)
        constant = [pa.array([text] * len(number), pa.string()) for text in (what, reason.value)]
        found = pa.nulls(len(number), pa.string()) if found is None else found
        columns = [source, *constant, _time_text(time), amount, pa.array(row), found]
        self._writer.write_table(pa.table(columns, schema=_SCHEMA))


def _time_text(time: Ints) -> pa.Array:
    known = pa.array(time, mask=time == NEVER).cast(pa.timestamp("us"))
    return pc.binary_join_element_wise(known.cast(pa.string()), "Z", "")


def _money_text(amount: Ints) -> pa.Array:
    whole = pa.array(amount).cast(pa.decimal128(19, 0))
    return pc.multiply(whole, pa.scalar("0.000001").cast(pa.decimal128(7, 6))).cast(pa.string())


def refuse_too_many(intake: Intake, most: float, side_file: Path) -> None:
    """Stop if more than a share of what was read was refused; repeats do not count, since nothing is lost with them.

    Raises
    ------
    LogError
        With the counts by reason, and where the rows are listed.
    """
    clicks = Counter(intake.clicks_quarantined)
    outcomes: Counter[str] = sum((Counter(counts) for counts in intake.outcomes_quarantined.values()), Counter())
    problems = [
        *_too_many("clicks", clicks, intake.clicks_read, most),
        *_too_many("outcomes", outcomes, sum(intake.outcomes_read.values()), most),
    ]
    if problems:
        raise LogError([f"{problem}; the rows are listed in {side_file}" for problem in problems])


def _too_many(what: str, refused: Counter[str], read: int, most: float) -> list[str]:
    wrong = {reason: count for reason, count in refused.items() if reason not in _REPEATS}
    total = sum(wrong.values())
    if total <= most * read:
        return []
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in sorted(wrong.items(), key=lambda item: -item[1]))
    return [f"{what} refused: {total:,} of {read:,}, expected a share of at most max_quarantined = {most:g}: {reasons}"]
