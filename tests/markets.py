"""Small markets for the tests, and one bidder of them played in memory."""

from simulator import build
from simulator.market.loop import play
from simulator.market.runner import bidder_of, set_up, split_by
from simulator.market.series import series_of
from simulator.preparation import prepare_log
from simulator.watcher import Unwatched

SMALL = {
    "name": "small",
    "seed": 3,
    "log": {
        "kind": "synthetic",
        "clicks": 20_000,
        "days": 6,
        "conversion_rate": 0.2,
        "categorical": [{"name": "campaign", "values": 3, "zipf": 0.5}, {"name": "site", "values": 50}],
        "numeric": [],
        "delay_by": "campaign",
        "delay_strength": 0.5,
        "delay": [{"share": 0.5, "mean": "20m"}, {"share": 0.5, "mean": "12h"}],
    },
    "clock": {"attribution_window": "2d", "evaluate_from": "1d", "publish_every": "2h"},
    "learner": {"bits": 12},
    "metrics": {"bootstrap": 10},
    "method": [{"name": "fnw"}],
    "market": {
        "update_every": "1h",
        "lookback": "1d",
        "prices": {"median": 0.15, "sigma": 0.7, "typical": 0.2, "follows": 0.5},
        "bidder": [{"controller": "pid", "estimator": "bornhuetter_ferguson"}],
    },
}


def market(base=None, **sections):
    """Return the tables of a small market, with sections merged into it."""
    tables = {**(base or SMALL)}
    for name, table in sections.items():
        tables[name] = {**tables[name], **table} if isinstance(table, dict) and name in tables else table
    return tables


def stall_of(tables, change=lambda log: log):
    """Return what the bidders of a scenario share, on its log or on what is made of that."""
    scenario = build.load(tables)
    learner = build.learner(scenario)
    log = prepare_log(split_by(scenario, scenario.market.campaign), None, learner, Unwatched())
    return set_up(scenario, change(log), learner, None, Unwatched())


def played(stall, number=0):
    """Return a bidder of a market after its run, and what it did."""
    bidder = bidder_of(stall, stall.market.bidder[number], None)
    play(bidder, stall.clock, stall.market.update_every, lambda _: None)
    return bidder, series_of(bidder)
