"""A small raw log as a dataframe, and a way to run it: for tests of the whole pipeline."""

import numpy as np
import pandas as pd

from simulator import load, run

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2025-03-01T00:00:00Z")

SCENARIO = {
    "name": "test",
    "seed": 3,
    "log": {"kind": "table", "categorical": ["campaign", "user"], "numeric": ["price"]},
    "clock": {"attribution_window": "2d", "evaluate_from": "3d", "publish_every": "2h"},
    "learner": {"bits": 10},
    "metrics": {"bootstrap": 20},
    "method": [{"name": "oracle"}, {"name": "fnw"}],
}


def frame(n=1_500, seed=0, days=8):
    """Return a log of clicks over some days, with conversions, amounts and missing values."""
    random = np.random.default_rng(seed)
    time = START + pd.to_timedelta(np.sort(random.integers(0, days * 86_400_000, n)), unit="ms")
    delay = pd.to_timedelta(random.exponential(6 * 3_600_000, n).astype(np.int64), unit="ms")
    converts = random.random(n) < 0.3
    columns = pd.DataFrame(
        {
            "click_time": time,
            "conversion_time": (time + delay).where(converts),
            "amount": np.where(converts, np.round(random.lognormal(1, 1, n), 2), np.nan),
            "campaign": random.choice(["a", "b", "c", None], n),
            "user": random.integers(0, 50, n),
            "price": np.where(random.random(n) < 0.1, np.nan, random.gamma(2, 3, n)),
        }
    )
    return columns.astype({"click_time": "datetime64[us, UTC]", "conversion_time": "datetime64[us, UTC]"})


def changed(**sections):
    """Return the tests' scenario with some of its sections' values changed."""
    scenario = {key: dict(value) if isinstance(value, dict) else value for key, value in SCENARIO.items()}
    for name, values in sections.items():
        scenario[name] = {**scenario.get(name, {}), **values} if isinstance(values, dict) else values
    return scenario


def played(log, scenario=None, **options):
    """Return the result of a run of a log."""
    return run(load(scenario or SCENARIO), log=log, **options)
