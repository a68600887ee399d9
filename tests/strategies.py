"""Raw logs as a reader might find them, right and wrong, and a reader that serves them."""

import hashlib
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from replay.log import NEVER
from replay.readers.base import RawClicks, RawOutcomes

MISSING_TIMES = st.just(NEVER)
VALUES = st.sampled_from(["", "a", "b", "nan", "12", "ä", None])
NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 1.5, -3.0, 1e300, float("inf"), float("nan"), None])
AMOUNTS = st.sampled_from([0.0, 1.0, 0.1, 19.99, -5.0, 0.0000005, 9e12, 1e13, float("nan"), float("inf")])
IDS = st.sampled_from(["x", "y", "z", "7", None])


class RawOutcome(NamedTuple):
    """An outcome in a click's row, or in a second table."""

    kind: int
    time: int
    amount: float
    click_id: object = None


class RawRow(NamedTuple):
    """A click as it stands in a file."""

    time: int
    category: str | None
    number: float | None
    click_id: object
    outcomes: tuple[RawOutcome, ...]
    probability: float = 0.5
    value: float = 1.0


@st.composite
def raw_outcomes(draw, span=40):
    """Outcomes at small times, some of them invalid."""
    time = draw(st.integers(0, 2 * span) | MISSING_TIMES)
    return RawOutcome(draw(st.integers(0, 2)), time, draw(AMOUNTS), draw(IDS))


@st.composite
def raw_clicks(draw, max_size=12, span=40):
    """Lists of clicks in any order, with ties, repeated ids, missing and impossible values."""
    row = st.builds(
        RawRow,
        st.integers(0, span) | MISSING_TIMES,
        VALUES,
        NUMBERS,
        IDS,
        st.lists(raw_outcomes(span), max_size=3).map(tuple),
        st.sampled_from([0.0, 0.25, 1.0]),
        st.sampled_from([0.0, 2.5, 1e5]),
    )
    return draw(st.lists(row, max_size=max_size))


class FakeReader:
    """Serves raw rows in batches of any size, from one source or several.

    Parameters
    ----------
    rows : sequence of RawRow
    second : sequence of RawOutcome
        The second table.
    ids : bool
        Whether clicks have ids.
    batch : int
        Rows to a batch.
    dictionary : bool
        Whether categories come as dictionaries.
    probability : bool
        Whether the true probability is known.
    value : bool
        Whether the true value is known.
    """

    categorical = ("category",)
    numeric = ("number",)
    replayed = ()

    def __init__(
        self,
        rows,
        second=(),
        *,
        ids=False,
        batch=5,
        dictionary=False,
        probability=False,
        value=False,
        observed_until=None,
        notes=(),
    ):
        self.rows, self.second = list(rows), list(second)
        self.ids, self.batch, self.dictionary, self.probability = ids, batch, dictionary, probability
        self.value = value
        self.observed_until, self.notes = observed_until, tuple(notes)
        self.reads = 0

    def fingerprint(self):
        return hashlib.sha256(repr((self.rows, self.second, self.ids, self.observed_until)).encode()).hexdigest()

    def features(self, rows):
        category = pa.array([row.category for row in rows], pa.string())
        return pa.table(
            {
                "category": category.dictionary_encode() if self.dictionary else category,
                "number": pa.array([row.number for row in rows], pa.float64()),
            }
        )

    def clicks(self):
        self.reads += 1
        for start in range(0, len(self.rows), self.batch):
            rows = self.rows[start : start + self.batch]
            outcomes = [(i, outcome) for i, row in enumerate(rows) for outcome in row.outcomes]
            yield RawClicks(
                source="log.csv",
                first_row=start,
                features=self.features(rows),
                click_time=np.array([row.time for row in rows], dtype=np.int64),
                click_id=pa.array([row.click_id for row in rows], pa.string()) if self.ids else None,
                outcome_row=np.array([i for i, _ in outcomes], dtype=np.int64),
                outcome_kind=np.array([outcome.kind for _, outcome in outcomes], dtype=np.int8),
                outcome_time=np.array([outcome.time for _, outcome in outcomes], dtype=np.int64),
                outcome_amount=np.array([outcome.amount for _, outcome in outcomes], dtype=np.float64),
                true_probability=np.array([r.probability for r in rows], np.float32) if self.probability else None,
                true_value=np.array([r.value for r in rows], np.float32) if self.value else None,
            )

    def outcomes(self):
        for start in range(0, len(self.second), self.batch):
            rows = self.second[start : start + self.batch]
            yield RawOutcomes(
                source="outcomes.csv",
                first_row=start,
                click_id=pa.array([row.click_id for row in rows], pa.string()),
                kind=np.array([row.kind for row in rows], dtype=np.int8),
                time=np.array([row.time for row in rows], dtype=np.int64),
                amount=np.array([row.amount for row in rows], dtype=np.float64),
            )


def row(time, category="a", number=1.0, click_id=None, outcomes=(), probability=0.5):
    """Return a row of which only some is of interest."""
    return RawRow(time, category, number, click_id, tuple(RawOutcome(*outcome) for outcome in outcomes), probability)
