"""Methods for net conversions: their gradients, where they settle, and what others make of such labels."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, feeds, logs
from test_engine import BUILT, trained

from learners.base import MAIN, Shown
from learners.corrections import CORRECTIONS
from learners.corrections.auxiliary import LATE
from replay.log import NEVER
from replay.policies import MatureRefunds, NetFirst, RefundLooks
from replay.view import View
from scenarios import ScenarioError
from scenarios.durations import DAY, HOUR
from simulator import load, run
from simulator.clock import Clock
from simulator.limits import limit, p
from simulator.lookahead import inspect
from simulator.methods import METHODS, Timing
from simulator.proof import prove
from simulator.toy import Toy

TOY = Toy(clicks=30_000, days=30, attribution_window=10 * DAY, refunded=0.4, refund_mean=3 * DAY)
GROWING = Toy(**{**TOY.__dict__, "growth": np.log(2) / 7, "clicks": 20_000})
QUICK = Toy(**{**TOY.__dict__, "refund_mean": HOUR // 2})
FOREVER = Toy(attribution_window=4_000 * DAY, refunded=0.3, refund_mean=DAY)
TIMING = Timing(WINDOW, 1_500)


def gradient(parts, f):
    return parts.negative * f - parts.positive * (1 - f)


@given(log=logs(), feed=feeds, f=st.floats(0.01, 0.99))
def test_all_that_net_pu_shows_of_a_click_is_what_the_oracle_would_have_shown(log, feed, f):
    deliveries = delivered(log, feed, net=True)
    shown = NetFirst().due(View(log, deliveries, now=NEVER), -1, 10**12)
    elapsed = shown.due - log.click_time[shown.row]
    parts = CORRECTIONS["net_delta_gradient"]().parts(Shown(shown.label, shown.kind, elapsed), {})
    total = np.bincount(shown.row, gradient(parts, f), minlength=log.n_clicks)
    np.testing.assert_allclose(total, f - deliveries.label, atol=1e-5)


def loss_of_a_stage(label, s, f, late, factor):
    q = 1 / (1 + np.exp(-s))
    weight = 1 + f * late if factor else 1.0
    real = (1 - f) / (1 - f + f * late)
    return -weight * (label * np.log(q) + (1 - label) * real * np.log(1 - q))


@given(st.booleans(), st.floats(-5, 5), st.floats(0.01, 0.99), st.booleans())
def test_a_stage_is_the_gradient_of_its_loss_with_the_plug_in_held_still(label, s, late, factor):
    f = 1 / (1 + np.exp(-s))
    seen = {MAIN: np.array([f], np.float32), LATE: np.array([late], np.float32)}
    shown = Shown(np.array([label]), np.zeros(1, np.int8), np.zeros(1, np.int64))
    parts = CORRECTIONS["cascade"](factor=factor).parts(shown, seen)
    losses = [loss_of_a_stage(label, s + step, f, late, factor) for step in (1e-5, -1e-5)]
    assert gradient(parts, f)[0] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-4, abs=1e-6)
    if not factor:
        exact = CORRECTIONS["waiting_negative_weight"]().parts(shown, seen)
        assert [part[0] for part in parts] == pytest.approx([part[0] for part in exact])


@given(log=logs(), feed=feeds, window=st.sampled_from([0, 100, 350]))
def test_every_conversion_is_looked_at_once_and_again_if_its_refund_is_late(log, feed, window):
    deliveries = delivered(log, feed, net=True)
    view = View(log, deliveries, now=NEVER)
    shown = RefundLooks(window).due(view, -1, 10**12)
    looks, late = (shown.part(shown.kind == kind) for kind in (0, 1))
    assert sorted(looks.row) == np.flatnonzero(deliveries.arrival != NEVER).tolist()
    assert np.all(late.label)
    refunded = [*looks.row[looks.label], *late.row]
    assert sorted(refunded) == np.flatnonzero(deliveries.refund_arrival != NEVER).tolist()
    if feed.latency == 0:
        mature = MatureRefunds(window, WINDOW).due(view, -1, 10**12)
        assert set(mature.row) == set(refunded)
        assert set(mature.row[mature.label]) == set(late.row)


@given(log=logs(), feed=feeds, every=st.sampled_from([50, 400]))
def test_without_refunds_net_pu_is_pu(log, feed, every):
    one, other = (trained(log, feed, METHODS[name](TIMING), Clock.of(log, every)) for name in ("pu", "net_pu"))
    assert one.prediction.tobytes() == other.prediction.tobytes()


@pytest.mark.parametrize("name", ["net_pu", "tesla"])
def test_the_value_of_the_literature(name):
    given = {"window": HOUR, "refund_window": HOUR} if name == "tesla" else {}
    assert limit(name, FOREVER, given) == pytest.approx(0.14, abs=5e-5)
    assert limit("oracle", FOREVER, {}) == pytest.approx(0.14, abs=5e-5)
    assert limit("fnw", FOREVER, {}) == pytest.approx(0.2, abs=5e-5)


@pytest.mark.parametrize("toy", [TOY, GROWING], ids=["steady", "growing"])
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("oracle", {}),
        ("mature_daily", {}),
        ("waiting_window", {"window": 4 * DAY}),
        ("net_pu", {}),
        ("tesla", {"window": HOUR, "refund_window": DAY}),
        ("tesla", {"window": HOUR, "refund_window": DAY, "weights": "exact"}),
        ("fnw", {}),
        ("es_dfm", {"window": HOUR}),
        ("hazard", {}),
    ],
)
def test_replays_with_refunds_reach_the_limit(name, given, toy):
    proof = prove(partial(METHODS[name], **given), toy, 8)
    assert abs(proof.away(limit(name, toy, given))) < 4.5
    assert proof.error < 0.006


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("waiting_window", {"window": HOUR}),
        ("calibrated_wait", {"window": HOUR}),
        ("fsiw", {"window": HOUR}),
        ("fsiw", {"window": HOUR, "deadline": DAY}),
        ("ulc", {"window": HOUR}),
        ("ulc", {"window": HOUR, "deadline": DAY, "update": True}),
        ("bi_defuse", {"window": HOUR}),
        ("frozen", {}),
    ],
)
def test_methods_that_hear_of_refunds_at_their_one_look_settle_in_between(name, given):
    proof = prove(partial(METHODS[name], **given), QUICK, 8)
    assert abs(proof.away(limit(name, QUICK, given))) < 4.5
    assert proof.error < 0.006


def test_closed_forms_know_what_a_quick_refund_changes():
    """Where refunds come within minutes a wait of an hour has heard of most, and what it is corrected by has not."""
    net, gross = limit("oracle", QUICK, {}), p(QUICK)
    for name in ("calibrated_wait", "fsiw", "ulc", "bi_defuse"):
        assert net < limit(name, QUICK, {"window": HOUR}) < 0.97 * gross
    assert limit("ftp", QUICK, {}) == net


def test_methods_that_hear_of_conversions_alone_serve_the_gross_rate():
    """They predict too many by 1 / (1 - r), with r the share that is refunded inside the window."""
    net, gross = limit("oracle", TOY, {}), p(TOY)
    assert gross / net > 1.4
    assert limit("tesla", TOY, {"window": HOUR}) == pytest.approx(net, abs=1e-9)
    assert limit("net_pu", TOY, {}) == pytest.approx(net, abs=1e-9)
    assert limit("fnw", TOY, {}) == limit("hazard", TOY, {}) == pytest.approx(gross, abs=1e-9)


def test_growth_moves_conversions_and_refunds_apart():
    assert limit("net_pu", GROWING, {}) < limit("pu", GROWING, {})
    assert limit("net_pu", GROWING, {}) / limit("pu", GROWING, {}) > limit("oracle", TOY, {}) / p(TOY)


@pytest.mark.parametrize(
    ("key", "value"), [("window", WINDOW + 1), ("refund_window", WINDOW + 1), ("weights", "publishd")]
)
def test_tesla_refuses_what_it_cannot_do(key, value):
    with pytest.raises(ValueError, match=f"^{key}: expected"):
        METHODS["tesla"](TIMING, **{**BUILT["tesla"], key: value})


NET_LOG = {
    "name": "net",
    "seed": 1,
    "log": {
        "kind": "synthetic",
        "clicks": 6_000,
        "days": 8,
        "conversion_rate": 0.3,
        "refunds": {"share": 0.4, "mean": "12h"},
        "categorical": [{"name": "campaign", "values": 20}],
        "numeric": [],
        "delay": [{"share": 1.0, "mean": "6h"}],
    },
    "clock": {"attribution_window": "2d", "label": "net_conversion", "publish_every": "2h"},
    "feed": {"kind": "exponential", "latency": "30m"},
    "learner": {"bits": 10},
    "metrics": {"bootstrap": 0},
    "method": [{"name": "net_pu"}, {"name": "tesla"}, {"name": "mature_daily"}],
}


def test_refunds_are_never_known_before_they_arrive():
    verdicts = inspect(load(NET_LOG)).verdicts
    assert len(verdicts) == 3
    for verdict in verdicts:
        assert verdict.examples > 0
        assert verdict.difference is None
        assert not verdict.refusal


def test_a_market_counts_conversions_and_says_so():
    raw = {**NET_LOG, "market": {"campaign": "campaign", "bidder": [{"method": "net_pu"}]}}
    with pytest.raises(ScenarioError, match=r'clock\.label: expected "conversion" beside \[market\]'):
        load(raw)


def test_gross_methods_predict_too_many_and_net_ones_do_not():
    named = {name: {"name": name} for name in ("oracle", "fnw", "hazard", "mature_daily", "net_pu")}
    named["tesla"] = {"name": "tesla", "window": "1h", "refund_window": "1d"}
    raw = load("net-conversion", ["log.clicks=60000", "metrics.bootstrap=0"]).resolved()
    ratio = run(load({**raw, "method": list(named.values())})).overall["calibration_ratio"]
    for gross in ("fnw", "hazard"):
        assert ratio[gross] == pytest.approx(1.42, abs=0.08)
    for net in ("oracle", "mature_daily", "net_pu", "tesla"):
        assert ratio[net] == pytest.approx(1, abs=0.06)
