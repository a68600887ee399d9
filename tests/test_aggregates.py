"""As-of aggregates: equal to what a person with a list of events would count, and blind to whatever comes later."""

import math
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import feeds, make_log

from replay.aggregates import OF, WHAT, Aggregate, as_of, derive, key_columns, with_aggregates
from replay.aggregates.keys import key_of
from replay.encoding import Encoder, Encoding
from replay.errors import LogError
from replay.faults import Outage
from replay.label_feed import LabelFeed
from replay.log import NEVER, OutcomeKind
from replay.passage import Passage, arrivals
from replay.watermark import Watermark
from simulator.cuts import ended, rewritten

OUTAGE = LabelFeed("exponential", 200, seed=5, faults=(Outage(800, 1_500), Outage(2_000, 2_050)))
BYS = [(), ("user",), ("item",), ("user", "item")]
LARGEST = 9 * 10**18  # millionths: two of them would not fit 64 bits
EVERY = [
    Aggregate(f"{what} of {of} by {'+'.join(by)} in {window}", of, what, by, window)
    for by in BYS
    for of in OF
    for what in WHAT
    for window in (None, 300)
    if not (of == "clicks" and what in ("sum", "mean")) and not (what == "time_since_last" and window)
]
SOME = st.lists(st.sampled_from(EVERY), min_size=15, max_size=20, unique=True)


@st.composite
def keyed_logs(draw):
    """Small logs with ties, repeats, refunds, missing keys and the largest amounts."""
    times = sorted(draw(st.lists(st.integers(0, 40).map(lambda t: 50 * t), min_size=1, max_size=25)))
    outcome = st.tuples(
        st.sampled_from(range(len(times))),
        st.sampled_from([0, 0, 10, 50, 100, 300, 350, 999, 2_500]),
        st.sampled_from([0, 1, 1, 2]),
        st.sampled_from([0, 1, 1_999_999, 5_000_000, LARGEST]),
    )
    outcomes = [
        (row, times[row] + delay, kind, -amount if kind == OutcomeKind.REFUND else amount)
        for row, delay, kind, amount in draw(st.lists(outcome, max_size=25))
    ]
    values = st.lists(st.integers(0, 3), min_size=len(times), max_size=len(times))  # 0 is missing
    keys = {name: np.array(draw(values), dtype=np.uint64) for name in ("user", "item")}
    return replace(make_log(times, outcomes), keys=keys)


def by_hand(log, aggregate, feed):
    """Return an aggregate of every click, by looking through all events for each."""
    key = [tuple(int(log.keys[name][i]) for name in aggregate.by) for i in range(log.n_clicks)]
    if aggregate.of == "clicks":
        events = [(time, time, 0, key[row]) for row, time in enumerate(log.click_time.tolist())]
    else:
        known = arrivals(log, feed).tolist()
        columns = zip(known, *(column.tolist() for column in log.outcomes), strict=True)
        events = [
            (came, time, amount, key[row]) for came, row, kind, time, amount in columns if kind in OF[aggregate.of]
        ]
    return [
        math.nan if 0 in key[row] else summed([event for event in events if event[3] == key[row]], aggregate, time)
        for row, time in enumerate(log.click_time.tolist())
    ]


def summed(events, aggregate, now):
    oldest = -math.inf if aggregate.window is None else now - aggregate.window
    seen = [(time, amount) for known, time, amount, _ in events if known < now and time >= oldest]
    money = sum(amount for _, amount in seen)
    exact = money // 10**6 + (money % 10**6) / 10**6
    if aggregate.what == "count":
        return len(seen)
    if aggregate.what == "sum":
        return exact
    if not seen:
        return math.nan
    return exact / len(seen) if aggregate.what == "mean" else (now - max(time for time, _ in seen)) / 10**6


def values(log, aggregates, feed, **options):
    found = list(as_of(log, aggregates, feed, **options))
    return {one.name: np.concatenate([np.empty(0), *(part[one.name] for part in found)]) for one in aggregates}


