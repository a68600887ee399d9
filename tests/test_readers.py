"""Any way to hand over a log gives the same columns; what had to be inferred is said."""

import gzip
import json
import os
import pickle
from collections import Counter
from datetime import UTC, datetime

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.canonical import canonical_text
from replay.errors import LogError
from replay.log import NEVER, OutcomeKind
from replay.readers import READERS, CriteoReader, OutcomeColumns, TableReader
from replay.readers.times import Clock, read_times

START = 1_700_000_000_000_000  # us UTC, 2023-11-14 22:13:20
UTC_US = pa.timestamp("us", "UTC")


def read(reader):
    """Return all that a reader yields as plain lists, however it is cut into pieces."""
    pieces = list(reader.clicks())
    rows = {name: [] for name in ("click_time", "click_id", "row", "kind", "time", "amount", "true_probability")}
    features = {name: [] for name in (*reader.categorical, *reader.numeric)}
    first = 0
    for piece in pieces:
        rows["click_time"] += piece.click_time.tolist()
        rows["row"] += (piece.outcome_row + first).tolist()
        rows["kind"] += piece.outcome_kind.tolist()
        rows["time"] += piece.outcome_time.tolist()
        rows["amount"] += piece.outcome_amount.tolist()
        rows["click_id"] += [] if piece.click_id is None else canonical_text(piece.click_id, "id").to_pylist()
        rows["true_probability"] += [] if piece.true_probability is None else piece.true_probability.tolist()
        for name, values in features.items():
            column = piece.features[name].combine_chunks()
            values.extend(canonical_text(column, name).to_pylist() if name in reader.categorical else hexes(column))
        first += len(piece.click_time)
    return rows | features


def hexes(column):
    return [float("nan" if number is None else number).hex() for number in column.cast("float64").to_pylist()]


def table(**columns):
    return pa.table({"click_time": pa.array([START, START + 1], UTC_US)} | columns)


def write_csv(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def write_parquet(path, columns, **options):
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **options)
    return str(path)


times = st.integers(0, 10**15).map(lambda t: START + t)
words = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=4)


@st.composite
def tables(draw):
    n = draw(st.integers(0, 40))

    def column(values, type_):
        return pa.array(draw(st.lists(values, min_size=n, max_size=n)), type_)

    return pa.table(
        {
            "when": column(times, UTC_US),
            "paid_at": column(st.none() | times, UTC_US),
            "paid": column(st.none() | st.floats(-1e6, 1e6), pa.float64()),
            "key": column(st.none() | st.integers(0, 50), pa.int64()),
            "site": column(st.none() | words, pa.string()),
            "slot": column(st.none() | st.integers(-3, 3), pa.int32()),
            "cost": column(st.none() | st.floats(allow_nan=False, allow_infinity=False), pa.float64()),
            "age": column(st.none() | st.integers(-(2**40), 2**40), pa.int64()),
            "line": range(n),  # makes parts of a log differ
        }
    )


