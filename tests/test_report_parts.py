import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scenarios.durations import DAY, HOUR
from simulator.report.account import accounts
from simulator.report.answer import answer
from simulator.report.coarser import coarser, width_for
from simulator.report.compare import Comparison, _t, compare, paired_difference
from simulator.report.curves import MEAN, NLL, RATIO, Curve
from simulator.report.drawn import delays
from simulator.report.tables import overall_table, segment_tables
from simulator.report.toml import toml
from tests.fake_metrics import made_method

TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
TABLES = st.recursive(
    st.dictionaries(TEXT, SCALARS | st.lists(st.integers(0, 9)), max_size=4),
    lambda tables: st.dictionaries(TEXT, tables | st.lists(tables, min_size=1, max_size=3), max_size=3),
    max_leaves=8,
)
LEDGER = {
    "clicks": {"read": 10, "served": 7, "quarantined": {"duplicate_click": 2, "odd_one": 1}},
    "money": {"gift": {"read": "-1.50", "delivered": "-2.00", "pending": "0.503", "quarantined": {}}},
    "balanced": True,
}


class TestAnswer:
    """Without a whole run: no more is said than the figures tell."""

    @pytest.mark.parametrize(
        ("low", "high", "said"),
        [
            (0.35, 0.45, "and their intervals overlap, so the order may be chance"),
            (0.41, 0.45, "and their intervals are apart"),
            (None, None, "and without intervals it is not known whether they differ"),
        ],
    )
    def test_without_days_to_pair_it_goes_by_intervals(self, low, high, said):
        best = made_method("fnw", 0.38, 0.36, 0.40)
        bound = made_method("oracle", 0.42, low, high) | {"bound": True}
        lead = answer([best, bound], {})["lead"]
        assert lead == f"NLL: fnw (0.3800, interval 0.3600 to 0.4000); oracle has 0.4200, {said}."

    def test_a_clear_winner(self):
        methods = [made_method("fnw", 0.38, 0.37, 0.39), made_method("fnc", 0.42, 0.41, 0.43)]
        assert answer(methods, {})["more"][0] == "Next is fnc at 0.4200; the intervals are apart."

    def test_methods_without_an_answer_do_not_rank(self):
        methods = [made_method("fnw", 0.38, 0.37, 0.39), made_method("fnc", None, None, None)]
        assert answer(methods, {})["lead"] == "NLL: fnw (0.3800, interval 0.3700 to 0.3900)."


class TestCompare:
    def test_the_same_curve_is_level(self):
        curve = _curve(np.linspace(0.4, 0.5, 10))
        assert paired_difference(curve, curve) == (0, 0)

    def test_equals_a_paired_t_interval_where_days_are_alike(self):
        a, b = np.random.default_rng(3).normal(0.4, 0.01, (2, 12))
        mean, half = paired_difference(_curve(a), _curve(b))
        low, high = stats.ttest_rel(a, b).confidence_interval()
        assert mean == pytest.approx((a - b).mean())
        assert (mean - half, mean + half) == pytest.approx((low, high), rel=1e-3)

    def test_what_days_do_to_both_methods_cancels(self):
        weather = np.random.default_rng(1).normal(0, 0.1, 12)
        noise = np.random.default_rng(2).normal(0, 0.001, 12)
        a, b = _curve(0.40 + weather), _curve(0.41 + weather + noise)
        wide = {"metrics": {NLL: {"low": 0.3, "high": 0.5}}}
        found = compare({"label": "a"} | wide, {"label": "b"} | wide, {"a": a, "b": b})
        assert found.apart
        assert compare({"label": "a"} | wide, {"label": "b"} | wide, {}) == Comparison(apart=False)

    def test_windows_of_one_day_are_one_observation(self):
        a = np.repeat(np.random.default_rng(4).normal(0, 0.01, 6), 24)
        start = np.arange(6 * 24) * HOUR
        hourly = _curve(a, start, start + HOUR)
        assert paired_difference(hourly, hourly._replace(value=np.zeros(6 * 24))) == pytest.approx(
            paired_difference(_curve(a[::24]), _curve(np.zeros(6)))
        )

    def test_few_days_say_nothing(self):
        assert paired_difference(_curve(np.ones(4)), _curve(np.zeros(4))) is None

    def test_windows_without_an_answer_are_left_out(self):
        a, b = _curve(np.array([1.0] * 8)), _curve(np.array([0.5] * 6 + [np.nan] * 2))
        assert paired_difference(a, b) == (0.5, 0)

    @pytest.mark.parametrize("freedom", [4, 5, 10, 30, 1000])
    def test_students_t(self, freedom):
        assert _t(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=0.003)


