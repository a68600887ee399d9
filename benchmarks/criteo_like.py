"""A log in the shape of Criteo's, in Parquet: 8 integers, 9 categories of up to 100,000 values, CVR 0.2, 30 days."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CARDINALITIES = (100_000, 50_000, 10_000, 10_000, 3_000, 1_000, 300, 30, 12)
DAYS = 30
BLOCK = 1_000_000
_START = 1_388_534_400  # 2014-01-01, seconds


def write_log(path: Path, clicks: int, seed: int = 0) -> Path:
    """Write the log unless it is there, and return its path."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with pq.ParquetWriter(partial, _schema()) as writer:
        for start in range(0, clicks, BLOCK):
            writer.write_table(_block(start, min(BLOCK, clicks - start), clicks, seed))
    partial.replace(path)
    return path


def _schema() -> pa.Schema:
    integers = [(f"int{j}", pa.int32()) for j in range(8)]
    categories = [(f"cat{j}", pa.string()) for j in range(len(CARDINALITIES))]
    return pa.schema([("click_time", pa.int64()), ("conversion_time", pa.int64()), *integers, *categories])


def _block(start: int, n: int, clicks: int, seed: int) -> pa.Table:
    random = np.random.default_rng([seed, start])
    second = DAYS * 86_400
    time = _START * 1_000_000 + ((start + np.sort(random.random(n) * n)) * (second * 1e6 / clicks)).astype(np.int64)
    fast = random.random(n) < 0.5
    delay = (random.exponential(np.where(fast, 1_800.0, 172_800.0)) * 1e6).astype(np.int64)
    converts = random.random(n) < 0.2
    columns = [pa.array(time), pa.array(time + delay, mask=~converts)]
    columns += [pa.array(random.poisson(3 + j, n).astype(np.int32), mask=random.random(n) < 0.1) for j in range(8)]
    for size in CARDINALITIES:
        code = np.minimum((size ** random.random(n)).astype(np.int32) - 1, size - 1)  # log-uniform, as Zipf
        names = pa.array([f"{value:08x}" for value in range(size)])
        columns.append(pa.DictionaryArray.from_arrays(pa.array(code), names).cast(pa.string()))
    return pa.Table.from_arrays(columns, schema=_schema())