@given(keyed_logs(), st.sampled_from([LabelFeed(), LabelFeed("constant", 130), OUTAGE]) | feeds, SOME)
def test_they_are_what_one_would_count_by_hand(log, feed, asked):
    found = values(log, asked, feed)
    for one in asked:
        np.testing.assert_array_equal(found[one.name], by_hand(log, one, feed), err_msg=one.name)


@given(keyed_logs(), st.integers(1, 7), SOME)
def test_the_pieces_in_which_they_are_made_change_nothing(log, piece, asked):
    whole, cut = values(log, asked, OUTAGE), values(log, asked, OUTAGE, piece=piece)
    for name, column in whole.items():
        np.testing.assert_array_equal(column, cut[name])


@given(keyed_logs(), st.integers(0, 2_000), st.sampled_from([ended, rewritten]), SOME)
def test_nothing_after_a_moment_changes_anything_up_to_it(log, moment, change, asked):
    other = change(log, moment)
    if other.n_clicks == log.n_clicks:  # keys of the future are rewritten too
        future = log.click_time > moment
        keys = {name: np.where(future, np.uint64(7), column) for name, column in log.keys.items()}
        other = replace(other, keys=keys)
    n = int(np.searchsorted(log.click_time, moment, side="right"))
    before, after = values(log, asked, OUTAGE), values(other, asked, OUTAGE)
    for name, column in before.items():
        np.testing.assert_array_equal(column[:n], after[name][:n], err_msg=name)


def test_what_comes_at_the_instant_of_a_click_does_not_count():
    log = make_log([100, 200, 200, 201], [(0, 200, OutcomeKind.GIFT, 3_000_000)])
    clicks, gifts = Aggregate("clicks", "clicks", "count"), Aggregate("gifts", "gifts", "sum")
    found = values(log, [clicks, gifts], LabelFeed())
    assert found["clicks"].tolist() == [0, 1, 1, 3]  # clicks of one instant do not see each other
    assert found["gifts"].tolist() == [0, 0, 0, 3]
    assert values(log, [gifts], LabelFeed("constant", 1))["gifts"].tolist() == [0, 0, 0, 0]


def test_a_window_counts_what_happened_in_it_once_it_has_arrived():
    log = make_log([0, 5, 10, 11, 25, 26], [(0, 5, OutcomeKind.GIFT, 1_000_000)])
    one = Aggregate("one", "gifts", "count", (), 20)
    assert values(log, [one], LabelFeed())["one"].tolist() == [0, 0, 1, 1, 1, 0]
    assert values(log, [one], LabelFeed("constant", 5))["one"].tolist() == [0, 0, 0, 1, 1, 0]
    assert values(log, [one], LabelFeed("constant", 20))["one"].tolist() == [0] * 6


def come(monkeypatch, moments):
    """Let outcomes arrive at some moments, whatever the feed."""
    made = Passage(np.array(moments), None, None, None, Watermark(0))
    told = lambda log, feed: replace(made, says=log.outcomes.time)  # noqa: E731  (one line, used once)
    monkeypatch.setattr("replay.aggregates.sweep.passage", told)


def test_time_since_last_goes_by_what_happened_last_of_what_has_arrived(monkeypatch):
    gift = OutcomeKind.GIFT
    log = make_log([0, 10, 25, 40], [(0, 5, gift, 1), (0, 8, gift, 1)])
    come(monkeypatch, [30, 20])  # the second overtakes the first
    since = values(log, [Aggregate("since", "gifts", "time_since_last")], LabelFeed())["since"]
    np.testing.assert_array_equal(since, [np.nan, np.nan, 17e-6, 32e-6])


def test_what_never_arrives_is_never_known(monkeypatch):
    log = make_log([0, 10], [(0, 1, OutcomeKind.GIFT, 1)])
    come(monkeypatch, [NEVER])
    both = [Aggregate("all", "gifts", "count"), Aggregate("late", "gifts", "count", (), 5)]
    assert values(log, both, LabelFeed())["all"].tolist() == [0, 0]
    assert values(log, both, LabelFeed())["late"].tolist() == [0, 0]


