"""Small runs whose figures are committed: a change of any of them is a change of results, and must be meant.

To accept a change, run this file: ``python tests/test_golden.py``; then look at the difference.
"""

import json
from pathlib import Path

import pytest
from frames import changed, frame, played

from simulator import load, run

FOLDER = Path(__file__).parent / "golden"
SMALL = ["log.clicks=20000", "metrics.bootstrap=50"]
RUNS = {
    "quickstart": lambda: run(load("quickstart", SMALL)),
    "ftrl": lambda: run(load("quickstart", [*SMALL, "learner.optimizer=ftrl", "clock.publish_lag=3h"])),
    "late-feed": lambda: played(
        frame(), changed(feed={"kind": "lognormal", "latency": "2h"}, metrics={"segments": ["campaign"]})
    ),
}


def figures(result):
    """Return the overall figures of a run and its ledger, rounded as far as machines may differ."""
    metrics = result.metrics.query("span == 'overall'")
    return {
        "ledger": {name: account for name, account in result.ledger.items() if name != "balanced"},
        "metrics": {
            " ".join((row.method, row.segment or "all", row.curve, row.metric)): None
            if row.value != row.value
            else float(f"{row.value:.6g}")
            for row in metrics.itertuples()
        },
    }


@pytest.mark.parametrize("name", RUNS)
def test_golden(name):
    expected = json.loads((FOLDER / f"{name}.json").read_text())
    found = figures(RUNS[name]())
    assert found["ledger"] == expected["ledger"]
    assert found["metrics"].keys() == expected["metrics"].keys()
    for key, value in expected["metrics"].items():
        assert found["metrics"][key] == (None if value is None else pytest.approx(value, rel=2e-5, abs=2e-6)), key


if __name__ == "__main__":
    for name, play in RUNS.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(figures(play()), indent=1) + "\n")
