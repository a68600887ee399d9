"""Where every method settles, in steady and changing traffic and after an outage: writes the tables of docs/limits.md.

    python -m benchmarks.limits [--seeds N] [--clicks N] [--tables NAME ...] [--methods NAME ...]

Takes about a quarter of an hour; with some of the methods only their rows are written anew.
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
REFUNDS = {"refunded": 0.4, "refund_mean": 3 * DAY}
WEEKLY = {"steady": 1.0, "x2 per week": 2.0, "+10 % per week": 1.1, "-10 % per week": 0.9, "x0.5 per week": 0.5}


def asked(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return the methods and their parameters: an hour's wait where they wait by themselves."""
    waiting = {name: parameters(METHODS[name]).get("window") for name in names}
    return {name: {"window": HOUR} if one and one.default else {} for name, one in waiting.items()}


def settled_rows(names: Sequence[str], worlds: Sequence[Toy], seeds: int) -> list[list[str]]:
    """Return limit and replays of each method in every world, and the difference furthest from zero."""
    rows = []
    for name, given in asked(names).items():
        cells, away = [], []
        for toy in worlds:
            predicted, proof = limit(name, toy, given), prove(functools.partial(METHODS[name], **given), toy, seeds)
            cells.append(f"{predicted:.4f} / {proof.mean:.4f}")
            away.append(proof.away(predicted))
        furthest = max(away, key=abs)
        rows.append([f"`{name}`", *cells, f"{furthest:+.1f}"])
        print(*rows[-1], flush=True)
    return rows


def wave_rows(names: Sequence[str], clicks: int, seeds: int) -> list[list[str]]:
    """Return how far an outage of a day moves each method."""
    rows = []
    for name, *figures in outage_rows(asked(names), replace(WORLD, clicks=clicks, days=99), DAY, seeds):
        rows.append([f"`{name}`", *figures])
        print(*rows[-1], flush=True)
    return rows


def write(table: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Replace a table between its marks; rows of methods that were not asked stay as they are."""
    page = PAGE.read_text(encoding="utf-8")
    begin = re.search(rf"<!-- {table}: [^>]*-->\n", page)
    if begin is None:
        raise ValueError(f"{PAGE} has no table called {table!r}")
    end = page.index("<!-- end -->", begin.end())
    kept = {line.split("|")[1].strip(): line for line in page[begin.end() : end].splitlines()[2:]}
    found = kept | {row[0]: f"| {' | '.join(row)} |" for row in rows}
    ruler = ["---", *["---:"] * (len(columns) - 1)]
    head = [f"| {' | '.join(row)} |" for row in (columns, ruler)]
    lines = [found[f"`{name}`"] for name in LIMITS if f"`{name}`" in found]
    text = "\n".join([*head, *lines, ""])
    PAGE.write_text(page[: begin.end()] + text + page[end:], encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=8)
    options.add_argument("--clicks", type=int, default=100_000)
    options.add_argument("--tables", nargs="+", default=("traffic", "refunds", "outage"))
    options.add_argument("--methods", nargs="+", default=tuple(LIMITS))
    chosen = options.parse_args()
    world = replace(WORLD, clicks=chosen.clicks)
    traffic = {name: replace(world, growth=np.log(factor) / 7) for name, factor in WEEKLY.items()}
    refunds = {name: replace(traffic[name], **REFUNDS) for name in ("steady", "x2 per week", "x0.5 per week")}
    for table, worlds in {"traffic": traffic, "refunds": refunds}.items():
        if table in chosen.tables:
            rows = settled_rows(chosen.methods, list(worlds.values()), chosen.seeds)
            write(table, ["method", *worlds, "furthest"], rows)
    if "outage" in chosen.tables:
        write("outage", OUTAGE_COLUMNS, wave_rows(chosen.methods, chosen.clicks, chosen.seeds))


if __name__ == "__main__":
    main()
