"""What is said of a log that cannot be read: where, what was expected, what was found, what to do."""

import gzip
import os
import re

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
    (list, {}, "expected a path to a log, got an empty list"),
    (lambda: 5, {}, "expected a path, or a dataframe that Arrow can read (pandas, polars, pyarrow, duckdb), got int"),
    (
        lambda: pl.LazyFrame({"click_time": [START]}),
        {},
        (
            "expected a path, or a dataframe that Arrow can read (pandas, polars, pyarrow, duckdb), got "
            "polars.LazyFrame; "
            "collect it first"
        ),
    ),
    (
        lambda: pd.DataFrame({"click_time": [START, START], "site": [1, "a"]}),
        {},
        (
            "pandas.DataFrame: cannot be read as columns: Could not convert 'a' with type str: tried to convert "
            "to int64; "
            "Conversion failed for column site with type object; give every column one type"
        ),
    ),
    # where it lies
    (
        lambda: "s3://bucket/log.parquet",
        {},
        "s3://bucket/log.parquet: only local files are read; copy it to this machine first",
    ),
    (lambda: text() and "lgo.csv", {}, "lgo.csv: no such file or folder; did you mean 'log.csv'?"),
    (lambda: text() and "zzzzzz.parquet", {}, "zzzzzz.parquet: no such file or folder; HERE holds log.csv"),
    (lambda: "zzz", {}, "zzz: no such file or folder; HERE holds nothing"),
    (lambda: "no/such/log.csv", {}, "no/such/log.csv: no such file or folder; there is no folder no/such, only HERE"),
    (lambda: text() and "*.parquet", {}, "*.parquet: no file matches; HERE holds log.csv"),
    (
        lambda: os.mkfifo("log.csv") or "log.csv",
        {},
        "log.csv: expected a file or a folder, found something else (a broken link, a pipe or a device)",
    ),
    (
        lambda: folder("notes.md", "_old.csv"),
        {},
        (
            "logs: expected files ending in .parquet, .parq, .pq, .csv, .tsv, .txt, .csv.gz, .tsv.gz, .txt.gz, "
            "found none; "
            "the folder holds _old.csv, notes.md"
        ),
    ),
    (
        lambda: text("log.xlsx"),
        {},
        (
            "log.xlsx: expected a name that ends in .parquet, .parq, .pq, .csv, .tsv, .txt, .csv.gz, .tsv.gz, .txt.gz; "
            "rename or convert it"
        ),
    ),
    (
        lambda: ["a.csv", "http://b.csv", text()],
        {},
        (
            "the log has 2 problems:\n"
            "  a.csv: no such file or folder; did you mean 'log.csv'?\n"
            "  http://b.csv: only local files are read; copy it to this machine first"
        ),
    ),
    # arguments
    (
        text,
        {"time_unit": "sec", "timezone": "Europe/Zurch", "outcome_kind": "gifts"},
        (
            "the log has 3 problems:\n"
            "  time_unit: expected one of auto, s, ms, us, ns, got 'sec'\n"
            "  outcome_kind: expected one of conversion, gift, refund, got 'gifts'; did you mean 'gift'?\n"
            '  timezone: expected an IANA name such as "UTC" or "America/New_York", got \'Europe/Zurch\'; did you mean '
            "'Europe/Zurich'?"
        ),
    ),
    # Parquet
    (data, {}, "log.parquet: expected a Parquet file, found an empty one; write or copy the file again"),
    (
        lambda: data(content=b"click_time\n5\n"),
        {},
        "log.parquet: expected b'PAR1' at the start of a Parquet file, found b'clic'; write or copy the file again",
    ),
    (
        lambda: data(content=bytes_of()[:-1]),
        {},
        "log.parquet: cut short: expected b'PAR1' at its end, found b'\\x00PAR'; write or copy the file again",
    ),
    (
        lambda: data(content=b"PAR1PAR1"),
        {},
        "log.parquet: its Parquet footer is damaged: ...; write or copy the file again",
    ),
    (
        lambda: data(content=bytes_of()[:-40] + bytes_of()[-8:]),
        {},
        "log.parquet: its Parquet footer is damaged: ...; write or copy the file again",
    ),
    (flipped, {}, "log.parquet: damaged after row 0: ...CRC checksum...; write or copy the file again"),
    # delimited text
    (
        lambda: text(content=""),
        {},
        "log.csv: expected a first line of column names, found an empty file; write it again",
    ),
    (
        lambda: text(content="\n \n"),
        {},
        "log.csv: expected a first line of column names, found an empty file; write it again",
    ),
    (
        lambda: data("log.csv", "click_time\n5\n".encode("utf-16")),
        {},
        "log.csv: expected UTF-8 text, found UTF-16; save it as UTF-8",
    ),
    (
        lambda: text(content=f"click_time,a\n\n{START},2,3\n"),
        {},
        (
            "log.csv: 0 of 1 rows read have the 2 columns that the file begins with; "
            f"line 3: expected 2 columns, found 3: '{START},2,3'; "
            "mend the first line, or write the file again with one delimiter"
        ),
    ),
    (
        lambda: text(content="click_time,a\n" + f"{START},1\n" * 90 + f"{START};2\n" * 1_000_000),
        {},
        (
            "log.csv: 90 of 1,090 rows read have the 2 columns that the file begins with; "
            f"line 92: expected 2 columns, found 1: '{START};2'; "
            "mend the first line, or write the file again with one delimiter"
        ),
    ),
    (
        lambda: data("log.csv", f'click_time,site\n{START},"a\nb"\n{START},\xe9,\n'.encode("latin-1")),
        {},
        "log.csv: line 4: expected UTF-8 text, found other bytes; save the file as UTF-8",
    ),
    (
        lambda: text(content="click_time,a\n" + f"{START},1\n" * 200_000 + f"{START},many\n"),
        {},
        (
            "log.csv: line 200002, column 'a': expected a number, found 'many'; mend it, or name the column under "
            "categorical"
        ),
    ),
    (
        lambda: data("log.csv", f"click_time,site\n{START},a\n{START},\xe9\n".encode("latin-1")),
        {"categorical": ["site"]},
        "log.csv: line 3, column 'site': expected UTF-8 text, found other bytes; save the file as UTF-8",
    ),
    (
        lambda: data("log.csv.gz", gzip.compress(random_csv())[:-100_000]),
        {},
        "log.csv.gz: cannot be read as delimited text: ...; write or copy it again",
    ),
    # columns
    (
        lambda: parquet(click_time=[START], converted_at=[START], cots=[1.0], site=["a"]),
        {
            "click_time": "clicktime",
            "conversion_time": "conversion_at",
            "numeric": ["cost", "site", "site"],
            "categorical": ["zzz"],
            "segments": ["sites"],
        },
        (
            "the log has 7 problems:\n"
            "  column 'site' is named twice as a feature; once is enough\n"
            "  log.parquet: expected a column 'clicktime' (click_time), found none; did you mean 'click_time'?\n"
            "  log.parquet: expected a column 'conversion_at' (conversion_time), found none; did you mean "
            "'converted_at'?\n"
            "  log.parquet: expected a column 'zzz' (categorical), found none; there are click_time, "
            "converted_at, cots, site\n"
            "  log.parquet: expected a column 'cost' (numeric), found none; did you mean 'cots'?\n"
            "  log.parquet: column 'site' (numeric): expected numbers, found string; name it under categorical, "
            "or convert it\n"
            "  log.parquet: expected a column 'sites' (segments or keys), found none; did you mean 'site'?"
        ),
    ),
    (
        lambda: parquet(click_time=[[START]], conversion_time=[True], amount=[[1]], click_id=[[2]], site=[{"a": 1}]),
        {"categorical": ["site"], "true_probability": "amount"},
        (
            "the log has 7 problems:\n"
            "  column 'amount' is asked to be two things; name another for one\n"
            "  log.parquet: column 'click_time' (click_time): expected times or numbers, found list<element: "
            "int64>; convert it\n"
            "  log.parquet: column 'conversion_time' (conversion_time): expected times or numbers, found bool; "
            "convert it\n"
            "  log.parquet: column 'amount' (amount): expected numbers, found list<element: int64>; convert it\n"
            "  log.parquet: column 'click_id' (click_id): expected one plain value per row, found list<element: "
            "int64>; convert it\n"
            "  log.parquet: column 'amount' (true_probability): expected numbers, found list<element: int64>; "
            "convert it\n"
            "  log.parquet: column 'site' (categorical): expected one plain value per row, found struct<a: "
            "int64>; convert it"
        ),
    ),
    (
        lambda: parquet(click_time=[START], conversion_time=[START], amount=[1.0]),
        {"categorical": ["conversion_time"], "numeric": ["amount"]},
        (
            "the log has 2 problems:\n"
            "  column 'conversion_time' cannot be a feature: it holds what is not known at the click\n"
            "  column 'amount' cannot be a feature: it holds what is not known at the click"
        ),
    ),
    (
        lambda: text(content="click_time,a,a\n5,1,2\n"),
        {},
        "log.csv: expected one column 'a' (numeric), found 2; rename all but one",
    ),
    (
        lambda: several(
            lambda: parquet("a.parquet", click_time=[START], cost=[1.0], age=[1]),
            lambda: parquet("b.parquet", click_time=[START], costs=[1.0], age=["x"]),
            lambda: parquet("c.parquet", click_time=[START], costs=[2.0], age=["x"]),
            lambda: data("d.parquet"),
        ),
        {"numeric": ["cost", "age"]},
        "d.parquet: expected a Parquet file, found an empty one; write or copy the file again",
    ),
    (
        lambda: several(
            lambda: parquet("a.parquet", click_time=[START], cost=[1.0], age=[1]),
            lambda: parquet("b.parquet", click_time=[START], costs=[1.0], age=["x"]),
            lambda: parquet("c.parquet", click_time=[START], costs=[2.0], age=["x"]),
        ),
        {"numeric": ["cost", "age"]},
        (
            "the log has 2 problems:\n"
            "  b.parquet, c.parquet: expected a column 'cost' (numeric), found none; did you mean 'costs'?\n"
            "  b.parquet, c.parquet: column 'age' (numeric): expected numbers, found string; name it under "
            "categorical, or convert it"
        ),
    ),
    # times
    (
        lambda: parquet(click_time=pa.array([0], pa.timestamp("us")), conversion_time=["2024-01-01 10:00"]),
        {},
        (
            "the log has 2 problems:\n"
            "  log.parquet: column 'click_time' has times without a zone, such as 1970-01-01 00:00:00; set "
            "timezone to the one "
            'they are in, such as "UTC" or "America/New_York"\n'
            "  log.parquet: column 'conversion_time' has times without a zone, such as 2024-01-01 10:00:00; set "
            "timezone to the "
            'one they are in, such as "UTC" or "America/New_York"'
        ),
    ),
    (
        lambda: parquet(click_time=[START], conversion_time=[START * 1000]),
        {},
        (
            f"times must all be in one unit: column 'click_time' of log.parquet is in seconds (such as {START}), "
            "column "
            f"'conversion_time' of log.parquet is in milliseconds (such as {START}000); convert them to one"
        ),
    ),
    (
        lambda: several(lambda: text("a.csv"), lambda: text("b.csv", f"click_time\n{START}000000\n")),
        {},
        (
            f"times must all be in one unit: column 'click_time' of a.csv is in seconds (such as {START}), column "
            f"'click_time' of b.csv is in microseconds (such as {START}000000); convert them to one"
        ),
    ),
    (
        lambda: text(content="click_time\n0\n5\n5000000\n"),
        {},
        (
            "log.csv: column 'click_time' holds numbers from 0 to 5000000, which are no times since 1970 in any unit; "
            'set time_unit ("s", "ms", "us" or "ns") if they count from another start'
        ),
    ),
    (
        lambda: parquet(click_time=np.arange(0, 5_000_000_000, 50_000_000)),  # 58 days in ms, or 1970 to 2128 in s
        {},
        (
            "log.parquet: column 'click_time' holds numbers from 0 to 4950000000, which are no times since 1970 "
            "in any unit; "
            'set time_unit ("s", "ms", "us" or "ns") if they count from another start'
        ),
    ),
    (
        lambda: parquet(click_time=[START * 1000]),
        {"time_unit": "s"},
        (
            f"log.parquet: column 'click_time' holds numbers such as {START}000, which in seconds lie outside of "
            "1970 to 2262; "
            'set time_unit to their unit, or to "auto"'
        ),
    ),
    (
        lambda: text(content="click_time\nyesterday\n"),
        {},
        "log.csv: column 'click_time': expected times such as 2025-01-31T18:00:00Z or numbers, found 'yesterday'",
    ),
    # a second table
    (
        parquet,
        {"outcomes": OutcomeColumns(source="outcomes.csv")},
        "outcomes.csv: no such file or folder; HERE holds log.parquet",
    ),
    (
        parquet,
        {
            "outcomes": OutcomeColumns(
                source=pa.table({"id": [1], "tme": [START], "kind": [5]}), kind="kind", amount="id"
            )
        },
        (
            "the log has 4 problems:\n"
            "  outcomes name their click by its id, but the log has none; set click_id to its column\n"
            "  pyarrow.Table: expected a column 'click_id' (outcomes.click_id), found none; there are id, tme, kind\n"
            "  pyarrow.Table: expected a column 'time' (outcomes.time), found none; did you mean 'tme'?\n"
            "  pyarrow.Table: column 'kind' (outcomes.kind): expected text, found int64; convert it"
        ),
    ),
    (
        lambda: parquet(click_time=[START], click_id=[1]),
        {"outcomes": OutcomeColumns(source=pa.table({"click_id": [1], "time": [START * 1000]}))},
        (
            f"times must all be in one unit: column 'click_time' of log.parquet is in seconds (such as {START}), "
            "column 'time' "
            f"of pyarrow.Table is in milliseconds (such as {START}000); convert them to one"
        ),
    ),
    (
        lambda: parquet(click_time=[START], click_id=[1]),
        {
            "outcomes": OutcomeColumns(
                source=pa.table({"click_id": [1, 1], "time": [START] * 2, "what": ["gift", "refnd"]}), kind="what"
            )
        },
        (
            "pyarrow.Table: row 1 (from 0), column 'what': expected conversion, gift, refund or nothing, found "
            "'refnd'; "
            "did you mean 'refund'?"
        ),
    ),
]


