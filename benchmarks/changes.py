"""What growth and outages do to methods, from scenarios of the catalogue: writes the tables of docs/changes.md.

    python -m benchmarks.changes [--seeds N]

Takes some ten minutes.
"""

import argparse
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scenarios import catalogue
from scenarios.durations import DAY, HOUR
from simulator import load, run
from simulator.limits import limit
from simulator.toy import Toy

PAGE = Path(__file__).parents[1] / "docs" / "changes.md"
WEEKLY = {"steady": 1.0, "x2 per week": 2.0, "+10 % per week": 1.1, "-10 % per week": 0.9, "x0.5 per week": 0.5}
GROWING = ("waiting_window", "calibrated_wait", "fake_negative", "fnw", "fnc", "pu", "es_dfm", "es_dfm_exact", "defer")
GROWING += ("ddfm", "defuse", "fsiw", "ulc", "hazard", "mature_daily")
SILENCED = ("waiting_window", "mature_daily", "calibrated_wait", "fake_negative", "fnw", "fnc", "pu", "es_dfm", "fsiw")
SILENCED += ("ulc", "gdfm", "hazard")
WAITING = ("waiting_window", "calibrated_wait", "es_dfm", "es_dfm_exact", "defer", "ddfm", "defuse", "fsiw", "ulc")
AFTER = {"x2 per week": "75d"}  # half of these clicks come in the last week
TITLES = {"24 h": "46d", "48 h": "47d"}


def scenario(name: str, methods: Sequence[str], **sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scenario of the catalogue with other methods, an hour's wait where they wait, and some changed keys."""
    tables: dict[str, Any] = tomllib.loads(catalogue.path(name).read_text(encoding="utf-8"))
    tables["method"] = [{"name": one} | ({"window": "1h"} if one in WAITING else {}) for one in methods]
    for section, values in sections.items():
        tables[section] = values if not isinstance(values, Mapping) else {**tables.get(section, {}), **values}
    return tables


def reached(name: str, window: str, seeds: int) -> dict[str, tuple[float, float]]:
    """Return what methods predict on average once they have settled under a growth: mean over seeds, and its error."""
    change = [{"kind": "traffic_growth", "factor": WEEKLY[name], "every": "7d"}]
    clock = {"attribution_window": window, "evaluate_from": AFTER.get(name, "60d")}
    found: dict[str, list[float]] = {one: [] for one in GROWING}
    for seed in range(seeds):
        tables = scenario("ramp-up", GROWING, log={"change": change}, clock=clock, metrics={"bootstrap": 0})
        result = run(load(tables | {"seed": seed}))
        for one in GROWING:
            served = result.predictions(one)["prediction"].to_numpy()
            days = (len(served) // 2, None)  # the last half of the clicks, as docs/limits.md has it
            time = result.predictions(one)["click_time"].astype("int64").to_numpy()
            settled = (time - time[0] >= 60 * DAY) & (np.arange(len(time)) >= days[0])
            found[one].append(float(served[settled].mean()))
    return {one: (float(np.mean(all_)), float(np.std(all_, ddof=1) / np.sqrt(seeds))) for one, all_ in found.items()}


def growth_rows(seeds: int) -> list[list[str]]:
    """Return the rows of the growth table: predicted by the closed form / reached by the scenario."""
    columns = [(name, "30d") for name in WEEKLY] + [("x2 per week", "24h")]
    cells: dict[str, list[str]] = {one: [] for one in GROWING}
    away: dict[str, list[float]] = {one: [] for one in GROWING}
    for name, window in columns:
        toy = Toy(attribution_window=int(window[:-1]) * (DAY if window[-1] == "d" else HOUR), days=90)
        toy = Toy(toy.rate, toy.delays, toy.attribution_window, 100_000, 90, float(np.log(WEEKLY[name]) / 7))
        for one, (mean, error) in reached(name, window, seeds).items():
            predicted = limit(one, toy, {"window": HOUR} if one in WAITING else {})
            cells[one].append(f"{predicted:.4f} / {mean:.4f}")
            away[one].append((mean - predicted) / max(error, 1e-9))
        print(name, window, flush=True)
    return [[f"`{one}`", *cells[one], f"{max(away[one], key=abs):+.1f}"] for one in GROWING]


def hourly(tables: Mapping[str, Any], seeds: int) -> dict[str, Any]:
    """Return the mean prediction by hour and method, averaged over seeds."""
    total: dict[str, Any] = {}
    for seed in range(seeds):
        result = run(load({**tables, "seed": seed}))
        for one in result.record["methods"]:
            served = result.predictions(one)
            hour = ((served["click_time"] - served["click_time"].iloc[0]).dt.total_seconds() // 3600).astype(int)
            total[one] = total.get(one, 0) + served["prediction"].groupby(hour).mean().reindex(range(50 * 24)) / seeds
    return total


def outage_rows(rate: float, seeds: int) -> list[list[str]]:
    """Return the rows of the outage table: mean prediction before; lowest and highest after.

    The latter are differences between replays of the same logs with and without an outage, put on what was before it.
    """
    common: dict[str, Any] = {"learner": {"learning_rate": rate}, "metrics": {"bootstrap": 0}}
    calm = hourly(scenario("feed-outage", SILENCED, feed={"fault": []}, **common), seeds)
    rows = {one: [f"`{one}`", f"{calm[one][44 * 24 : 45 * 24].mean():.4f}"] for one in SILENCED}
    for until in TITLES.values():
        fault = [{"kind": "outage", "at": "45d", "until": until}]
        shaken = hourly(scenario("feed-outage", SILENCED, feed={"fault": fault}, **common), seeds)
        for one in SILENCED:
            moved = (shaken[one] - calm[one])[45 * 24 :]
            before = float(calm[one][44 * 24 : 45 * 24].mean())
            for found in (moved.min(), moved.max()):
                rows[one].append(f"{before + found:.4f}" if abs(found) > 5e-4 else "-")
        print(rate, until, flush=True)
    return list(rows.values())


def write(table: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Replace what stands between the marks of a table."""
    ruler = ["---", *["---:"] * (len(columns) - 1)]
    lines = "\n".join(f"| {' | '.join(row)} |" for row in (columns, ruler, *rows))
    marks = rf"(<!-- {table}: [^>]*-->\n).*?(<!-- end -->)"
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(re.sub(marks, lambda at: f"{at[1]}{lines}\n{at[2]}", page, flags=re.DOTALL), encoding="utf-8")


def main() -> None:
    """Write the tables."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=4)
    options.add_argument("--only", choices=["growth", "outage", "fast-outage"])
    chosen = options.parse_args()
    silent = ["method", "before", *(f"{name}: {end}" for name in TITLES for end in ("lowest", "highest"))]
    if chosen.only in (None, "growth"):
        write("growth", ["method", *WEEKLY, "x2 per week, 24 h count", "furthest"], growth_rows(chosen.seeds))
    if chosen.only in (None, "outage"):
        write("outage", silent, outage_rows(0.0003, chosen.seeds))
    if chosen.only in (None, "fast-outage"):
        write("fast-outage", silent, outage_rows(0.0015, chosen.seeds))


if __name__ == "__main__":
    main()
