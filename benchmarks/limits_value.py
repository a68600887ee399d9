"""Where every method for money settles, in steady and growing traffic: writes a table of docs/limits.md.

    python -m benchmarks.limits_value [--seeds N]

Takes about two minutes.
"""

import argparse
import functools
from dataclasses import replace

import numpy as np

from benchmarks.limits import write
from learners import Logistic
from scenarios.durations import HOUR
from simulator.limits_value import value_limit
from simulator.methods import METHODS
from simulator.proof import prove
from simulator.toy_money import Gift, MoneyToy

WORLD = MoneyToy(gifts=(Gift(12.0, sigma=0.7, delay=20 * HOUR),), clicks=200_000)
GROWTH = {"steady": 0.0, "x2 per week": np.log(2) / 7, "x0.5 per week": -np.log(2) / 7}
ASKED = {
    "`value_oracle`": ("value_oracle", {}),
    "`value_mature`": ("value_mature", {}),
    "`value_delta`": ("value_delta", {"level": False}),
    "`value_delta`, gamma": ("value_delta", {"loss": "gamma"}),
    "`value_delta`, tweedie-1.5": ("value_delta", {"loss": "tweedie-1.5"}),
    "`value_delta`, squared": ("value_delta", {"loss": "squared"}),
    "`value_delta`, levelled": ("value_delta", {"level": True}),
    "`value_wait`, 2h": ("value_wait", {"window": 2 * HOUR}),
    "`value_wait`, 2h, not scaled": ("value_wait", {"window": 2 * HOUR, "scaling": "none"}),
    "`two_stage`": ("two_stage", {}),
    "`two_stage`, log1p and smearing": ("two_stage", {"amount": "log1p"}),
    "`two_stage`, log1p and nothing": ("two_stage", {"amount": "log1p", "retransform": "none"}),
    "`log1p`": ("log1p", {}),
    "`log1p`, lognormal": ("log1p", {"retransform": "lognormal"}),
    "`log1p`, smearing": ("log1p", {"retransform": "smearing"}),
    "`gifts_only`": ("gifts_only", {}),
}


def rows(seeds: int) -> list[list[str]]:
    found = []
    for label, (name, given) in ASKED.items():
        cells, away = [], []
        for growth in GROWTH.values():
            toy = replace(WORLD, growth=growth)
            proof = prove(
                functools.partial(METHODS[name], **given), toy, seeds, lambda: Logistic(1, "sgd", learning_rate=0.001)
            )
            predicted = value_limit(name, toy, given)
            cells.append(f"{predicted:.3f} / {proof.mean:.3f}")
            away.append(proof.away(predicted))
        found.append([label, *cells, f"{max(away, key=abs):+.1f}"])
        print(*found[-1], flush=True)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=6)
    found = rows(options.parse_args().seeds)
    write("money", ("method", *GROWTH, "furthest"), found)


if __name__ == "__main__":
    main()
