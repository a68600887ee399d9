"""What came later than was stated: every such outcome in a side file, by reason, with how late it was, and counted."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from replay.arrays import as_arrow
from replay.feed import Deliveries
from replay.log import NEVER, Ints, OutcomeKind, exact_sum
from replay.passage import Passage, passage
from simulator.ledger import Ledger, LedgerError, decimal

FILE = "late.parquet"
OUTSIDE, BEHIND = "outside_window", "behind_watermark"
_WORDS = {OUTSIDE: "after the attribution window, never applied", BEHIND: "behind the feed's watermark, applied"}
_ROWS = 1 << 18  # outcomes at a time
_TIME = pa.timestamp("us", tz="UTC")
_SCHEMA = pa.schema(
    [
        pa.field("click", pa.int64(), nullable=False),
        pa.field("click_time", _TIME, nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("time", _TIME, nullable=False),
        pa.field("arrival", _TIME, nullable=False),
        pa.field("amount", pa.decimal128(27, 6), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("late_by", pa.duration("us"), nullable=False),
    ]
)


@dataclass(frozen=True)
class Late:
    """How many outcomes were late, and their money in millionths, by reason and kind."""

    outcomes: Mapping[str, Counter[str]] = field(default_factory=lambda: {OUTSIDE: Counter(), BEHIND: Counter()})
    money: Mapping[str, Counter[str]] = field(default_factory=lambda: {OUTSIDE: Counter(), BEHIND: Counter()})

    def check(self, ledger: Ledger) -> None:
        """Raise LedgerError unless what is listed as outside of the window is what the ledger has there."""
        for kind, account in ledger.outcomes.items():
            listed, expected = self.outcomes[OUTSIDE][kind], account.went[OUTSIDE]
            if listed != expected:
                raise LedgerError(
                    f"{FILE} lists {listed} {kind}s outside the attribution window, the ledger has {expected}; "
                    "please report"
                )

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain data; money as decimal text."""
        return {
            reason: {
                "outcomes": dict(counts),
                "money": {kind: decimal(self.money[reason][kind]) for kind in counts},
            }
            for reason, counts in self.outcomes.items()
        }

    def notes(self) -> list[str]:
        """Say in words how many were late and where they are listed; nothing if none were."""
        totals = {reason: counts.total() for reason, counts in self.outcomes.items() if counts.total()}
        if not totals:
            return []
        told = ", ".join(f"{total:,} {_WORDS[reason]}" for reason, total in totals.items())
        return [f"outcomes later than stated: {told}; each is listed in {FILE} of the run's folder"]


def write_late(folder: Path, deliveries: Deliveries, attribution_window: int) -> Late:
    """Write ``folder/late.parquet``: a row for each outcome that came later than stated, in the order of the log.

    An outcome is late if, by the time that it carries, it happened after the attribution window of its click: then it
    is never applied, and late by what lies beyond the window.  It is late too if it counts and arrives after the feed's
    watermark has passed its time, by which it said that nothing so old would come any more: then it is applied, and
    late by how long before that was.

    Parameters
    ----------
    folder : Path
    deliveries : Deliveries
    attribution_window : int
        us.

    Returns
    -------
    Late
        Counts and money of what was listed.
    """
    late, log = Late(), deliveries.log
    way = passage(log, deliveries.feed)
    with pq.ParquetWriter(folder / FILE, _SCHEMA, compression="zstd", write_page_checksum=True) as writer:
        for start in range(0, len(log.outcomes.row), _ROWS):
            at, by = _late(deliveries, way, slice(start, start + _ROWS), attribution_window)
            if len(at):
                writer.write_batch(_batch(deliveries, way, at, by))
                _count(late, deliveries, at)
    return late


def _late(deliveries: Deliveries, way: Passage, cut: slice, window: int) -> tuple[Ints, Ints]:
    """Return which outcomes of a slice are late, and by how much."""
    log = deliveries.log
    outside, arrival, says = deliveries.outside[cut], deliveries.outcome_arrival[cut], way.says[cut]
    beyond = says - (log.click_time[log.outcomes.row[cut]] + window)
    counts = arrival != NEVER
    behind = np.where(counts, arrival, 0) - np.where(counts, deliveries.watermark.reaches(says), 0)
    by = np.where(outside, beyond, behind)
    at = np.flatnonzero(outside | (behind > 0))
    return at + cut.start, by[at]


def _batch(deliveries: Deliveries, way: Passage, at: Ints, by: Ints) -> pa.RecordBatch:
    log = deliveries.log
    row, kind, _, amount = (column[at] for column in log.outcomes)
    names = pa.array([one.name.lower() for one in OutcomeKind])
    whole = as_arrow(amount).cast(pa.decimal128(19, 0))
    columns = [
        as_arrow(log.click[row]),
        as_arrow(log.click_time[row]).view(_TIME),
        names.take(as_arrow(kind)),
        as_arrow(way.says[at]).view(_TIME),
        as_arrow(way.comes[at]).view(_TIME),
        pc.multiply(whole, pa.scalar("0.000001").cast(pa.decimal128(7, 6))),
        pa.array([BEHIND, OUTSIDE]).take(as_arrow(deliveries.outside[at].astype(np.int8))),
        as_arrow(by).view(pa.duration("us")),
    ]
    return pa.record_batch(columns, schema=_SCHEMA)


def _count(late: Late, deliveries: Deliveries, at: Ints) -> None:
    outcomes = deliveries.log.outcomes
    for reason, mine in ((OUTSIDE, at[deliveries.outside[at]]), (BEHIND, at[~deliveries.outside[at]])):
        for kind in OutcomeKind:
            own = mine[outcomes.kind[mine] == kind]
            if len(own):
                late.outcomes[reason][kind.name.lower()] += len(own)
                late.money[reason][kind.name.lower()] += exact_sum(outcomes.amount[own])