def every_way(log, folder, rows):
    """Yield the same log in every form, under the form's name."""
    yield "pyarrow", log
    yield "small chunks", pa.Table.from_batches(log.to_batches(max_chunksize=rows), log.schema)
    yield "stream", pa.RecordBatchReader.from_batches(log.schema, log.to_batches(max_chunksize=rows))
    yield "pandas", log.to_pandas()
    yield "polars", pl.from_arrow(log)
    yield "duckdb", duckdb.from_arrow(log)
    yield "parquet", write_parquet(folder / "a.parquet", log)
    yield "row groups", write_parquet(folder / "b.parquet", log, row_group_size=rows, compression="zstd")
    yield "plain pages", write_parquet(folder / "c.pq", log, use_dictionary=False, write_page_checksum=True)
    yield "large text", write_parquet(folder / "d.parquet", log.set_column(4, "site", log["site"].cast("large_string")))
    pa.csv.write_csv(log, folder / "e.csv")
    yield "csv", folder / "e.csv"
    (folder / "f.csv.gz").write_bytes(gzip.compress((folder / "e.csv").read_bytes()))
    yield "csv.gz", folder / "f.csv.gz"
    pa.csv.write_csv(log, folder / "g.tsv", pa.csv.WriteOptions(delimiter="\t"))
    yield "tsv", folder / "g.tsv"
    for i, start in enumerate(range(0, max(1, log.num_rows), rows)):
        write_parquet(folder / f"part-{i:03}.parquet", log.slice(start, rows))
    yield "several files", [folder / f"part-{i:03}.parquet" for i in range(-(-max(1, log.num_rows) // rows))]


@settings(max_examples=20)
@given(tables(), st.integers(1, 50))
def test_every_form_of_a_log_gives_the_same_columns(tmp_path, log, rows):
    roles = {
        "click_time": "when",
        "conversion_time": "paid_at",
        "amount": "paid",
        "click_id": "key",
        "categorical": ["site", "slot"],
        "numeric": ["cost", "age"],
    }
    found = {name: read(TableReader(form, **roles)) for name, form in every_way(log, tmp_path, rows)}
    expected = found.pop("pyarrow")
    assert expected["click_time"] == log["when"].cast(pa.int64()).to_pylist()
    for name, columns in found.items():
        assert columns == expected, name


@pytest.mark.parametrize(("unit", "scale"), [("s", 10**6), ("ms", 10**3), ("us", 1), ("ns", 0.001)])
@pytest.mark.parametrize("form", ["integer", "unsigned", "float", "text", "csv"])
@pytest.mark.parametrize("asked", ["auto", "given"])
def test_numbers_are_times_in_the_unit_of_their_size(tmp_path, unit, scale, form, asked):
    counted = pa.array([round(START / scale), round((START + 3_000_000) / scale)])
    types = {
        "integer": pa.int64(),
        "unsigned": pa.uint64(),
        "float": pa.float64(),
        "text": pa.string(),
        "csv": pa.int64(),
    }
    log = pa.table({"click_time": counted.cast(types[form], safe=False)})
    if form == "csv":
        pa.csv.write_csv(log, tmp_path / "log.csv")
        log = tmp_path / "log.csv"
    reader = TableReader(log, time_unit="auto" if asked == "auto" else unit)
    assert read(reader)["click_time"] == [START, START + 3_000_000]
    word = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}[unit]
    said = f"click_time: numbers are read as {word} since 1970, UTC; {counted[0]} is 2023-11-14T22:13:20+00:00"
    assert said in reader.notes


def test_fractions_of_seconds_are_kept_to_the_microsecond():
    log = pa.table({"click_time": [1_700_000_000.123457, 1_700_000_000.999999]})
    assert read(TableReader(log))["click_time"] == [START + 123_457, START + 999_999]


def test_a_quoted_line_break_may_lie_between_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("replay.readers.delimited._BLOCK", 64)
    sites = [f"{i}\n{i}," for i in range(40)]
    pa.csv.write_csv(pa.table({"click_time": [1_700_000_000] * 40, "site": sites}), tmp_path / "log.csv")
    assert read(TableReader(tmp_path / "log.csv"))["site"] == sites


def test_chunks_of_a_frame_may_have_dictionaries_of_their_own():
    site = pa.chunked_array([pa.array([name]).dictionary_encode() for name in ("a", "b")])
    reader = TableReader(table(site=site))
    assert read(reader)["site"] == ["a", "b"]
    again = pa.chunked_array([pa.array(["a", "b"]).dictionary_encode()])
    assert reader.fingerprint() == TableReader(table(site=again)).fingerprint()


def test_numbers_may_count_from_another_start_if_their_unit_is_given():
    log = pa.table({"click_time": [0, 5, 5_000_000]})
    assert read(TableReader(log, time_unit="s"))["click_time"] == [0, 5_000_000, 5_000_000_000_000]
    fractions = pa.table({"click_time": [0.000249, 5.5]})  # the first is just below 249 us
    assert read(TableReader(fractions, time_unit="s"))["click_time"] == [249, 5_500_000]


def test_what_is_no_time_is_never():
    wrong = [None, float("nan"), float("inf"), -5.0, 1e300, 1.7e12, 7.0]
    numbers = pa.table({"click_time": pa.array([1.7e9] * 6 + wrong)})
    assert read(TableReader(numbers))["click_time"] == [START] * 6 + [NEVER] * 7
    stamps = pa.table({"click_time": pa.array([START, None, -1, 2**62], UTC_US)})
    assert read(TableReader(stamps))["click_time"] == [START, NEVER, NEVER, NEVER]
    words = pa.table({"click_time": ["2023-11-14T22:13:20Z", "soon", "2023-02-30T00:00:00Z", "", None, "1e400"]})
    assert read(TableReader(words))["click_time"] == [START] + [NEVER] * 5


def test_text_of_several_forms_is_read_value_by_value(tmp_path):
    forms = ["2023-11-14T22:13:20Z", "2023-11-14 23:13:20.5+01:00", "2023-11-14 22:13:20 UTC", "2023-11-14 17:13:20"]
    forms += [" 1700000000 ", "1.7e9", r"\N", "NA"]
    path = write_csv(tmp_path / "log.csv", "\n".join(["click_time", *forms]))
    reader = TableReader(path, timezone="America/New_York")
    assert read(reader)["click_time"] == [START, START + 500_000, START, START, START, START, NEVER, NEVER]


texts = st.sampled_from(["1700000000", "-1", "1.7e9", "+5", ".5", "nan", "-Infinity", "0x10", "9" * 20, "1e400", "--5"])
texts |= st.sampled_from(
    ["2024-03-10 02:30", "2024-11-03T01:30:00", "2024-02-30", "2024-01-01", "1969-12-31", "2300-01-01"]
)
texts |= st.sampled_from(["2024-01-01T00:00:00Z", "2024-01-01 00:00:00.123456789+0530", "2024-01-01 00:00 UTC"])
texts |= st.sampled_from(["", " ", "NA", " null", "soon", "2024-01-01T25:00Z", " 1700000000", "1700000000 "])


@given(st.lists(st.none() | texts, min_size=1, max_size=12), st.booleans(), st.booleans())
def test_a_time_is_read_the_same_whatever_stands_around_it(values, inferred, none):
    clock = Clock("s", inferred=inferred, zone="America/New_York")
    tally, alone = Counter(), Counter()
    moments = read_times(pa.array(values, pa.string()), clock, "t", tally, none=none)
    each = [read_times(pa.array([value], pa.large_string()), clock, "t", alone, none=none) for value in values]
    assert moments.time.tolist() == [one.time[0] for one in each]
    assert moments.given.tolist() == [one.given[0] for one in each]
    assert tally == alone


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_any_unit_and_zone(unit):
    moment = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    log = pa.table({"click_time": pa.array([moment], pa.timestamp(unit, "Asia/Tokyo"))})
    assert read(TableReader(log))["click_time"] == [START]


def test_dates_are_midnights_of_the_zone():
    log = pa.table({"click_time": pa.array([19_675], pa.date32())})
    assert read(TableReader(log, timezone="Asia/Tokyo"))["click_time"] == [(19_675 * 24 - 9) * 3_600_000_000]


def test_local_times_around_a_change_of_clocks():
    texts = ["2024-03-10 01:59", "2024-03-10 02:30", "2024-03-10 03:00", "2024-11-03 01:30", "2024-11-03 02:00"]
    log = pa.table({"click_time": texts})
    reader = TableReader(log, timezone="America/New_York")
    found = [datetime.fromtimestamp(t / 1e6, UTC).strftime("%m-%d %H:%M") for t in read(reader)["click_time"]]
    assert found == ["03-10 06:59", "03-10 07:00", "03-10 07:00", "11-03 05:30", "11-03 07:00"]
    assert list(reader.notes)[-3:] == [
        "click_time: times without a zone are read as America/New_York",
        "click_time: local times that come twice, as clocks go back, are read as the first (1 row)",
        "click_time: local times that do not exist, as clocks go forward, are moved to the end of the gap (1 row)",
    ]


def test_a_zone_that_nothing_needs_is_said():
    assert TableReader(table(), timezone="Asia/Tokyo").notes[-1] == (
        "timezone 'Asia/Tokyo' is of no effect: all times say their zone or count from 1970 UTC"
    )


def test_an_outcome_is_a_row_that_has_a_time_or_an_amount():
    log = pa.table(
        {
            "click_time": pa.array([1_700_000_000.0] * 8),
            "conversion_time": pa.array([None, 1_700_000_001.0, -1, float("nan"), None, None, -1, 1_700_000_002.0]),
            "amount": pa.array([None, 2.5, 0, None, 3.0, float("nan"), 4.0, float("inf")]),
        }
    )
    reader = TableReader(log, outcome_kind="gift")
    found = read(reader)
    assert found["row"] == [1, 3, 4, 5, 6, 7]
    assert found["time"] == [START + 10**6, NEVER, NEVER, NEVER, NEVER, START + 2 * 10**6]
    assert str(found["amount"]) == "[2.5, 0.0, 3.0, nan, 4.0, inf]"
    assert set(found["kind"]) == {OutcomeKind.GIFT}
    assert list(reader.notes)[-2:] == [
        "conversion_time: -1 is read as no outcome (2 rows)",
        (
            "conversion_time: NaN is read as an outcome whose time is lost; leave the field empty where there is "
            "none (1 row)"
        ),
    ]


def test_counts_in_notes_are_those_of_one_reading():
    reader = TableReader(pa.table({"click_time": [1_700_000_000] * 2, "conversion_time": [-1, 1_700_000_000]}))
    first = (read(reader), list(reader.notes))
    assert (read(reader), list(reader.notes)) == first


def test_money_of_any_type(tmp_path):
    path = write_csv(
        tmp_path / "log.csv", "click_time,conversion_time,amount\n" + f"{START},{START},5.25\n{START},,oops\n"
    )
    assert str(read(TableReader(path))["amount"]) == "[5.25, nan]"
    decimals = pa.array(["1.10", "2.20"]).cast(pa.decimal128(10, 2))
    log = table(conversion_time=pa.array([START, START + 1], UTC_US), amount=decimals)
    assert read(TableReader(log))["amount"] == [1.1, 2.2]


def test_what_a_refund_takes_back_is_negative():
    log = table(conversion_time=pa.array([START, START + 1], UTC_US), amount=[3.0, -4.0])
    assert read(TableReader(log, outcome_kind="refund"))["amount"] == [-3.0, -4.0]


def test_features_are_chosen_by_type_and_name():
    log = table(
        site=["a", "b"],
        store_id=[1, 2],
        mobile=[True, False],
        browser=pa.array(["x", "y"]).dictionary_encode(),
        price=[1.5, 2.5],
        age=[3, 4],
        cost=pa.array(["1.10", "2.20"]).cast(pa.decimal128(10, 2)),
        converted=[0, 1],
        conversion_delay=[5.0, 6.0],
        true_probability=[0.1, 0.2],
        seen=pa.array([1, 2], UTC_US),
        tags=[["u"], []],
        __index_level_0__=[8, 9],
    )
    reader = TableReader(log)
    assert reader.categorical == ("site", "store_id", "mobile", "browser")
    assert reader.numeric == ("price", "age", "cost")
    assert reader.notes == [
        "categorical features, chosen by type and name: site, store_id, mobile, browser",
        "numeric features, chosen by type: price, age, cost",
        (
            "not chosen, since their names speak of what follows a click: converted, conversion_delay, "
            "true_probability; "
            "name them as features if they are known at the click"
        ),
        "columns not used: converted, conversion_delay, true_probability, seen, tags, __index_level_0__",
    ]
    assert TableReader(log, categorical=["age"]).numeric == ("price", "cost")
    assert TableReader(log, numeric=[]).categorical == ("site", "store_id", "mobile", "browser")
    assert TableReader(log, categorical=[], numeric=["converted"]).numeric == ("converted",)


def test_an_index_that_pandas_adds_is_no_feature():
    frame = pd.DataFrame({"click_time": [START, START], "price": [1.0, 2.0]}, index=[7, 3])
    assert TableReader(frame).numeric == ("price",)


def test_segments_and_truths_are_carried_along():
    log = table(country=["at", "ch"], p=[0.25, None], v=[7.5, 0.0], price=[1.0, 2.0])
    truths = {"true_probability": "p", "true_value": "v"}
    reader = TableReader(log, categorical=[], numeric=["price"], segments=["country"], **truths)
    piece = next(reader.clicks())
    assert piece.features.column_names == ["price", "country"]
    assert piece.true_probability.dtype == np.float32
    assert str(piece.true_probability.tolist()) == "[0.25, nan]"
    assert piece.true_value.dtype == np.float32
    assert piece.true_value.tolist() == [7.5, 0.0]
    assert "p" not in TableReader(log, **truths).numeric
    assert "v" not in TableReader(log, **truths).numeric


def test_a_log_without_features_or_outcomes():
    piece = next(TableReader(table()).clicks())
    assert len(piece.click_time) == 2
    assert piece.features.num_columns == 0
    assert piece.click_id is piece.true_probability is piece.true_value is None
    assert len(piece.outcome_row) == 0


OUTCOMES = {
    "id": ["7", "x", None, "8"],
    "when": pa.array([START, START + 1, None, START + 3], UTC_US),
    "what": ["Gift", " refund", None, "conversion"],
    "money": [1.0, 2.0, 3.0, None],
}


@pytest.mark.parametrize("form", ["frame", "pandas categories", "parquet", "csv"])
def test_a_second_table_of_outcomes(tmp_path, form):
    source = pa.table(OUTCOMES)
    if form == "pandas categories":
        source = source.to_pandas().astype({"what": "category", "id": "category"})
    if form == "parquet":
        source = write_parquet(tmp_path / "outcomes.parquet", source)
    elif form == "csv":
        pa.csv.write_csv(source, tmp_path / "outcomes.csv")
        source = tmp_path / "outcomes.csv"
    log = table(click_id=[7, 8], conversion_time=pa.array([START] * 2, UTC_US))
    columns = OutcomeColumns(source=source, click_id="id", time="when", kind="what", amount="money")
    reader = TableReader(log, outcomes=columns, outcome_kind="gift")
    assert read(reader)["row"] == []  # the second table has them all
    (piece,) = reader.outcomes()
    assert canonical_text(piece.click_id, "id").to_pylist() == ["7", "x", None, "8"]
    assert piece.kind.tolist() == [OutcomeKind.GIFT, OutcomeKind.REFUND, OutcomeKind.GIFT, OutcomeKind.CONVERSION]
    assert piece.time.tolist() == [START, START + 1, NEVER, START + 3]
    assert piece.amount.tolist() == [1.0, -2.0, 3.0, 0.0]
    plain = TableReader(log, outcomes=OutcomeColumns(source=source, click_id="id", time="when"))
    (piece,) = plain.outcomes()
    assert piece.kind.tolist() == [OutcomeKind.CONVERSION] * 4
    assert plain.notes[-1] == "columns of outcomes not used: what, money"


def test_folders_globs_and_lists_are_read_in_the_order_of_names(tmp_path):
    for name, time in [
        ("b/2.csv", 2),
        ("b/10.csv", 10),
        ("a.csv", 1),
        ("b/_old.csv", 3),
        ("b/.hidden.csv", 4),
        ("b/x.md", 5),
    ]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_csv(tmp_path / name, f"click_time\n{START + time}\n")
    whole = read(TableReader(tmp_path))["click_time"]
    assert whole == [START + 1, START + 10, START + 2]
    assert read(TableReader(f"{tmp_path}/**/*.csv"))["click_time"] == [*whole[:1], START + 10, START + 2, START + 3]
    assert read(TableReader([tmp_path / "b", str(tmp_path / "a.csv")]))["click_time"] == whole


def test_rows_are_numbered_within_their_source(tmp_path):
    paths = [write_parquet(tmp_path / f"{i}.parquet", {"click_time": range(START + i, START + 5)}) for i in range(2)]
    pieces = list(TableReader(paths).clicks())
    assert [(piece.source, piece.first_row, len(piece.click_time)) for piece in pieces] == [
        (paths[0], 0, 5),
        (paths[1], 0, 4),
    ]
    long = write_parquet(tmp_path / "long.parquet", {"click_time": np.arange(300_000) + START})
    assert [piece.first_row for piece in TableReader(long).clicks()] == [0, 262_144]


def test_content_that_comes_twice_is_read_once(tmp_path):
    for name in ("a.csv", "b.csv", "c.csv"):
        write_csv(tmp_path / name, f"click_time\n{START + (name == 'b.csv')}\n")
    reader = TableReader(tmp_path)
    assert read(reader)["click_time"] == [START, START + 1]
    assert reader.replayed == [f"{tmp_path}/c.csv"]
    assert reader.notes[-1] == f"{tmp_path}/c.csv has the content of {tmp_path}/a.csv: left out"


def test_a_category_may_change_its_type_between_files(tmp_path):
    numbers = write_parquet(tmp_path / "a.parquet", table(site=[1, 2]))
    texts = write_parquet(tmp_path / "b.parquet", table(site=["1", "x"]))
    reader = TableReader([numbers, texts], categorical=["site"])
    assert read(reader)["site"] == ["1", "2", "1", "x"]
    assert reader.notes[-1] == "site: int64 and string in different files; values are compared as text"


def test_columns_that_not_all_files_have_are_left_out(tmp_path):
    write_parquet(tmp_path / "a.parquet", table(price=[1.0, 2.0]))
    write_parquet(tmp_path / "b.parquet", table(price=[3.0, 4.0], extra=[1.0, 2.0]))
    reader = TableReader(tmp_path)
    assert reader.numeric == ("price",)
    assert reader.notes[-1] == "columns not used: extra"


def test_an_empty_log_is_a_log(tmp_path):
    assert read(TableReader(write_csv(tmp_path / "a.csv", "click_time,site\n")))["click_time"] == []
    empty = table(site=["a", "b"]).slice(0, 0)
    assert read(TableReader(empty))["click_time"] == []
    assert read(TableReader(write_parquet(tmp_path / "a.parquet", empty)))["click_time"] == []


def test_fingerprints_are_of_content_and_arguments_alone(tmp_path):
    content = table(site=["a", "b"])
    here, there = (write_parquet(tmp_path / name, content) for name in ("here.parquet", "there.parquet"))
    assert TableReader(here).fingerprint() == TableReader(there).fingerprint()
    other = write_parquet(tmp_path / "other.parquet", table(site=["a", "c"]))
    arguments = [
        {"categorical": ["site"]},
        {"segments": ["site"]},
        {"time_unit": "s"},
        {"timezone": "UTC"},
        {"outcome_kind": "gift"},
        {"observed_until": 5},
        {"outcomes": OutcomeColumns(source=content, time="a")},
        {"outcomes": OutcomeColumns(source=content, time="b")},
        {"outcomes": OutcomeColumns(source=other, time="b")},
    ]
    readers = [TableReader(here), TableReader(other), *(TableReader(here, **asked) for asked in arguments)]
    assert len({reader.fingerprint() for reader in readers}) == len(readers)


def test_the_fingerprint_of_a_frame_is_of_its_content(tmp_path):
    log = table(site=pa.array(["a", "b"]).dictionary_encode(), price=[1.0, 2.0])
    again = pa.concat_tables([log.slice(0, 1), log.slice(1)])
    assert TableReader(again).fingerprint() == TableReader(log).fingerprint()
    changed = log.set_column(2, "price", pa.array([1.0, 3.0]))
    assert TableReader(changed).fingerprint() != TableReader(log).fingerprint()
    stream = TableReader(pa.RecordBatchReader.from_batches(log.schema, log.to_batches()))
    assert (read(stream), stream.fingerprint()) == (read(stream), TableReader(log).fingerprint())


def aged(path, text="click_time\n1700000000\n"):
    write_csv(path, text)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    return path


class TestDigestIndex:
    """Digests of files outlive the process, but never the file's content."""

    @pytest.fixture(autouse=True)
    def later(self, monkeypatch):
        """Let what was just written look old enough to be trusted."""
        monkeypatch.setattr("replay.readers.digests._RACY", -1)

    def mark(self, cache, digest):
        """Write another digest into the index, to see whether the index is believed."""
        index = json.loads((cache / "digests.json").read_text())
        (entry,) = index.values()
        entry[-1] = digest
        (cache / "digests.json").write_text(json.dumps(index))

    def test_an_unchanged_file_is_not_read_again(self, tmp_path):
        path, cache = aged(tmp_path / "log.csv"), tmp_path / "cache"
        first = TableReader(path, cache=cache).fingerprint()
        assert TableReader(path, cache=cache).fingerprint() == TableReader(path).fingerprint() == first
        self.mark(cache, "0" * 32)
        assert TableReader(path, cache=cache).fingerprint() != first

    def test_a_changed_file_is_read_again(self, tmp_path):
        path, cache = aged(tmp_path / "log.csv"), tmp_path / "cache"
        TableReader(path, cache=cache).fingerprint()
        self.mark(cache, "0" * 32)
        aged(path, "click_time\n1700000001\n")  # of the same size and time
        assert TableReader(path, cache=cache).fingerprint() == TableReader(path).fingerprint()

    def test_a_young_file_is_not_remembered(self, tmp_path, monkeypatch):
        monkeypatch.setattr("replay.readers.digests._RACY", 2_000_000_000)
        path, cache = write_csv(tmp_path / "log.csv", "click_time\n"), tmp_path / "cache"
        TableReader(path, cache=cache).fingerprint()
        assert not cache.exists()

    @pytest.mark.parametrize("damage", ["", "{", "[]", '{"a": 1}', '{"LOG": [1, 2]}', '{"LOG": [0, 0, 0, 0, 7]}'])
    def test_a_damaged_index_is_ignored(self, tmp_path, damage):
        path, cache = aged(tmp_path / "log.csv"), tmp_path / "cache"
        cache.mkdir()
        (cache / "digests.json").write_text(damage.replace("LOG", str(path)))
        assert TableReader(path, cache=cache).fingerprint() == TableReader(path).fingerprint()
        assert list(json.loads((cache / "digests.json").read_text())) == [str(path)]
        assert [file.name for file in cache.iterdir()] == ["digests.json"]

    def test_without_a_place_for_the_index_all_goes_on(self, tmp_path):
        path = aged(tmp_path / "log.csv")
        assert TableReader(path, cache=path).fingerprint() == TableReader(path).fingerprint()


def criteo_line(click, conversion="", ints=("",) * 8, cats=("",) * 9):
    return "\t".join([str(click), str(conversion), *map(str, ints), *cats]) + "\n"


@pytest.mark.parametrize("packed", [False, True])
def test_criteo(tmp_path, packed):
    cats = [f"{i:08x}" for i in range(9)]
    text = criteo_line(0, 90, range(8), cats) + criteo_line(5, "", [""] * 7 + [-1], [*cats[:8], ""])
    text += (
        criteo_line(5_183_999, 7_775_000)
        + criteo_line(7, -1)
        + criteo_line("x", "y")
        + criteo_line("", 4, cats=['"'] * 9)
    )
    path = tmp_path / "data.txt"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    origin = 1_388_534_400_000_000  # 2014-01-01
    reader = CriteoReader(path)
    found = read(reader)
    assert found["click_time"] == [
        origin,
        origin + 5 * 10**6,
        origin + 5_183_999 * 10**6,
        origin + 7 * 10**6,
        NEVER,
        NEVER,
    ]
    assert found["row"] == [0, 2, 4, 5]
    assert found["time"] == [origin + 90 * 10**6, origin + 7_775_000 * 10**6, NEVER, origin + 4 * 10**6]
    assert found["kind"] == [OutcomeKind.CONVERSION] * 4
    assert found["cat1"] == [cats[0], cats[0], None, None, None, '"']
    assert found["cat9"] == [cats[8], None, None, None, None, '"']
    assert found["int8"] == [(7.0).hex(), (-1.0).hex(), "nan", "nan", "nan", "nan"]
    assert list(reader.outcomes()) == []
    assert reader.notes == ["conversion_time: -1 is read as no outcome (1 row)"]
    moved = CriteoReader(path, origin=0, segments=["cat3"])
    assert read(moved)["click_time"][:2] == [0, 5_000_000]
    assert next(moved.clicks()).features.num_columns == 17
    assert len({reader.fingerprint(), moved.fingerprint(), CriteoReader(path, origin=0).fingerprint()}) == 3


def test_criteo_in_parts(tmp_path):
    for name, click in [("b.tsv", 2), ("a.tsv", 1), ("c.tsv", 1)]:
        (tmp_path / name).write_text(criteo_line(click))
    reader = CriteoReader([tmp_path / "b.tsv", tmp_path / "a.tsv", tmp_path / "c.tsv"], origin=0)
    assert read(reader)["click_time"] == [1_000_000, 2_000_000]
    assert reader.replayed == [f"{tmp_path}/c.tsv"]
    assert reader.notes == [f"{tmp_path}/c.tsv has the content of {tmp_path}/a.tsv: left out"]


def test_readers_go_by_the_names_of_scenarios():
    assert READERS["table"] is TableReader
    assert READERS["criteo"] is CriteoReader


def test_errors_pass_between_processes():
    error = pickle.loads(pickle.dumps(LogError(["a", "b"])))  # noqa: S301  # made in this line
    assert (str(error), error.problems) == ("the log has 2 problems:\n  a\n  b", ("a", "b"))
