"""The log in columns: clicks sorted by time, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from replay.slots import SlotTable

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max  # the time of what does not happen; it compares rightly, so never do arithmetic on it
MICROS = 1_000_000  # money is kept in int64 millionths, so that sums are exact


def exact_sum(amount: Ints) -> int:
    """Return the sum of amounts in millionths, which may be too large for 64 bits."""
    return int((amount // MICROS).sum()) * MICROS + int((amount % MICROS).sum())


class OutcomeKind(IntEnum):
    """What can come of a click."""

    CONVERSION = 0
    GIFT = 1
    REFUND = 2


class Outcomes(NamedTuple):
    """What came of clicks; columns of length n_outcomes, sorted by (row, time, kind)."""

    row: Ints  # which click, as a row of the log
    kind: NDArray[np.int8]  # an OutcomeKind
    time: Ints  # when it happened, us UTC
    amount: Ints  # millionths of the log's currency; what a refund takes back is negative


class Segment(NamedTuple):
    """One column that results can be split by."""

    code: NDArray[np.int32]  # shape (n_clicks,): index into `values`
    values: tuple[str, ...]  # names; a missing value is "(missing)"


@dataclass(frozen=True)
class Intake:
    """What was read and what was refused: the log's side of the ledger.

    Every count is by reason, a short snake_case text such as ``outcome_before_click``.
    """

    clicks_read: int = 0
    clicks_quarantined: Mapping[str, int] = field(default_factory=dict)
    outcomes_read: Mapping[str, int] = field(default_factory=dict)  # by kind's name in lower case
    outcomes_quarantined: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # kind -> reason -> count
    money_read: Mapping[str, int] = field(default_factory=dict)  # by kind, millionths
    money_quarantined: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # kind -> reason -> millionths
    notes: tuple[str, ...] = ()  # what the reader inferred or mended, in plain words, for the user


@dataclass(frozen=True)
class ClickLog:
    """A validated, encoded click log, memory-mapped; nothing in it depends on a learner, a policy or a window.

    Rows are clicks sorted by time; clicks of one instant keep the order in which they were read.
    """

    click_time: Ints  # shape (n_clicks,), us UTC, non-decreasing
    click: Ints  # shape (n_clicks,): the click's number in the input, from 0, in reading order
    slots: SlotTable  # encoded features, shape (n_clicks, n_features)
    feature_names: tuple[str, ...]
    outcomes: Outcomes
    observed_until: int  # us UTC: what happened before this is in the log, what happened later may not be
    intake: Intake
    fingerprint: str  # of the content and of how it was read and encoded
    true_probability: NDArray[np.float32] | None = None  # P(converts in the world), synthetic logs only
    true_value: NDArray[np.float32] | None = None  # expected money inside the window, likewise; in the log's currency
    outcomes_until: Ints | None = None  # us UTC: nothing comes of the click after this, as the session ends; NEVER
    segments: Mapping[str, Segment] = field(default_factory=dict)
    keys: Mapping[str, NDArray[np.uint64]] = field(default_factory=dict)  # hashes of what aggregates are made by
    columns: pa.Table | None = None  # raw feature columns, where a learner asked for them
    description: Mapping[str, Any] = field(default_factory=dict)  # for the report: paths, features, hash collisions

    @property
    def n_clicks(self) -> int:
        """Number of clicks."""
        return len(self.click_time)
