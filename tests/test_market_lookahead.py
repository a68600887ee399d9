"""Nothing that happens after a moment changes a bid or a belief up to it; and the same bytes come each time."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from markets import market, played, stall_of

from simulator import load, run
from simulator.cuts import ended, rewritten
from simulator.market.estimators import ESTIMATORS
from simulator.market.knowledge import Knowledge

ROOT = Path(__file__).parents[1]
BIDDERS = [{"estimator": name} for name in ESTIMATORS] + [{"controller": "dual", "estimator": "chain_ladder"}]
TABLES = market(
    log={"clicks": 6_000, "gifts": {"share": 0.8, "median": 5.0, "p99": 50.0}},
    feed={"kind": "exponential", "latency": "20m", "fault": [{"kind": "outage", "at": "50h", "until": "58h"}]},
    market={
        "value": "money",
        "amount": 5.0,
        "target": 0.15,
        "budget": 100.0,
        "update_every": "3h",
        "lookback": "18h",
        "change": [{"of": "traffic", "at": "3d", "before": 0.7}],
        "bidder": BIDDERS,
    },
)
MOMENT = 1_735_689_600_000_000 + 4 * 86_400_000_000 - 4_321_000_001


def past(tables, change=lambda log: log):
    """Return all that every bidder did, believed and said up to the moment."""
    stall = stall_of(tables, change)
    found = []
    for number in range(len(stall.market.bidder)):
        bidder, series = played(stall, number)
        n = int(np.searchsorted(bidder.book.time[: bidder.book.n], MOMENT, side="right"))
        bought = (bidder.won.index[:n], bidder.book.cost[:n], bidder.book.predicted[:n], bidder.prediction[:n])
        known = int(np.searchsorted(series.end, MOMENT, side="right"))
        believed = (series.looked_back_cost[:known], series.estimate[:known], series.multiplier[:known])
        found.append([column.copy() for column in bought + believed])
    return found


@pytest.fixture(scope="module")
def as_it_was():
    return past(TABLES)


def equal(one, other):
    """Return whether two bidders did the same, to the last bit."""
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))


def differing(one, other):
    """Return the bidders that did not do the same."""
    return [BIDDERS[number] for number, pair in enumerate(zip(one, other, strict=True)) if not equal(*pair)]


@pytest.mark.parametrize("change", [ended, rewritten])
def test_the_future_changes_nothing(as_it_was, change):
    assert min(len(bidder[0]) for bidder in as_it_was) > 500
    assert all(np.isfinite(bidder[5]).any() for bidder in as_it_was)
    assert differing(as_it_was, past(TABLES, partial(change, moment=MOMENT))) == []


def test_a_leak_is_caught(monkeypatch):
    """A buyer that hears the news of tomorrow does otherwise once there is no tomorrow."""
    honest = Knowledge.hear
    monkeypatch.setattr(Knowledge, "hear", lambda self, now: honest(self, now + 86_400_000_000))
    tables = market(TABLES, market={"bidder": [{"estimator": "counted"}]})
    assert not equal(past(tables)[0], past(tables, partial(ended, moment=MOMENT))[0])


def test_the_clairvoyant_looks_ahead():
    tables = market(TABLES, market={"bidder": [{"controller": "clairvoyant"}]})
    assert not equal(past(tables)[0], past(tables, partial(ended, moment=MOMENT))[0])


FEW = market(
    log={"clicks": 3_000},
    market={
        "update_every": "4h",
        "bidder": [{"controller": "clairvoyant"}, {"estimator": "counted"}, {"estimator": "bornhuetter_ferguson"}],
    },
)


def columns_of(folder):
    """Return what a run computed, by file and bidder."""
    found = {}
    for path in sorted(folder.rglob("*.parquet")):
        table = pq.ParquetFile(path).read()
        if path.name != "metrics.parquet":
            found[path.parent.name] = table
            continue
        for label in table["method"].unique().to_pylist():
            own = table.filter(np.array(table["method"].to_pylist()) == label)
            metric = np.array(own["metric"].to_pylist())
            found[f"metrics of {label}"] = own.filter(~np.isin(metric, ["regret", "share_of_best"])).combine_chunks()
    return found


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    out = tmp_path_factory.mktemp("reference") / "run"
    run(load(FEW), out=out)
    return columns_of(out)


def same(one, other):
    assert one
    for name, table in one.items():
        assert table.equals(other[name]), name


def test_same_bytes_in_threads_and_alone(reference, tmp_path):
    run(load(FEW), out=tmp_path / "run", jobs=3)
    same(reference, columns_of(tmp_path / "run"))
    alone = market(FEW, market={"bidder": [{"estimator": "bornhuetter_ferguson"}]})
    run(load(alone), out=tmp_path / "alone")
    same(columns_of(tmp_path / "alone"), reference)


def test_same_bytes_in_another_process_with_another_hash_seed_and_no_cache(reference, tmp_path):
    script = (
        "import sys; sys.path[:0] = ['tests']\n"
        "from test_market_lookahead import FEW\n"
        "from simulator import load, run\n"
        "run(load(FEW), out=sys.argv[1])\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4242", "LATELABEL_CACHE": str(tmp_path / "cache")}
    arguments = [sys.executable, "-c", script, str(tmp_path / "run")]
    subprocess.run(arguments, check=True, cwd=ROOT, env=environment)  # noqa: S603  (our own interpreter)
    same(reference, columns_of(tmp_path / "run"))
