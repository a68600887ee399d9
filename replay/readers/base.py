"""What a reader is: a source of raw clicks and outcomes in columns, before anything is judged."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.log import Floats, Ints, OutcomeKind
from replay.readers.strays import Strays


class RawClicks(NamedTuple):
    """Some clicks in reading order, with the outcomes that stand in the same rows."""

    source: str  # the file or frame, as the user would name it
    first_row: int  # number within `source` of the first of these rows and of what was left out among them, from 0
    features: pa.Table  # feature and segment columns, any Arrow type; dictionary-encoded where the source is
    click_time: Ints  # shape (n,), us UTC; NEVER where missing, NaN or out of range
    click_id: pa.Array | None  # shape (n,), where the log names one
    outcome_row: Ints  # shape (n_outcomes,): index into these rows, non-decreasing
    outcome_kind: NDArray[np.int8]  # an OutcomeKind
    outcome_time: Ints  # us UTC; NEVER where an amount stands without a time, or the time is NaN or out of range
    outcome_amount: Floats  # in the log's currency, NaN or infinite as found; 0 where the log has no amounts
    true_probability: NDArray[np.float32] | None  # synthetic worlds only
    true_value: NDArray[np.float32] | None = None  # likewise; expected money inside the window, in the log's currency
    strays: Strays | None = None  # rows that were left out, since they are no rows of this table
    outcomes_until: Ints | None = None  # us UTC: no outcome comes after this; NEVER where that is not known


class RawOutcomes(NamedTuple):
    """Some rows of a second table, whose clicks are named by id."""

    source: str
    first_row: int
    click_id: pa.Array
    kind: NDArray[np.int8]
    time: Ints  # as RawClicks.outcome_time
    amount: Floats
    strays: Strays | None = None  # as RawClicks.strays
    stray_kind: OutcomeKind = OutcomeKind.CONVERSION  # what they are taken for


class LogReader(Protocol):
    """A source of clicks; it reads, converts units and zones, and judges nothing but whether it can be read at all."""

    @property
    def categorical(self) -> Sequence[str]:
        """Feature columns to encode by value, in slot order."""

    @property
    def numeric(self) -> Sequence[str]:
        """Feature columns to encode by bucket, after the categorical ones."""

    @property
    def observed_until(self) -> int | None:
        """Where the log ends, us UTC, if known; otherwise it is the latest time in the log."""

    @property
    def notes(self) -> Sequence[str]:
        """What was inferred, in plain words; complete once the log has been read."""

    @property
    def replayed(self) -> Sequence[str]:
        """Sources left out because their content had been read already."""

    def fingerprint(self) -> str:
        """Return a digest of the content and of everything that decides how it is read."""

    def clicks(self) -> Iterator[RawClicks]:
        """Yield all clicks, some 100,000 rows at a time."""

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield the second table, or nothing."""
