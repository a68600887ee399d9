"""What is said of a log that cannot be read: where, what was expected, what was found, what to do."""

import gzip
import os

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from replay.errors import LogError
from replay.readers import CriteoReader, OutcomeColumns, TableReader

START = 1_700_000_000
LINE = "\t".join(["5", "", *"12345678", *"abcdefghi"]) + "\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in an empty folder, so that messages hold short paths."""
    monkeypatch.chdir(tmp_path)


def text(name="log.csv", content=f"click_time\n{START}\n"):
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123  # `name` is relative to the test's folder
        file.write(content)
    return name


def data(name="log.parquet", content=b""):
    with open(name, "wb") as file:  # noqa: PTH123  # as above
        file.write(content)
    return name


def parquet(name="log.parquet", **columns):
    columns = columns or {"click_time": [START]}
    pq.write_table(pa.table(columns), name)
    return name


def bytes_of(**columns):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"click_time": np.arange(START, START + 1000)} | columns), sink, write_page_checksum=True)
    return bytes(sink.getvalue())


def flipped():
    """A Parquet file with one bit of its first data page turned."""
    content = bytearray(bytes_of())
    content[400] ^= 1
    return data(content=bytes(content))


def several(*steps):
    return [step() for step in steps]


def folder(*names):
    os.mkdir("logs")  # noqa: PTH102  # one word
    for name in names:
        text(f"logs/{name}")
    return "logs"


class Lazy:
    def collect(self):
        return self


TABLE = [
    # what is handed over
    (lambda: [], {}, "expected a path to a log, got an empty list"),
    (lambda: 5, {}, "expected a path, or a dataframe that Arrow can read (pandas, polars, pyarrow, duckdb), got int"),
    (
        lambda: pl.LazyFrame({"click_time": [START]}),
        {},
        "expected a path, or a dataframe that Arrow can read (pandas, polars, pyarrow, duckdb), got polars.LazyFrame; "
        "collect it first",
    ),
    (
        lambda: pd.DataFrame({"click_time": [START, START], "site": [1, "a"]}),
        {},
        "pandas.DataFrame: cannot be read as columns: Could not convert 'a' with type str: tried to convert to int64; "
        "Conversion failed for column site with type object; give every column one type",
    ),
    # where it lies
    (lambda: "s3://bucket/log.parquet", {}, "s3://bucket/log.parquet: only local files are read; copy it to this machine first"),
    (lambda: text() and "lgo.csv", {}, "lgo.csv: no such file or folder; did you mean 'log.csv'?"),
    (lambda: text() and "zzzzzz.parquet", {}, "zzzzzz.parquet: no such file or folder; HERE holds log.csv"),
    (lambda: "zzz", {}, "zzz: no such file or folder; HERE holds nothing"),
    (lambda: "no/such/log.csv", {}, "no/such/log.csv: no such file or folder; there is no folder no/such, only HERE"),
    (lambda: text() and "*.parquet", {}, "*.parquet: no file matches; HERE holds log.csv"),
    (lambda: os.mkfifo("log.csv") or "log.csv", {}, "log.csv: expected a file or a folder, found something else (a broken link, a pipe or a device)"),
    (
        lambda: folder("notes.md", "_old.csv"),
        {},
        "logs: expected files ending in .parquet, .parq, .pq, .csv, .tsv, .txt, .csv.gz, .tsv.gz, .txt.gz, found none; "
        "the folder holds _old.csv, notes.md",
    ),
    (
        lambda: text("log.xlsx"),
        {},
        "log.xlsx: expected a name that ends in .parquet, .parq, .pq, .csv, .tsv, .txt, .csv.gz, .tsv.gz, .txt.gz; "
        "rename or convert it",
    ),
    (
        lambda: ["a.csv", "http://b.csv", text()],
        {},
        "the log has 2 problems:\n"
        "  a.csv: no such file or folder; HERE holds log.csv\n"
        "  http://b.csv: only local files are read; copy it to this machine first",
    ),
    # arguments
    (
        text,
        {"time_unit": "sec", "timezone": "Europe/Zurch", "outcome_kind": "gifts"},
        "the log has 3 problems:\n"
        "  time_unit: expected one of auto, s, ms, us, ns, got 'sec'\n"
        "  outcome_kind: expected one of conversion, gift, refund, got 'gifts'; did you mean 'gift'?\n"
        "  timezone: expected an IANA name such as \"UTC\" or \"America/New_York\", got 'Europe/Zurch'; did you mean "
        "'Europe/Zurich'?",
    ),
    # Parquet
    (data, {}, "log.parquet: expected a Parquet file, found an empty one; write or copy the file again"),
    (
        lambda: data(content=b"click_time\n5\n"),
        {},
        "log.parquet: expected a Parquet file, which begins with b'PAR1', found b'clic'; write or copy the file again",
    ),
    (
        lambda: data(content=bytes_of()[:600]),
        {},
        "log.parquet: expected a Parquet file to end with b'PAR1', found b'\\x00\\x00\\x00\\x00': it was cut short; "
        "write or copy the file again",
    ),
    (
        lambda: data(content=b"PAR1PAR1"),
        {},
        "log.parquet: expected a Parquet file to end with b'PAR1', found b'PAR1': it was cut short; write or copy the file again",
    ),
    (
        lambda: data(content=bytes_of()[:-40] + bytes_of()[-8:]),
        {},
        "log.parquet: its Parquet footer is damaged: MESSAGE; write or copy the file again",
    ),
    (
        flipped,
        {},
        "log.parquet: damaged after row 0: could not verify page integrity, CRC checksum verification failed for "
        "page_ordinal 0; write or copy the file again",
    ),
]


@pytest.mark.parametrize(("source", "arguments", "message"), TABLE)
def test_message(source, arguments, message, tmp_path):
    with pytest.raises(LogError) as raised:
        list(TableReader(source(), **arguments).clicks())
    assert str(raised.value) == message.replace("HERE", str(tmp_path))
