"""Labels that know refunds: what they are, when they are known, and the probability that a world draws them from."""

import numpy as np
import pandas as pd
import pytest
from frames import changed, frame, played
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, feeds, logs, make_log

from replay.feed import LabelFeed
from replay.log import NEVER, OutcomeKind
from replay.view import LookAheadError, View
from replay.worlds import DelayPart, Drift, GiftRefunds, Gifts, LivestreamWorld, Ramp, Refunds, Step, SyntheticWorld

HOUR = 3_600_000_000
DAY = 24 * HOUR


def by_hand(log, arrives):
    """Return labels, arrivals and arrivals of refunds, click by click; `arrives` is when an outcome does."""
    found = []
    for row, click_time in enumerate(log.click_time.tolist()):
        mine = [(n, *rest) for n, (r, *rest) in enumerate(zip(*log.outcomes, strict=True)) if r == row]
        inside = [one for one in mine if one[2] - click_time <= WINDOW]
        came = [arrives[n] for n, kind, *_ in inside if kind != OutcomeKind.REFUND]
        back = [arrives[n] for n, kind, *_ in inside if kind == OutcomeKind.REFUND]
        known = min(came, default=NEVER)
        refunded = max(known, min(back)) if came and back else NEVER
        found.append((bool(came) and not back, known, refunded))
    return [list(column) for column in zip(*found, strict=True)]


@given(log=logs(), latency=st.sampled_from([0, 130]))
def test_a_click_is_positive_if_it_converts_and_is_not_refunded_inside_the_window(log, latency):
    deliveries = delivered(log, LabelFeed("constant", latency), net=True)
    label, arrival, refunded = by_hand(log, log.outcomes.time + latency)
    assert deliveries.label.tolist() == label
    assert deliveries.arrival.tolist() == arrival
    assert deliveries.refund_arrival.tolist() == refunded


