"""How fast a log like Criteo's is encoded and prepared: 8 integers, 9 categories of up to 100,000 values, CVR 0.2.

    python benchmarks/encode.py [ROWS]

Rows come from memory, so that no file format is timed.  Compilation is done before the clocks start.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from replay.encoding import Encoder, Encoding
from replay.prepare import prepare
from replay.readers.base import RawClicks, RawOutcomes

CARDINALITIES = [35_243, 4_054, 11_686, 8_081, 3_073, 12_893, 9_273, 12, 100_000]
DAY = 86_400_000_000
BATCH = 1 << 17


class MemoryReader:
    """Serves batches made beforehand, again and again."""

    categorical = tuple(f"cat{i}" for i in range(9))
    numeric = tuple(f"int{i}" for i in range(8))
    observed_until = None
    notes = replayed = ()

    def __init__(self, rows: int, seed: int = 0) -> None:
        self.rows = rows
        rng = np.random.default_rng(seed)
        values = [pa.array([f"{i:08x}" for i in range(count)]) for count in CARDINALITIES]
        self._batches = [_batch(rng, values) for _ in range(min(8, -(-rows // BATCH)))]

    def fingerprint(self) -> str:
        """Return a name for the rows."""
        return f"memory {self.rows}"

    def batches(self) -> Iterator[pa.Table]:
        """Yield the features alone."""
        for at in range(0, self.rows, BATCH):
            yield self._batches[at // BATCH % len(self._batches)].slice(0, min(BATCH, self.rows - at))

    def clicks(self) -> Iterator[RawClicks]:
        """Yield the clicks, one in five with a conversion about a day later."""
        rng = np.random.default_rng(1)
        step = 30 * DAY / self.rows
        at = 0
        for features in self.batches():
            n = len(features)
            click_time = ((at + np.arange(n)) * step).astype(np.int64) // 1_000_000 * 1_000_000
            row = np.flatnonzero(rng.random(n) < 0.2)
            delay = (rng.exponential(DAY, len(row))).astype(np.int64)
            kind, amount = np.zeros(len(row), np.int8), np.zeros(len(row))
            yield RawClicks("memory", at, features, click_time, None, row, kind, click_time[row] + delay, amount, None)
            at += n

    def outcomes(self) -> Iterator[RawOutcomes]:
        """Yield nothing."""
        return iter(())


def _batch(rng: np.random.Generator, values: list[pa.Array]) -> pa.Table:
    columns = {
        f"cat{i}": pa.DictionaryArray.from_arrays(rng.integers(0, len(v), BATCH).astype(np.int32), v)
        for i, v in enumerate(values)
    }
    for i in range(8):
        columns[f"int{i}"] = pa.array(rng.poisson(5 * (i + 1), BATCH), mask=rng.random(BATCH) < 0.1)
    return pa.table(columns)


def _report(what: str, seconds: float, rows: int) -> None:
    print(f"{what:<28}{seconds:8.3f} s  {rows / seconds / 1e6:8.1f} M rows/s  {seconds / rows * 1e9:8.1f} ns/row")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        prepare(MemoryReader(1_000), encoding=Encoding(), cache=Path(folder))
        reader = MemoryReader(rows)
        encoder = Encoder(Encoding(), reader.categorical, reader.numeric)
        encoder.encode(next(reader.batches()))
        for what, work in (
            ("encode 17 features", lambda: [encoder.encode(batch) for batch in reader.batches()]),
            ("prepare", lambda: prepare(reader, encoding=Encoding(), cache=Path(folder))),
            ("open what was prepared", lambda: prepare(reader, encoding=Encoding(), cache=Path(folder))),
        ):
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.perf_counter()
            work()
            _report(what, time.perf_counter() - started, rows)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            print(f"{'':<28}peak memory grew by {grown / 1024:.0f} MB, mapped files included")


if __name__ == "__main__":
    main()
