import math
import tempfile
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.encoding import Encoder, Encoding
from replay.errors import LogError
from replay.log import NEVER, OutcomeKind
from replay.prepare import prepare
from replay.quarantine import exact_sum, millionths
from replay.readers.base import RawClicks
from replay.slots import BATCH_BITS
from tests.strategies import FakeReader, RawOutcome, raw_clicks, raw_outcomes, row

KINDS = [kind.name.lower() for kind in OutcomeKind]
ALL = 1.0  # everything may be refused


def read(reader, **options):
    """Prepare a log in a cache of its own."""
    options = {"encoding": Encoding(), "max_quarantined": ALL, **options}
    with tempfile.TemporaryDirectory() as folder:
        return contents(prepare(reader, cache=Path(folder), **options))


def contents(log):
    """Return everything in a log but where it lies."""
    refused = log.description.get("quarantine")
    rows = pq.read_table(refused).to_pylist() if refused else []
    return {
        "click": log.click.tolist(),
        "click_time": log.click_time.tolist(),
        "slots": log.slots.slice(0, log.n_clicks).tolist(),
        "outcomes": list(zip(*(column.tolist() for column in log.outcomes), strict=True)),
        "observed_until": log.observed_until,
        "intake": log.intake,
        "value": None if log.true_value is None else log.true_value.tolist(),
        "probability": None if log.true_probability is None else log.true_probability.tolist(),
        "segments": {name: [s.values[c] for c in s.code] for name, s in log.segments.items()},
        "values": {name: segment.values for name, segment in log.segments.items()},
        "columns": None if log.columns is None else log.columns.to_pylist(),
        "refused": sorted(tuple(str(value) for value in refusal.values()) for refusal in rows),
        "encoding": log.description["encoding"],
    }


def money(outcome):
    """Return an outcome's amount in millionths, None if it has none."""
    if not abs(outcome.amount) <= 9e12:
        return None
    whole = math.trunc(outcome.amount)
    exact = whole * 10**6 + round((outcome.amount - whole) * 10**6)
    return -abs(exact) if outcome.kind == OutcomeKind.REFUND else exact