# --- keys ---


def test_a_great_many_keys_are_kept_apart():
    random = np.random.default_rng(0)
    n = 20_000
    users, items = (random.integers(1, 2**63, 20_000).astype(np.uint64) for _ in range(2))
    chosen = random.integers(0, 20_000, (2, n)) // random.integers(1, 400, (2, n))
    log = make_log(np.arange(n), [(row, row, OutcomeKind.GIFT, 1_000_000) for row in range(n)])
    log = replace(log, keys={"user": users[chosen[0]], "item": items[chosen[1]]})
    asked = [Aggregate(of, of, "count", ("user", "item")) for of in ("clicks", "gifts")]
    found = values(log, asked, LabelFeed(), piece=300)
    pairs = pd.Series(chosen[0] * 20_000 + chosen[1])
    assert 5_000 < pairs.nunique() < 15_000  # so that the table grows many times
    earlier = pairs.groupby(pairs).cumcount()
    assert found["clicks"].tolist() == found["gifts"].tolist() == earlier.tolist()


def test_a_key_of_several_columns_is_missing_where_one_of_them_is():
    columns = {"a": np.array([0, 5, 5, 6, 5], np.uint64), "b": np.array([7, 0, 7, 7, 7], np.uint64)}
    every = slice(0, 5)
    key = key_of(columns, ("a", "b"), every)
    assert (key == 0).tolist() == [True, True, False, False, False]
    assert key[2] == key[4] != key[3]
    assert key_of(columns, ("a",), every).tolist() == columns["a"].tolist()
    assert key_of(columns, (), every).tolist() == [1] * 5
    assert key_of({}, (), slice(0, 0)).tolist() == []
    some = np.array([4, 4, 1])
    assert key_of(columns, ("a", "b"), some).tolist() == key[some].tolist()
    assert key_of(columns, (), some).tolist() == [1] * 3


def test_key_columns_are_named_once_and_in_one_order():
    asked = [Aggregate("a", "clicks", "count", ("z", "b")), Aggregate("c", "clicks", "count", ("b",))]
    assert key_columns(asked) == ("b", "z") == key_columns(asked[::-1])


# --- as features ---


def keyed():
    log = make_log([0, 10, 20, 30], [(0, 5, OutcomeKind.GIFT, 2_500_000)])
    return replace(log, keys={"user": np.array([3, 3, 0, 3], dtype=np.uint64)})


MEAN = Aggregate("mean", "gifts", "mean", ("user",))
COUNT = Aggregate("count", "clicks", "count", ("user",))
ENCODING = Encoding(bits=12)


def slots_of(log):
    return log.slots.slice(0, log.n_clicks)


def test_they_are_encoded_as_any_number_is(tmp_path):
    log = derive(keyed(), [MEAN, COUNT], LabelFeed(), ENCODING, tmp_path)
    numbers = pa.table({"mean": [None, 2.5, None, 2.5], "count": [0.0, 1.0, None, 2.0]})
    expected = Encoder(ENCODING, (), ("mean", "count")).encode(numbers)
    assert log.feature_names == ("f0", "f1", "mean", "count")
    np.testing.assert_array_equal(slots_of(log), np.hstack((slots_of(keyed()), expected)))
    np.testing.assert_array_equal(
        slots_of(with_aggregates(keyed(), [MEAN, COUNT], LabelFeed(), ENCODING)), slots_of(log)
    )


def test_learners_of_columns_get_them_too(tmp_path):
    raw = pa.table({"f0": ["a", "b", None, "a"], "f1": [1.0, None, 2.0, 3.0]})
    for log in (
        derive(replace(keyed(), columns=raw), [MEAN, COUNT], LabelFeed(), ENCODING, tmp_path),
        with_aggregates(replace(keyed(), columns=raw), [MEAN, COUNT], LabelFeed(), ENCODING),
    ):
        assert log.columns.column_names == ["f0", "f1", "mean", "count"]
        assert log.columns.column("mean").to_pylist() == [None, 2.5, None, 2.5]
        assert log.columns.column("count").to_pylist() == [0.0, 1.0, None, 2.0]
        assert log.columns.slice(1, 2).num_rows == 2


