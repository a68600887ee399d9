"""Where every method settles, in steady and changing traffic and after an outage: writes the tables of docs/limits.md.

    python -m benchmarks.limits [--seeds N] [--clicks N]

Takes about a quarter of an hour.
"""

import argparse
import functools
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from scenarios.durations import DAY, HOUR
from simulator.limits import LIMITS, limit
from simulator.limits_table import OUTAGE_COLUMNS, outage_rows
from simulator.methods import METHODS, parameters
from simulator.proof import prove
from simulator.toy import Toy

PAGE = Path(__file__).parents[1] / "docs" / "limits.md"
WORLD = Toy(attribution_window=30 * DAY, days=90)
WEEKLY = {"steady": 1.0, "x2 per week": 2.0, "+10 % per week": 1.1, "-10 % per week": 0.9, "x0.5 per week": 0.5}


def asked() -> dict[str, dict[str, int]]:
    """Return the methods and their parameters: an hour's wait where they wait by themselves."""
    waiting = {name: parameters(METHODS[name]).get("window") for name in LIMITS}
    return {name: {"window": HOUR} if one and one.default else {} for name, one in waiting.items()}


def traffic_rows(clicks: int, seeds: int) -> list[list[str]]:
    rows = []
    for name, given in asked().items():
        cells, away = [], []
        for factor in WEEKLY.values():
            toy = replace(WORLD, clicks=clicks, growth=np.log(factor) / 7)
            predicted, proof = limit(name, toy, given), prove(functools.partial(METHODS[name], **given), toy, seeds)
            cells.append(f"{predicted:.4f} / {proof.mean:.4f}")
            away.append(proof.away(predicted))
        furthest = max(away, key=abs)
        rows.append([f"`{name}`", *cells, f"{furthest:+.1f}"])
        print(*rows[-1], flush=True)
    return rows


def wave_rows(clicks: int, seeds: int) -> list[list[str]]:
    rows = []
    for name, *figures in outage_rows(asked(), replace(WORLD, clicks=clicks, days=99), DAY, seeds):
        rows.append([f"`{name}`", *figures])
        print(*rows[-1], flush=True)
    return rows


def write(table: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Replace what stands between the marks of a table."""
    ruler = ["---", *["---:"] * (len(columns) - 1)]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in (columns, ruler, *rows))
    marks = rf"(<!-- {table}: [^>]*-->\n).*?(<!-- end -->)"
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub(marks, lambda at: f"{at[1]}{lines}\n{at[2]}", page, flags=re.DOTALL), encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=8)
    options.add_argument("--clicks", type=int, default=100_000)
    chosen = options.parse_args()
    write("traffic", ["method", *WEEKLY, "furthest"], traffic_rows(chosen.clicks, chosen.seeds))
    write("outage", OUTAGE_COLUMNS, wave_rows(chosen.clicks, chosen.seeds))


if __name__ == "__main__":
    main()