class Reference:
    """What promises.md says of bad input, one row at a time."""

    def __init__(self, reader, clock_skew, duplicates):
        self.clicks_refused = Counter()
        self.outcomes_refused = {kind: Counter() for kind in KINDS}
        self.money_refused = {kind: Counter() for kind in KINDS}
        self.outcomes_read, self.money_read = Counter(), Counter()
        self.skew = clock_skew
        self.kept, self.by_number = {}, defaultdict(list)
        self.read(reader)
        self.put_in_order(reader, duplicates)

    def read(self, reader):
        kept, by_id, outcomes, refused_ids = self.kept, {}, self.by_number, set()
        for number, raw in enumerate(reader.rows):
            sound = [outcome for outcome in raw.outcomes if self.sound(outcome)]
            known = reader.ids and raw.click_id is not None
            if raw.time == NEVER:
                self.clicks_refused["missing_click_time"] += 1
                refused_ids |= {raw.click_id} if known else set()
                for outcome in sound:
                    self.refuse(outcome, "click_quarantined")
                continue
            original = by_id.setdefault(raw.click_id, number) if known else number
            if original != number:
                self.clicks_refused["duplicate_click"] += 1
            else:
                kept[number] = raw
            outcomes[original] += sound
        for outcome in reader.second:
            if self.sound(outcome):
                if outcome.click_id is not None and outcome.click_id in by_id:
                    outcomes[by_id[outcome.click_id]].append(outcome)
                else:
                    gone = outcome.click_id in refused_ids
                    self.refuse(outcome, "click_quarantined" if gone else "outcome_without_click")

    def put_in_order(self, reader, duplicates):
        kept, outcomes = self.kept, self.by_number
        slots = Encoder(Encoding(), reader.categorical, reader.numeric).encode(reader.features(reader.rows)).tolist()
        order = sorted(kept, key=lambda number: kept[number].time)
        if not reader.ids and duplicates == "rows":
            first = {}
            for number in list(order):
                stands = [(o.kind, o.time, money(o)) for o in outcomes[number]]
                original = first.setdefault((kept[number].time, *slots[number], *stands), number)
                if original != number:
                    self.clicks_refused["duplicate_click"] += 1
                    order.remove(number)
                    outcomes[original] += outcomes.pop(number)
        self.click, self.click_time = order, [kept[number].time for number in order]
        self.slots = [slots[number] for number in order]
        self.rows = [kept[number] for number in order]
        self.outcomes = [
            (place, *outcome)
            for place, number in enumerate(order)
            for outcome in self.settled(outcomes[number], kept[number].time)
        ]

    def sound(self, outcome):
        kind = KINDS[outcome.kind]
        self.outcomes_read[kind] += 1
        self.money_read[kind] += money(outcome) or 0
        if outcome.time == NEVER:
            return self.refuse(outcome, "outcome_time_invalid")
        if money(outcome) is None:
            return self.refuse(outcome, "amount_invalid")
        return True

    def refuse(self, outcome, reason):
        self.outcomes_refused[KINDS[outcome.kind]][reason] += 1
        self.money_refused[KINDS[outcome.kind]][reason] += money(outcome) or 0

    def settled(self, outcomes, click_time):
        seen, kept = set(), []
        for outcome in outcomes:
            if outcome.time < click_time - self.skew:
                self.refuse(outcome, "outcome_before_click")
            elif (outcome.kind, outcome.time, money(outcome)) in seen:
                self.refuse(outcome, "duplicate_outcome")
            else:
                seen.add((outcome.kind, outcome.time, money(outcome)))
                kept.append((outcome.kind, max(outcome.time, click_time), money(outcome)))
        return sorted(kept, key=lambda outcome: (outcome[1], outcome[0], outcome[2]))


@given(
    raw_clicks(),
    st.lists(raw_outcomes(), max_size=6),
    st.booleans(),
    st.sampled_from([0, 3, 30]),
    st.sampled_from(["ids", "rows"]),
)
@settings(max_examples=100)
def test_a_log_is_what_the_rules_say(rows, second, ids, clock_skew, duplicates):
    reader = FakeReader(rows, second if ids else [], ids=ids, batch=3, probability=True, value=True)
    reference = Reference(reader, clock_skew, duplicates)
    log = read(reader, clock_skew=clock_skew, duplicates=duplicates, segments=["category", "number"], keep_columns=True)
    assert log["click"] == reference.click
    assert log["click_time"] == reference.click_time
    assert log["slots"] == reference.slots
    assert log["outcomes"] == reference.outcomes
    assert (log["probability"] or []) == [raw.probability for raw in reference.rows]
    assert (log["value"] or []) == [raw.value for raw in reference.rows]
    category = [raw.category for raw in reference.rows]
    assert log["segments"]["category"] == ["(missing)" if value is None else value for value in category]
    assert list(log["values"]["category"]) == list(dict.fromkeys(log["segments"]["category"]))
    number = [None if raw.number is None or math.isnan(raw.number) else raw.number for raw in reference.rows]
    assert log["columns"] == [{"category": c, "number": n} for c, n in zip(category, number, strict=True)]

    intake = log["intake"]
    assert intake.clicks_read == len(rows)
    assert intake.clicks_quarantined == reference.clicks_refused
    assert intake.outcomes_read == {kind: reference.outcomes_read[kind] for kind in KINDS}
    assert intake.outcomes_quarantined == reference.outcomes_refused
    assert intake.money_read == {kind: reference.money_read[kind] for kind in KINDS}
    assert intake.money_quarantined == reference.money_refused
    refused = Counter((what, reason) for _, what, reason, *_ in log["refused"])
    assert refused == Counter({("click", reason): count for reason, count in reference.clicks_refused.items()}) + sum(
        (
            Counter({("outcome", reason): count for reason, count in counts.items()})
            for counts in reference.outcomes_refused.values()
        ),
        Counter(),
    )
    times = [*reference.click_time, *(outcome[2] for outcome in reference.outcomes)]
    assert log["observed_until"] == max(times, default=0)