def random_csv():
    numbers = np.random.default_rng(0).integers(START, 2 * START, 100_000)
    return ("click_time\n" + "\n".join(map(str, numbers))).encode()


def matches(found, expected):
    """Compare, where "..." stands for words that are not ours."""
    return re.fullmatch(".+".join(map(re.escape, expected.split("..."))), found)


def read(source, arguments):
    reader = TableReader(source(), **arguments)
    return list(reader.clicks()), list(reader.outcomes())


@pytest.mark.parametrize(("source", "arguments", "message"), TABLE)
def test_message(source, arguments, message, tmp_path):
    with pytest.raises(LogError) as raised:
        read(source, arguments)
    found = str(raised.value)
    assert matches(found, message.replace("HERE", str(tmp_path))), found


CRITEO = [
    (lambda: "data.txt", "data.txt: no such file or folder; HERE holds nothing"),
    (
        lambda: text("data.txt", "\n" + 2 * LINE.replace("a\t", "")),
        (
            "data.txt: 0 of 2 rows read have the 19 columns that the file begins with; line 2: expected 19 columns, "
            "found 18: '5\\t\\t1\\t2\\t3\\t4\\t5\\t6\\t7\\t8\\tb\\tc\\td\\te\\tf\\tg\\th\\ti'; "
            "mend the first line, or write the file again with one delimiter"
        ),
    ),
    (
        lambda: text("data.txt", LINE * 99_999 + LINE.replace("3", "x")),
        "data.txt: line 100000, column 'int3': expected a number, found 'x'; mend it",
    ),
    (
        lambda: data("data.gz", gzip.compress(random_csv())[:-100_000]),
        "data.gz: cannot be read as delimited text: ...; write or copy it again",
    ),
]


