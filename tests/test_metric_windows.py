"""The table of metrics against the same metrics computed cell by cell from plain arrays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.metrics import METRICS
from simulator.metrics.windows import Evaluated, evaluate

NEVER = np.iinfo(np.int64).max
HOUR, DAY = 3_600_000_000, 86_400_000_000
START = 19_000 * DAY
NAMES = ("amber", "(missing)", "zinc", "blue")
COLUMNS = ["span", "window_start", "window_end", "segment", "curve", "metric"]
COLUMNS += ["value", "low", "high", "clicks", "conversions", "reason"]


def made(n=400, days=6, seed=0, mature_days=None, truth=True, segments=True):
    rng = np.random.default_rng(seed)
    time = np.sort(START + rng.integers(0, days * DAY, n))
    q = rng.beta(2, 6, n).astype(np.float32)
    p = np.round((q * 1.2).clip(0.01, 0.9), 2).astype(np.float32)
    label = rng.random(n) < q
    arrival = np.where(label, time + rng.exponential(DAY, n).astype(np.int64), NEVER)
    mature = time < START + (days if mature_days is None else mature_days) * DAY
    codes = rng.choice(4, n, p=[0.1, 0.2, 0.3, 0.4]).astype(np.int32)
    return Evaluated(
        time, p, label, mature, arrival, q if truth else None, {"colour": (codes, NAMES)} if segments else {}
    )


def table_of(clicks, **options):
    chosen = {"window": DAY, "start": START, "end": START + 6 * DAY, "replicates": 20} | options
    table = evaluate(clicks, **chosen)
    columns = table.columns()
    assert list(columns) == COLUMNS
    assert len({len(column) for column in columns.values()}) == 1
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def expected(clicks, row, end):
    """One cell the slow way."""
    where = (clicks.click_time >= row["window_start"]) & (clicks.click_time < row["window_end"])
    if row["segment"]:
        codes, values = clicks.segments["colour"]
        where &= np.array(values)[codes] == row["segment"].removeprefix("colour=")
    if row["curve"] == "true":
        where &= clicks.mature
        label = clicks.label[where]
    else:
        label = clicks.arrival[where] <= (end if row["span"] == "overall" else row["window_end"])
    metric = METRICS[row["metric"]]
    if metric.needs == "label":
        value = metric.function(label, clicks.prediction[where])
    elif clicks.true_probability is None:
        value = np.nan
    else:
        value = metric.function(clicks.prediction[where], clicks.true_probability[where])
    return value, len(label), int(label.sum())


@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(0, 120),
    seed=st.integers(0, 99),
    mature_days=st.sampled_from([0, 2.3, 6]),
    window=st.sampled_from([5 * HOUR, DAY, 36 * HOUR, 30 * DAY]),
    start=st.sampled_from([0, 7 * HOUR, 2 * DAY + 1]),
    end=st.sampled_from([3 * DAY, 5 * DAY + 11 * HOUR]),
    truth=st.booleans(),
)
def test_every_cell_is_the_metric_of_its_clicks(n, seed, mature_days, window, start, end, truth):
    clicks = made(n, seed=seed, mature_days=mature_days, truth=truth)
    start, end = START + start, START + end
    for row in table_of(clicks, window=window, start=start, end=end):
        value, n_clicks, conversions = expected(clicks, row, end)
        assert (row["clicks"], row["conversions"]) == (n_clicks, conversions)
        assert row["value"] == pytest.approx(value, rel=1e-9, abs=1e-12, nan_ok=True), row
        assert np.isfinite(row["value"]) or row["reason"]


def test_windows_are_aligned_and_cut_to_what_is_evaluated():
    rows = table_of(made(), window=DAY, start=START + 5 * HOUR, end=START + 2 * DAY + HOUR)
    spans = [(row["window_start"] - START, row["window_end"] - START) for row in rows if row["span"] == "window"]
    assert sorted(set(spans)) == [(5 * HOUR, DAY), (DAY, 2 * DAY), (2 * DAY, 2 * DAY + HOUR)]
    overall = {(row["window_start"] - START, row["window_end"] - START) for row in rows if row["span"] == "overall"}
    assert overall == {(5 * HOUR, 2 * DAY + HOUR)}


def test_as_seen_knows_nothing_that_arrived_after_the_window():
    clicks = made()
    moment = START + 3 * DAY
    later = np.where(clicks.arrival > moment, NEVER, clicks.arrival)
    seen = [
        [row for row in table_of(c) if row["curve"] == "as_seen" and row["span"] == "window"]
        for c in (clicks, clicks._replace(arrival=later, label=~clicks.label, mature=~clicks.mature))
    ]
    before = [[row for row in rows if row["window_end"] <= moment] for rows in seen]
    np.testing.assert_equal(before[0], before[1])
    assert seen[0] != seen[1]


def test_the_true_curve_does_not_ask_when_a_label_arrived():
    clicks = made()
    true = [
        [row for row in table_of(c) if row["curve"] == "true"]
        for c in (clicks, clicks._replace(arrival=np.full(len(clicks.arrival), NEVER)))
    ]
    np.testing.assert_equal(true[0], true[1])


def test_labels_of_immature_clicks_do_not_matter():
    clicks = made(mature_days=4)
    noise = np.where(clicks.mature, clicks.label, ~clicks.label)
    np.testing.assert_equal(table_of(clicks), table_of(clicks._replace(label=noise)))


def test_mature_clicks_need_not_come_first():
    clicks = made()
    clicks = clicks._replace(mature=np.random.default_rng(0).random(len(clicks.label)) < 0.5)
    for row in table_of(clicks):
        assert row["value"] == pytest.approx(
            expected(clicks, row, START + 6 * DAY)[0], rel=1e-9, abs=1e-12, nan_ok=True
        )


def test_overall_is_no_average_of_windows():
    rows = [row for row in table_of(made()) if row["metric"] == "calibration_ratio" and row["curve"] == "true"]
    rows = [row for row in rows if not row["segment"]]
    overall, windows = rows[0], rows[1:]
    assert overall["value"] != pytest.approx(np.mean([row["value"] for row in windows]), rel=1e-6)


def reasons(clicks, **options):
    rows = table_of(clicks, **options)
    return {(row["span"], row["curve"], row["metric"]): row["reason"] for row in rows if not row["segment"]}


def test_what_has_no_answer_says_why():
    clicks = made(truth=False, segments=False)
    never = clicks._replace(label=np.zeros(400, bool), arrival=np.full(400, NEVER))
    always = clicks._replace(label=np.ones(400, bool))
    unripe = clicks._replace(mature=np.zeros(400, bool))
    assert reasons(never)["window", "true", "auc"] == "no conversions"
    assert reasons(never)["window", "true", "calibration_ratio"] == "no conversions"
    assert reasons(never)["window", "true", "nll"] == ""
    assert reasons(always)["window", "true", "auc"] == "no non-conversions"
    assert reasons(always)["window", "true", "pr_auc"] == ""
    assert reasons(unripe)["window", "true", "nll"] == "no mature labels"
    assert reasons(unripe)["window", "as_seen", "nll"] == ""
    assert reasons(clicks)["window", "true", "bias"] == "truth unknown"
    empty = reasons(clicks, start=START - 2 * DAY, end=START)
    assert set(empty.values()) == {"no clicks"}


def test_nothing_to_evaluate_is_a_table_without_answers():
    clicks = made(0)
    for options in ({}, {"end": START}, {"start": START + DAY, "end": START}):
        rows = table_of(clicks, **options)
        assert rows
        assert all(np.isnan(row["value"]) and row["reason"] == "no clicks" for row in rows)


def test_no_monitor_knows_the_truth():
    assert not [
        row for row in table_of(made()) if row["curve"] == "as_seen" and row["metric"] in ("bias", "logit_bias")
    ]


def test_only_the_overall_true_curve_of_all_clicks_has_intervals():
    for row in table_of(made()):
        due = row["span"] == "overall" and row["curve"] == "true" and not row["segment"]
        assert np.isfinite(row["low"]) == np.isfinite(row["high"]) == due


def test_few_days_have_no_interval_and_say_so():
    row = table_of(made(), end=START + 3 * DAY)[0]
    assert np.isfinite(row["value"])
    assert np.isnan(row["low"])
    assert row["reason"] == "no interval: 3 days, 5 needed"


def segments_of(rows):
    return [row["segment"] for row in rows if row["span"] == "overall" and row["metric"] == "nll" and row["segment"]]


def test_segments_beyond_the_most_frequent_are_pooled():
    clicks = made()
    codes, values = clicks.segments["colour"]
    rows = table_of(clicks, max_segments=2)
    names = dict.fromkeys(segments_of(rows))
    assert list(names) == ["colour=blue", "colour=zinc", "colour=(other)"]
    other = next(row for row in rows if row["segment"] == "colour=(other)" and row["metric"] == "nll")
    assert other["clicks"] == np.isin(np.array(values)[codes], ["amber", "(missing)"]).sum()


def test_equally_frequent_segments_are_taken_by_name():
    clicks = made(8)._replace(segments={"colour": (np.array([0, 1, 2, 3] * 2, np.int32), NAMES)})
    assert set(segments_of(table_of(clicks, max_segments=2))) == {"colour=(missing)", "colour=amber", "colour=(other)"}


def test_values_without_clicks_are_no_segments():
    clicks = made()._replace(segments={"colour": (np.full(400, 2, np.int32), NAMES)})
    assert set(segments_of(table_of(clicks))) == {"colour=zinc"}


def test_memory_mapped_columns_give_the_same_bytes(tmp_path):
    clicks = made()
    mapped = {}
    for name, column in clicks._asdict().items():
        if name not in ("segments", "refund_arrival"):
            column.tofile(tmp_path / name)
            mapped[name] = np.memmap(tmp_path / name, column.dtype, "r")
    np.testing.assert_equal(table_of(clicks._replace(**mapped)), table_of(clicks))


def test_segments_and_windows_do_not_change_the_overall_figures():
    plain = [row for row in table_of(made(segments=False)) if row["span"] == "overall"]
    split = [row for row in table_of(made()) if row["span"] == "overall" and not row["segment"]]
    finer = [row for row in table_of(made(segments=False), window=HOUR) if row["span"] == "overall"]
    np.testing.assert_equal(plain, split)
    for row, other in zip(plain, finer, strict=True):
        assert row["value"] == pytest.approx(other["value"], rel=1e-12, nan_ok=True)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="window must be above 0 us, got 0"):
        table_of(made(), window=0)
    with pytest.raises(ValueError, match="expected at least 1 bin, got 0"):
        table_of(made(), bins=0)
    with pytest.raises(ValueError, match=r"predictions must lie in \[0, 1\], got 0.5 to 1.5"):
        table_of(made(2)._replace(prediction=np.array([0.5, 1.5], np.float32)))