@given(raw_clicks(), st.lists(raw_outcomes(), max_size=6), st.booleans(), st.sampled_from(["ids", "rows"]))
@settings(max_examples=40)
def test_the_ledger_balances(rows, second, ids, duplicates):
    log = read(FakeReader(rows, second, ids=ids), duplicates=duplicates, clock_skew=5)
    intake = log["intake"]
    assert intake.clicks_read == len(log["click"]) + sum(intake.clicks_quarantined.values())
    for kind in OutcomeKind:
        name = kind.name.lower()
        kept = [outcome for outcome in log["outcomes"] if outcome[1] == kind]
        assert intake.outcomes_read[name] == len(kept) + sum(intake.outcomes_quarantined[name].values())
        assert intake.money_read[name] == sum(o[3] for o in kept) + sum(intake.money_quarantined[name].values())


@given(
    raw_clicks(),
    st.lists(raw_outcomes(), max_size=6),
    st.booleans(),
    st.sampled_from(["ids", "rows"]),
    st.integers(1, 12),
    st.booleans(),
)
@settings(max_examples=60)
def test_the_size_of_batches_does_not_matter(rows, second, ids, duplicates, batch, dictionary):
    options = {"duplicates": duplicates, "clock_skew": 5, "segments": ["category"], "keep_columns": True}
    one, other = (
        read(FakeReader(rows, second, ids=ids, batch=size, dictionary=kind), **options)
        for size, kind in ((100, False), (batch, dictionary))
    )
    assert one == other


@given(raw_clicks(), st.integers(0, 40), raw_clicks(), st.booleans())
@settings(max_examples=40)
def test_what_comes_later_changes_nothing_earlier(rows, moment, others, ids):
    before = [raw._replace(click_id=None) for raw in rows if raw.time < moment]
    after = [raw._replace(click_id=None) for raw in others if raw.time >= moment]
    one, other = (read(FakeReader(log, ids=ids), segments=["category"]) for log in (before, before + after))
    n = len(one["click"])
    for column in ("click", "click_time", "slots"):
        assert other[column][:n] == one[column]
    assert other["values"]["category"][: len(one["values"]["category"])] == one["values"]["category"]
    assert [outcome for outcome in other["outcomes"] if outcome[0] < n] == one["outcomes"]