@pytest.mark.parametrize(("source", "message"), CRITEO)
def test_criteo_message(source, message, tmp_path):
    with pytest.raises(LogError) as raised:
        list(CriteoReader(source()).clicks())
    found = str(raised.value)
    assert matches(found, message.replace("HERE", str(tmp_path))), found


def test_criteo_segments_are_its_columns():
    with pytest.raises(LogError, match=r"^segments or keys: no column 'cat10'; did you mean 'cat1'\?$"):
        CriteoReader(text("data.txt", LINE), segments=["cat10"])


def test_a_flipped_byte_is_told_or_leaves_columns_that_can_be_used():
    rng = np.random.default_rng(0)
    sites = pa.array([f"site {i % 7}" for i in range(200)])
    pq.write_table(
        pa.table({"click_time": np.arange(START, START + 200), "site": sites}), "log.parquet", compression="none"
    )
    with open("log.parquet", "rb") as file:  # noqa: PTH123  # relative to the test's folder
        content = file.read()
    said = set()
    for at in range(0, len(content), 3):
        bad = bytearray(content)
        bad[at] ^= 1 << rng.integers(8)
        data(content=bytes(bad))
        try:
            for piece in TableReader("log.parquet", time_unit="s").clicks():
                piece.features.validate(full=True)
        except LogError as error:
            said.add(re.sub(r".*(after row 0|footer is damaged): ", "", str(error)))
    assert "a value points outside of its dictionary of 7; write or copy the file again" in said
    assert len(said) > 5