def test_they_are_kept_and_the_feed_decides_only_where_outcomes_count(tmp_path):
    late = LabelFeed("constant", 15)
    first = derive(keyed(), [MEAN], LabelFeed(), ENCODING, tmp_path)
    assert derive(keyed(), [MEAN], LabelFeed(), ENCODING, tmp_path).fingerprint == first.fingerprint
    assert len(list(tmp_path.iterdir())) == 1
    other = derive(keyed(), [MEAN], late, ENCODING, tmp_path)
    assert other.fingerprint != first.fingerprint
    assert not np.array_equal(slots_of(other), slots_of(first))
    counts = [derive(keyed(), [COUNT], feed, ENCODING, tmp_path) for feed in (LabelFeed(), late)]
    assert counts[0].fingerprint == counts[1].fingerprint
    assert len(list(tmp_path.iterdir())) == 3


def test_what_was_kept_and_damaged_is_made_anew(tmp_path):
    first = slots_of(derive(keyed(), [MEAN], LabelFeed(), ENCODING, tmp_path)).copy()
    (path,) = tmp_path.rglob("slots.arrow")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    np.testing.assert_array_equal(slots_of(derive(keyed(), [MEAN], LabelFeed(), ENCODING, tmp_path)), first)


def test_no_aggregates_no_change(tmp_path):
    log = keyed()
    assert derive(log, [], LabelFeed(), ENCODING, tmp_path) is log
    assert with_aggregates(log, [], LabelFeed(), ENCODING) is log
    assert list(tmp_path.iterdir()) == []


def test_an_empty_log_has_them_too(tmp_path):
    empty = replace(make_log([], slots=np.empty((0, 2))), keys={"user": np.empty(0, dtype=np.uint64)})
    for log in (
        derive(empty, [MEAN, COUNT], LabelFeed(), ENCODING, tmp_path),
        with_aggregates(empty, [MEAN, COUNT], LabelFeed(), ENCODING),
    ):
        assert log.feature_names == ("f0", "f1", "mean", "count")
        assert log.n_clicks == 0
        assert log.intake.notes == ()


def test_a_name_that_is_taken_is_refused(tmp_path):
    taken = [replace(MEAN, name="f1"), replace(COUNT, name="f1"), MEAN, COUNT, replace(MEAN, name="count")]
    for make in (lambda *asked: derive(*asked, tmp_path), with_aggregates):
        with pytest.raises(LogError) as caught:
            make(keyed(), taken, LabelFeed(), ENCODING)
        assert str(caught.value).splitlines() == [
            "the log has 2 problems:",
            "  'f1' is the name of two features; call the aggregate something else",
            "  'count' is the name of two features; call the aggregate something else",
        ]


def test_it_is_said_where_one_can_know_of_nothing(tmp_path):
    refunds = Aggregate("back", "refunds", "sum")
    log = derive(keyed(), [MEAN, refunds], LabelFeed(), ENCODING, tmp_path)
    assert log.intake.notes == ("aggregate back knows of nothing: the log has no refunds, it has gifts",)
    silent = replace(make_log([1, 2]), keys=keyed().keys)
    (note,) = derive(silent, [refunds], LabelFeed(), ENCODING, tmp_path).intake.notes
    assert note.endswith("the log has no refunds, it has no outcomes")


@pytest.mark.parametrize(
    "wrong",
    [
        {"of": "gift"},
        {"what": "median"},
        {"of": "clicks", "what": "mean"},
        {"window": 0},
        {"what": "time_since_last", "window": 5},
    ],
)
def test_what_makes_no_sense_is_no_aggregate(wrong):
    with pytest.raises(ValueError, match="aggregate 'mean'"):
        Aggregate(**{**asdict(MEAN), **wrong})