class TestCoarser:
    @given(
        clicks=st.lists(st.integers(0, 50), min_size=1, max_size=40),
        hours=st.sampled_from([1, 3, 24]),
        seed=st.integers(0, 99),
    )
    def test_ratios_come_from_sums(self, clicks, hours, seed):
        rng = np.random.default_rng(seed)
        clicks = np.array(clicks)
        conversions, p = rng.binomial(clicks, 0.3), rng.uniform(0.1, 0.9, len(clicks))
        start = np.arange(len(clicks)) * HOUR
        mean = Curve(start, start + HOUR, np.where(clicks > 0, p, np.nan), clicks, conversions)
        ratio = mean._replace(value=np.full(len(clicks), np.nan))
        found = coarser({("m", "true", MEAN): mean, ("m", "true", RATIO): ratio}, hours * HOUR)
        for name, below in ((RATIO, conversions), (MEAN, clicks)):
            for at, value in zip(found["m", "true", name].start, found["m", "true", name].value, strict=True):
                here = (start >= at) & (start < at + hours * HOUR)
                total = below[here].sum()
                assert value == pytest.approx((p * clicks)[here].sum() / total if total else np.nan, nan_ok=True)

    @given(windows=st.integers(1, 20_000), most=st.integers(10, 1000))
    def test_as_many_points_as_allowed(self, windows, most):
        start = 12_345 + np.arange(windows) * HOUR
        curve = Curve(start, start + HOUR, np.ones(windows), np.ones(windows, int), np.ones(windows, int))
        width = width_for([curve], most)
        if windows <= most:
            assert width is None
        else:
            assert len(coarser({("m", "true", NLL): curve}, width)["m", "true", NLL].start) <= most


class TestTables:
    def test_the_bound_is_no_rival(self):
        methods = [made_method("oracle", 0.1, None, None) | {"bound": True}, made_method("a", 0.2, None, None)]
        methods += [made_method("b", 0.3, None, None)]
        table = overall_table(methods, 100)
        column = [one["key"] for one in table["columns"]].index(NLL)
        assert [row["cells"][column]["best"] for row in table["rows"]] == [False, True, False]

    @pytest.mark.parametrize(("ratios", "best"), [((0.5, 1.6), 1), ((0.9, 1.2), 0), ((2.0, 2.0), None)])
    def test_best_ratio_is_the_nearest_to_1_by_factor(self, ratios, best):
        methods = [made_method(str(i), 0.4, None, None, ratio) for i, ratio in enumerate(ratios)]
        table = overall_table(methods, 100)
        column = [one["key"] for one in table["columns"]].index(RATIO)
        assert [row["cells"][column]["best"] for row in table["rows"]] == [i == best for i in range(2)]

    def test_segments_by_clicks_and_shaded_beyond_chance(self):
        rows = [
            _segment("site=small", 1.5, 100, 10),
            _segment("site=large", 1.5, 1000, 300),
            _segment("device=x=y", 0.5, 1000, 300),
            _segment("site=none", None, 5, 0),
        ]
        site, device = segment_tables(rows, ["fnw"])
        assert [(row["value"], row["cells"][0]["text"], row["cells"][0]["shade"]) for row in site["rows"]] == [
            ("large", "1.50", 2),
            ("small", "1.50", 0),
            ("none", "\u2014", None),
        ]
        assert (device["field"], device["rows"][0]["value"], device["rows"][0]["cells"][0]["shade"]) == (
            "device",
            "x=y",
            -3,
        )

    def test_the_largest_segments(self):
        (table,) = segment_tables([_segment(f"site={i}", 1.0, i, 1) for i in range(100)], ["fnw"])
        assert (len(table["rows"]), table["rows"][0]["value"], table["left_out"]) == (30, "99", 70)


class TestAccounts:
    def test_lines_of_an_account(self):
        clicks, _ = accounts(LEDGER)
        assert (clicks["name"], clicks["read"], clicks["total"], clicks["balanced"]) == ("Clicks", "10", "10", True)
        assert [(line["text"], line["amount"], line["depth"]) for line in clicks["lines"]] == [
            ("served with a prediction", "7", 0),
            ("quarantined", "3", 0),
            ("the click was read before", "2", 1),
            ("odd one", "1", 1),
        ]

    def test_money_is_exact_and_checked_here(self):
        _, money = accounts(LEDGER)
        assert (money["name"], money["read"], money["total"]) == ("Money: gifts", "\u22121.500", "\u22121.497")
        assert not money["balanced"]


class TestDelays:
    def test_share_that_a_window_sees(self):
        found = {"edges_us": [0, HOUR, 4 * HOUR, 16 * HOUR], "counts": [5, 3, 2], "conversions": 10, "median_us": HOUR}
        windows = {"1h": ["a"], "2h": ["b", "c"], "16h": []}
        drawn = delays(found, windows)
        assert drawn["share"] == [0.5, 0.8, 1.0]
        assert [(use["window"], use["share"]) for use in drawn["windows"]] == [
            ("1h", 0.5),
            ("2h", pytest.approx(0.65)),  # half way from 1h to 4h on the axis
            ("16h", 1.0),
        ]
        assert drawn["median"] == "60.0\xa0min"

    def test_none_without_conversions(self):
        assert delays({"edges_us": [0, 1], "counts": [0], "conversions": 0, "median_us": None}, {}) is None


class TestToml:
    @given(TABLES)
    def test_reads_back_as_it_was(self, tables):
        assert tomllib.loads(toml(tables)) == tables

    def test_nothing_is_left_out(self):
        assert toml({"a": None, "b": [{"c": None, "d": 1}]}) == "[[b]]\nd = 1\n"


def _curve(value, start=None, end=None):
    start = np.arange(len(value)) * DAY if start is None else start
    ones = np.full(len(value), 100)
    return Curve(start, start + DAY if end is None else end, value, ones, ones // 5)


def _segment(segment, ratio, clicks, conversions):
    return {
        "segment": segment,
        "method": "fnw",
        "value": ratio,
        "low": None,
        "high": None,
        "clicks": clicks,
        "conversions": conversions,
        "reason": "" if ratio else "no conversions",
    }