def test_text_that_is_none_in_a_later_row_group():
    for values in ([b"a", b"\xff"], [b"\xff", b"a"]):
        site = pa.array(values).view(pa.string())
        pq.write_table(pa.table({"click_time": [START, START], "site": site}), "log.parquet", row_group_size=1)
        with pytest.raises(
            LogError, match=r"^log.parquet: damaged after row \d: .*UTF8.*; write or copy the file again$"
        ):
            list(TableReader("log.parquet", categorical=["site"]).clicks())


def test_rows_that_the_footer_does_not_tell_of(monkeypatch):
    parquet(click_time=np.arange(START, START + 10))

    class Footer:
        num_rows, num_row_groups = 12, 1
        row_group = pq.read_metadata("log.parquet").row_group

    monkeypatch.setattr(pq.ParquetFile, "metadata", Footer)
    with pytest.raises(LogError) as raised:
        list(TableReader("log.parquet").clicks())
    assert str(raised.value) == (
        "log.parquet: expected the 12 rows that its footer tells of, found 10; write or copy the file again"
    )
    Footer.num_rows = 8
    with pytest.raises(LogError, match="expected the 8 rows that its footer tells of, found more; write or copy"):
        list(TableReader("log.parquet").clicks())


def test_a_file_that_expands_beyond_reason_is_refused_and_a_tight_one_is_not(monkeypatch):
    columns = {"click_time": np.full(3_000_000, START)}
    tight = {"compression": "zstd", "use_dictionary": False, "data_page_size": 1 << 24}
    pq.write_table(pa.table(columns), "log.parquet", row_group_size=3_000_000, **tight)
    size = os.path.getsize("log.parquet")  # noqa: PTH202  # relative to the test's folder
    assert size < 24_000
    assert max(len(piece.click_time) for piece in TableReader("log.parquet").clicks()) == 262_144
    monkeypatch.setattr("replay.readers.parquet._HUGE", 1 << 20)
    with pytest.raises(LogError) as raised:
        TableReader("log.parquet").categorical  # noqa: B018  # asked for its error
    held = pq.read_metadata("log.parquet").row_group(0).total_byte_size
    assert str(raised.value) == (
        f"log.parquet: expected at most 1,000 times its {size:,} bytes when expanded, found {held:,} bytes in "
        "3,000,000 rows, "
        "unlike any log; write it again uncompressed"
    )


@pytest.mark.parametrize("name", ["log.csv", "log.parquet"])
def test_a_file_that_changes_while_it_is_read(name):
    source = text(name) if name == "log.csv" else parquet(name)
    clicks = TableReader(source).clicks()
    next(clicks)
    with open(name, "ab") as file:  # noqa: PTH123  # relative to the test's folder
        file.write(b"1")
    with pytest.raises(LogError) as raised:
        next(clicks)
    assert str(raised.value) == f"{name}: changed while it was read; run again when nothing writes to it"
