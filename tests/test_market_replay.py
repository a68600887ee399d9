"""What a bidder learns is what a replay of its bought clicks learns, under any method."""

import numpy as np
import pytest
from markets import market, played, stall_of

from learners import Logistic
from replay.feed import deliver
from simulator.engine import replay
from simulator.methods import METHODS, Timing
from simulator.trainer import Trainer

TIMING = Timing(86_400_000_000, 3 * 86_400_000_000)
CONVERSIONS = [name for name in METHODS if METHODS[name](TIMING).target == "conversion"]
PLUG_IN_TIMES = [name for name in CONVERSIONS if name != "frozen"]  # it stops some time after its own first click


@pytest.mark.parametrize("name", PLUG_IN_TIMES)
def test_what_it_predicts_is_what_a_replay_of_its_bought_clicks_predicts(name):
    """The growing log is a log: played back whole, the same method says the same to the last bit."""
    tables = market(log={"clicks": 2_500}, method=[{"name": name}])
    stall = stall_of(tables)
    bidder, _ = played(stall)
    log = bidder.won.whole()
    assert 300 < log.n_clicks < stall.auctions.log.n_clicks
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    window, settings = stall.yardstick.attribution_window, stall.scenario.clock
    method = METHODS[name](Timing(window, settings.evaluate_from))
    trainer = Trainer(
        log, deliver(log, window, stall.auctions.deliveries.feed), method, Logistic(12), 1024, prediction, shown
    )
    replay(trainer, stall.clock, lambda _: None)
    assert np.array_equal(prediction, bidder.prediction[: log.n_clicks])
    assert trainer.tally == bidder.trainer.tally


NOTHING_AT_FIRST = ("log1p",)  # expects no money before it has learned, so it never bids and never learns
GIFTS = market(
    log={"clicks": 2_500, "gifts": {"share": 0.8, "median": 5.0, "p99": 60.0}},
    market={"value": "money", "amount": 5.0, "target": 0.15},
)


@pytest.mark.parametrize("name", [name for name in METHODS if METHODS[name](TIMING).target == "value"])
def test_what_it_expects_in_money_is_what_a_replay_of_its_bought_clicks_expects(name):
    stall = stall_of({**GIFTS, "method": [{"name": name}]})
    bidder, _ = played(stall)
    log, window = bidder.won.whole(), stall.yardstick.attribution_window
    assert (log.n_clicks < 200) == (name in NOTHING_AT_FIRST)
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    method = METHODS[name](Timing(window, stall.scenario.clock.evaluate_from))
    deliveries = deliver(log, window, stall.auctions.deliveries.feed)
    trainer = Trainer(log, deliveries, method, Logistic(12), 1024, prediction, shown)
    replay(trainer, stall.clock, lambda _: None)
    assert np.array_equal(np.maximum(prediction, 0), bidder.book.predicted[: log.n_clicks])
    assert trainer.tally == bidder.trainer.tally