@given(raw_clicks(), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_rows_does_not_matter_but_for_ties(rows, random):
    once = list({raw.time: raw for raw in rows if raw.time != NEVER}.values())
    shuffled = random.sample(once, len(once))
    one, other = (read(FakeReader(log), keep_columns=True, segments=["category"]) for log in (sorted(once), shuffled))
    for column in ("click_time", "slots", "outcomes", "columns", "segments", "values", "observed_until"):
        assert one[column] == other[column]
    assert [sorted(once)[i] for i in one["click"]] == [shuffled[i] for i in other["click"]]
    latest = np.maximum.accumulate([raw.time for raw in shuffled]) if shuffled else []
    late = sum(int(raw.time < high) for raw, high in zip(shuffled, latest, strict=True))
    told = [f"clicks read out of order: {late}; the log was sorted by click time"] if late else []
    assert list(other["intake"].notes) == told


class BigReader:
    """Many clicks over several batches of the store, each numbered in its feature."""

    categorical, numeric = (), ("number",)
    observed_until, notes, replayed = None, (), ()

    def __init__(self, click_time, number, batch):
        self.click_time, self.number, self.batch = click_time, number, batch

    def fingerprint(self):
        return f"{self.click_time[:5]} {len(self.click_time)}"

    def clicks(self):
        for at in range(0, len(self.number), self.batch):
            part = slice(at, at + self.batch)
            time = self.click_time[part]
            n = len(time)
            row, kind, amount = np.arange(n), np.zeros(n, np.int8), np.ones(n)
            features = pa.table({"number": self.number[part]})
            yield RawClicks("big", at, features, time, None, row, kind, time + 5, amount, None)

    def outcomes(self):
        return iter(())


@pytest.mark.parametrize("shuffled", [False, True])
def test_logs_of_several_batches_are_sorted_on_disk(tmp_path, shuffled):
    n = (2 << BATCH_BITS) + 17
    order = np.random.default_rng(3).permutation(n) if shuffled else np.arange(n)
    reader = BigReader(order * 10, order.astype(np.float64), 50_000)
    log = prepare(reader, encoding=Encoding(bits=30, mantissa_bits=40), cache=tmp_path, keep_columns=True)
    expected = Encoder(Encoding(bits=30, mantissa_bits=40), (), ("number",)).encode(
        pa.table({"number": np.arange(n, dtype=np.float64)})
    )
    assert [len(batch) for batch in log.slots.batches()] == [1 << BATCH_BITS, 1 << BATCH_BITS, 17]
    assert np.array_equal(np.concatenate(log.slots.batches()), expected)
    assert np.array_equal(log.click_time, np.arange(n) * 10)
    assert np.array_equal(order[log.click], np.arange(n))
    assert np.array_equal(log.columns["number"].to_numpy(), np.arange(n))
    assert np.array_equal(log.outcomes.row, np.arange(n))
    assert np.array_equal(log.outcomes.time, np.arange(n) * 10 + 5)


def test_many_clicks_of_one_instant_are_compared_with_each_other(tmp_path):
    number = np.arange(5_000.0) % 2_000
    reader = BigReader(np.zeros(5_000, np.int64), number, 700)
    encoding = Encoding(bits=30, mantissa_bits=40)
    kept = prepare(reader, encoding=encoding, cache=tmp_path)
    assert kept.n_clicks == 5_000
    assert kept.intake.notes == (
        'clicks equal to an earlier one in time, features and outcomes: 3,000; each counts, unless duplicates = "rows"',
    )
    log = prepare(reader, encoding=encoding, cache=tmp_path, duplicates="rows")
    assert log.click.tolist() == list(range(2_000))
    assert log.intake.clicks_quarantined == {"duplicate_click": 3_000}
    assert log.intake.outcomes_quarantined["conversion"] == {"duplicate_outcome": 3_000}
    assert log.intake.notes == ()


def test_refused_rows_are_listed_with_their_places(tmp_path):
    minute = 60_000_000
    rows = [
        row(minute, click_id="a", outcomes=[(1, 2 * minute, 1.5), (1, 2 * minute, 1.5)]),
        row(NEVER, click_id="b", outcomes=[(0, NEVER, 1.0), (1, minute, 3.0)]),
        row(3 * minute, click_id="a", outcomes=[(2, 0, 9.99), (1, minute, math.nan)]),
    ]
    second = [RawOutcome(0, minute, 2.0, "b"), RawOutcome(0, minute, -math.inf, "a"), RawOutcome(1, minute, 0.0, "q")]
    log = prepare(FakeReader(rows, second, ids=True, batch=2), encoding=Encoding(), cache=tmp_path, max_quarantined=ALL)
    listed = pq.read_table(log.description["quarantine"]).to_pylist()
    found = {
        tuple(refusal[name] for name in ("source", "row", "what", "reason", "time", "amount")) for refusal in listed
    }
    zero, one, two = (f"1970-01-01 00:0{i}:00.000000Z" for i in range(3))
    assert found == {
        ("log.csv", 1, "click", "missing_click_time", None, None),
        ("log.csv", 2, "click", "duplicate_click", "1970-01-01 00:03:00.000000Z", None),
        ("log.csv", 0, "outcome", "duplicate_outcome", two, "1.500000"),
        ("log.csv", 1, "outcome", "outcome_time_invalid", None, "1"),
        ("log.csv", 1, "outcome", "click_quarantined", one, "3.000000"),
        ("log.csv", 2, "outcome", "outcome_before_click", zero, "-9.990000"),
        ("log.csv", 2, "outcome", "amount_invalid", one, "nan"),
        ("outcomes.csv", 0, "outcome", "click_quarantined", one, "2.000000"),
        ("outcomes.csv", 1, "outcome", "amount_invalid", one, "-inf"),
        ("outcomes.csv", 2, "outcome", "outcome_without_click", one, "0.000000"),
    }
    assert len(listed) == len(found)


def test_a_log_that_is_mostly_wrong_is_refused_with_reasons(tmp_path):
    rows = [
        row(NEVER),
        row(NEVER),
        row(5, outcomes=[(0, 1, 0.0), (0, 7, 0.0), (0, 7, 0.0)]),
        *[row(i) for i in range(7)],
    ]
    with pytest.raises(LogError) as caught:
        prepare(FakeReader(rows), encoding=Encoding(), cache=tmp_path)
    (side_file,) = tmp_path.glob("*/quarantine.parquet")
    assert [problem.partition("; ") for problem in caught.value.problems] == [
        (refused + reason, "; ", f"the rows are listed in {side_file}")
        for refused, reason in (
            ("clicks refused: 2 of 10, expected a share of at most max_quarantined = 0.05: ", "missing_click_time 2"),
            (
                "outcomes refused: 1 of 3, expected a share of at most max_quarantined = 0.05: ",
                "outcome_before_click 1",
            ),
        )
    ]
    assert pq.read_table(side_file).num_rows == 4
    again = FakeReader(rows)
    assert prepare(again, encoding=Encoding(), cache=tmp_path, max_quarantined=0.5).n_clicks == 8
    assert again.reads == 0


def test_repeats_do_not_count_as_wrong(tmp_path):
    rows = [row(i, click_id="x", outcomes=[(0, 9, 1.0)]) for i in range(9)]
    log = prepare(FakeReader(rows, ids=True), encoding=Encoding(), cache=tmp_path, max_quarantined=0.0)
    assert log.n_clicks == 1
    assert log.outcomes.time.tolist() == [9]


def test_small_skews_of_the_clock_are_mended_and_told():
    rows = [row(100, outcomes=[(1, 98, 5.0), (1, 99, 5.0), (0, 99, 1.0), (1, 97, 1.0)])]
    log = read(FakeReader(rows), clock_skew=2)
    assert log["outcomes"] == [(0, 0, 100, 1_000_000), (0, 1, 100, 5_000_000), (0, 1, 100, 5_000_000)]
    assert log["intake"].outcomes_quarantined["gift"] == {"outcome_before_click": 1}
    assert log["intake"].notes == ("outcomes at most 2e-06 s before their click: 3; moved to its time",)


def test_repeats_of_a_click_bring_their_outcomes():
    rows = [
        row(NEVER, "lost", click_id="x"),
        row(7, "first", click_id="x", outcomes=[(1, 8, 1.0)]),
        row(3, "second", click_id="x", outcomes=[(1, 8, 1.0), (1, 8, 2.0), (0, 5, 0.0)]),
        row(9, "other", click_id=None),
        row(9, "another", click_id=None),
    ]
    log = read(FakeReader(rows, [RawOutcome(2, 20, 3.0, "x")], ids=True), keep_columns=True)
    assert [columns["category"] for columns in log["columns"]] == ["first", "other", "another"]
    assert log["outcomes"] == [(0, 1, 8, 1_000_000), (0, 1, 8, 2_000_000), (0, 2, 20, -3_000_000)]
    assert log["intake"].outcomes_quarantined == {
        "conversion": {"outcome_before_click": 1},
        "gift": {"duplicate_outcome": 1},
        "refund": {},
    }


def test_what_the_reader_says_is_kept():
    log = read(FakeReader([row(5)], observed_until=77, notes=["times are seconds"]))
    assert log["observed_until"] == 77
    assert log["intake"].notes == ("times are seconds",)


def test_an_empty_log_is_a_log(tmp_path):
    log = prepare(FakeReader([]), encoding=Encoding(), cache=tmp_path, segments=["category"], keep_columns=True)
    assert log.n_clicks == 0
    assert log.slots.slice(0, 0).shape == (0, 2)
    assert [len(column) for column in (*log.outcomes, log.click, log.segments["category"].code, log.columns)] == [0] * 7


def test_a_log_without_features_is_a_log(tmp_path):
    class Featureless(FakeReader):
        categorical = numeric = ()

        def features(self, rows):
            return pa.table({})

    log = prepare(Featureless([row(2), row(NEVER), row(1)]), encoding=Encoding(), cache=tmp_path, max_quarantined=ALL)
    assert log.click_time.tolist() == [1, 2]
    assert log.slots.slice(0, 2).shape == (2, 0)
    assert log.slots.take(np.array([1, 0])).shape == (2, 0)


def test_segments_are_for_few_values(tmp_path):
    reader = BigReader(np.arange(100_001), np.arange(100_001.0), 30_000)
    with pytest.raises(LogError, match="segment 'number' has more than 100,000 distinct values"):
        prepare(reader, encoding=Encoding(), cache=tmp_path, segments=["number"])
    assert not list(tmp_path.iterdir())


def test_unknown_segments_are_all_named(tmp_path):
    with pytest.raises(LogError) as caught:
        prepare(FakeReader([row(1)]), encoding=Encoding(), cache=tmp_path, segments=["categroy", "number", "zzz"])
    assert caught.value.problems == (
        "no segment column 'categroy'; did you mean 'category'?",
        "no segment column 'zzz'",
    )


def test_a_crowded_table_is_told(tmp_path):
    rows = [row(i, category=str(i)) for i in range(50)]
    log = prepare(FakeReader(rows), encoding=Encoding(bits=5), cache=tmp_path)
    assert "bits = " in log.intake.notes[0]
    assert log.description["encoding"]["sharing"] > 0.1


def test_progress_is_told_while_reading(tmp_path):
    told = []
    for _ in range(2):
        prepare(
            FakeReader([row(i) for i in range(7)], batch=3), encoding=Encoding(), cache=tmp_path, progress=told.append
        )
    assert told == [3, 6, 7]


def test_duplicates_are_by_ids_or_rows(tmp_path):
    with pytest.raises(ValueError, match='duplicates must be "ids" or "rows", got \'both\''):
        prepare(FakeReader([]), encoding=Encoding(), cache=tmp_path, duplicates="both")


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_sums_are_exact(amounts):
    assert exact_sum(np.array(amounts, dtype=np.int64)) == sum(amounts)


@given(st.integers(-(10**11), 10**11))
def test_cents_are_exact(cents):
    exact, usable = millionths(np.array([cents / 100]), np.array([1], np.int8))
    assert exact.tolist() == [cents * 10_000]
    assert usable.all()


@given(st.floats(-9e12, 9e12))
def test_millionths_are_the_nearest(amount):
    exact, _ = millionths(np.array([amount]), np.array([0], np.int8))
    assert abs(Fraction(int(exact[0])) - Fraction(amount) * 10**6) <= Fraction(1, 2) + Fraction(1, 10**9)


def test_halves_go_to_even():
    assert millionths(np.array([0.5e-6, 1.5e-6, 2.5e-6, -0.5e-6]), np.zeros(4, np.int8))[0].tolist() == [0, 2, 2, 0]