@given(log=logs(), feed=feeds)
def test_refunds_change_nothing_where_labels_do_not_know_them(log, feed):
    plain, net = delivered(log, feed), delivered(log, feed, net=True)
    assert plain.refund_arrival is None
    assert np.all(net.label <= plain.label)
    for name in ("arrival", "outcome_arrival", "outside", "repeat"):
        np.testing.assert_array_equal(getattr(net, name), getattr(plain, name))
    for one, other in zip(
        (*net.in_order, *net.outcomes_in_order), (*plain.in_order, *plain.outcomes_in_order), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert len(View(log, plain, now=9_000).refunds(0, 9_000)[0]) == 0


@given(log=logs(), feed=feeds, by=st.integers(0, 8_000))
def test_a_view_knows_the_label_of_the_moment(log, feed, by):
    deliveries = delivered(log, feed, net=True)
    view, rows = View(log, deliveries, now=by + 1), np.arange(log.n_clicks)
    known, converted = view.known(rows, by), view.converted(rows, by)
    refunded = converted & ~known
    assert set(view.conversions(0, by + 1)[0]) == set(rows[converted])
    taken, when = view.refunds(0, by + 1)
    assert sorted(taken) == rows[refunded].tolist()
    assert np.all(view.converted_at(taken) <= when)
    assert np.all(when == deliveries.refund_arrival[taken])
    if feed.latency == 0:
        old = log.click_time + WINDOW <= by
        np.testing.assert_array_equal(known[old], deliveries.label[old])


def test_a_view_does_not_say_when_a_conversion_will_come():
    log = make_log([0], [(0, 500), (0, 700, OutcomeKind.REFUND)])
    view = View(log, delivered(log, net=True), now=500)
    for ask in (
        lambda: view.converted_at(np.array([0])),
        lambda: view.known(np.array([0]), 600),
        lambda: view.refunds(0, 501),
    ):
        with pytest.raises(LookAheadError):
            ask()


@pytest.mark.parametrize(
    "part", [DelayPart(1, HOUR), DelayPart(1, DAY, "weibull", 0.6), DelayPart(1, DAY, "lognormal", 1.5)]
)
@pytest.mark.parametrize("window", [2 * HOUR, 3 * DAY])
def test_refunds_within_a_window(part, window):
    refunds, rng, n = Refunds(0.7, 5 * HOUR), np.random.default_rng(5), 400_000
    for slower in (1.0, 2.5):
        back = (rng.random(n) < 0.7) & (slower * part.draw(rng, n) + rng.exponential(5 * HOUR, n) <= window)
        expected = refunds.back_within(part, window, slower)
        assert abs(back.mean() - expected) < 4 * np.sqrt(expected / n)
    assert refunds.back_within(part, window) == pytest.approx(
        GiftRefunds(0.7, 5 * HOUR).back_within(part, window), abs=1e-6
    )


WORLD = {
    "clicks": 120_000,
    "days": 10,
    "conversion_rate": 0.4,
    "delay": (DelayPart(0.5, 2 * HOUR), DelayPart(0.5, DAY)),
    "delay_by": "device",
    "delay_strength": 1.0,
    "refunds": Refunds(0.5, 12 * HOUR),
    "attribution_window": 2 * DAY,
}
SLOWER = {"changes": (Drift(Ramp(2 * DAY, 8 * DAY), delay=0.7), Drift(Step(5 * DAY), odds=-0.4))}


def net_labels(blocks, window):
    """Return labels by the outcomes of the world's blocks, and their true probabilities."""
    labels, truths = [], []
    for raw in blocks:
        label = np.zeros(len(raw.click_time), np.bool_)
        inside = raw.outcome_time - raw.click_time[raw.outcome_row] <= window
        refund = raw.outcome_kind == OutcomeKind.REFUND
        label[raw.outcome_row[inside & ~refund]] = True
        label[raw.outcome_row[inside & refund]] = False
        labels.append(label)
        truths.append(raw.true_probability)
    return np.concatenate(labels), np.concatenate(truths).astype(np.float64)


@pytest.mark.parametrize("extra", [{}, {"gifts": Gifts(0.6)}, SLOWER], ids=["conversions", "gifts", "changes"])
def test_net_labels_are_drawn_from_the_true_probability(extra):
    label, truth = net_labels(SyntheticWorld(**WORLD, **extra, net=True).clicks(), 2 * DAY)
    gross, _ = net_labels(SyntheticWorld(**{**WORLD, "refunds": None}, **extra).clicks(), 2 * DAY)
    assert label.mean() < 0.95 * gross.mean()
    for part in np.array_split(np.arange(len(truth))[np.argsort(truth, kind="stable")], 4):
        spread = np.sqrt(np.sum(truth[part] * (1 - truth[part])))
        assert abs(label[part].sum() - truth[part].sum()) < 4 * spread


def test_net_labels_of_a_livestream_are_drawn_from_the_true_probability():
    world = {"clicks": 150_000, "users": 500, "gift_rate": 0.2, "extra_gifts": 1.5, "attribution_window": 6 * HOUR}
    label, truth = net_labels(LivestreamWorld(**world, refunds=GiftRefunds(0.4, 2 * HOUR), net=True).clicks(), 6 * HOUR)
    assert abs(label.sum() - truth.sum()) < 4 * np.sqrt(np.sum(truth * (1 - truth)))


def test_a_world_that_knows_refunds_is_another_log_with_the_same_clicks():
    one, other = SyntheticWorld(**WORLD), SyntheticWorld(**WORLD, net=True)
    assert one.fingerprint() != other.fingerprint()
    for a, b in zip(one.clicks(), other.clicks(), strict=True):
        assert a.outcome_time.tobytes() == b.outcome_time.tobytes()
        assert np.all(b.true_probability < a.true_probability)


def with_refunds(log, share):
    """Return the tests' log with the refund of some conversions an hour later, as a second table."""
    clicks = log.assign(click_id=np.arange(len(log)))
    came = clicks[clicks["conversion_time"].notna()]
    back = came[came["click_id"] % 10 < 10 * share]
    tables = [
        pd.DataFrame({"click_id": rows["click_id"], "time": rows["conversion_time"] + later, "what": what})
        for rows, later, what in ((came, pd.Timedelta(0), "conversion"), (back, pd.Timedelta(hours=1), "refund"))
    ]
    return clicks.drop(columns=["conversion_time", "amount"]), pd.concat(tables)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    clicks, outcomes = with_refunds(frame(6_000, days=20), 0.5)
    path = tmp_path_factory.mktemp("log") / "outcomes.parquet"
    outcomes.to_parquet(path)
    log = {
        "click_id": "click_id",
        "outcomes": {"path": str(path), "click_id": "click_id", "time": "time", "kind": "what"},
    }
    methods = [{"name": name} for name in ("oracle", "mature_daily", "fnw")]
    return {
        label: played(clicks, changed(log=log, clock={"label": label, "evaluate_from": "10d"}, method=methods))
        for label in ("conversion", "net_conversion")
    }


def test_a_run_counts_net_conversions_and_keeps_its_accounts(runs):
    gross, net = runs["conversion"], runs["net_conversion"]
    assert gross.ledger == net.ledger
    rows = [run.metrics.query("span == 'overall' and metric == 'nll' and method == 'oracle'") for run in (gross, net)]
    conversions = [dict(zip(one["curve"], one["conversions"], strict=True)) for one in rows]
    for curve in ("true", "as_seen"):
        assert conversions[1][curve] == pytest.approx(0.5 * conversions[0][curve], rel=0.1)
    labels = [run.predictions("oracle").set_index("click")["label"].eq(True) for run in (gross, net)]
    assert (labels[1] & ~labels[0]).sum() == 0
    assert labels[1].sum() == pytest.approx(0.5 * labels[0].sum(), rel=0.1)


def test_who_looks_at_mature_labels_learns_net_ones_and_who_sees_conversions_come_gross_ones(runs):
    ratio = {label: run.overall["calibration_ratio"] for label, run in runs.items()}
    assert ratio["conversion"]["mature_daily"] == pytest.approx(1, abs=0.15)
    assert ratio["net_conversion"]["mature_daily"] == pytest.approx(1, abs=0.15)
    assert ratio["net_conversion"]["fnw"] > 1.6 * ratio["conversion"]["fnw"]
    served = [run.predictions("fnw")["prediction"].to_numpy() for run in runs.values()]
    assert served[0].tobytes() == served[1].tobytes()
