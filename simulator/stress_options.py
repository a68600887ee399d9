"""The options of `latelabel stress`."""

import argparse
from collections.abc import Callable
from pathlib import Path

_DESCRIPTION = """\
Play methods with waiting windows from minutes to the whole attribution window, and say which is best, which others
the days cannot tell from it, how flat the optimum is, what each hour more costs, and how many conversions each window
misses, by segment.
"""
EPILOG = """\
examples:
  latelabel stress clicks.parquet                                your log: columns click_time and conversion_time
  latelabel stress clicks.parquet --set log.timezone=Europe/Paris --set clock.attribution_window=3d
  latelabel stress mine.toml --windows 15m 1h 6h 1d --methods waiting_window es_dfm --loss calibration
  latelabel stress mine.toml --attribution-windows 1d 3d 7d      which label is worth waiting for?

A log is read with defaults: categories and numbers by type, an attribution window of 7d, evaluated from twice that
on. A scenario's own [grid] adds settings, such as faults of the feed. The best window comes with those that resampled
days cannot tell from it. Results: report.html, stress.json and stress.parquet; a rerun does only what is missing.
"""


def add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    add_set: Callable[[argparse.ArgumentParser], None],
    positive: Callable[[str], int],
) -> argparse.ArgumentParser:
    """Add the command to the others, and return it."""
    stress = commands.add_parser(
        "stress",
        help="which waiting window?",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
    )
    stress.add_argument("source", metavar="LOG-OR-SCENARIO", help="a log in Parquet or CSV, or a scenario or its name")
    stress.add_argument("--windows", nargs="+", default=(), metavar="W", help="such as 15m 1h 6h (default: a ladder)")
    stress.add_argument(
        "--attribution-windows", nargs="+", default=(), metavar="W", help="each is a setting (default: the scenario's)"
    )
    stress.add_argument("--methods", nargs="+", default=(), metavar="NAME", help="those that wait get every window")
    stress.add_argument("--loss", default="nll", help="nll, brier or calibration (default: nll)")
    stress.add_argument("--out", type=Path, metavar="DIR", help="folder of the results (default: runs/stress-NAME)")
    add_set(stress)
    stress.add_argument("--jobs", type=positive, default=1, metavar="N", help="processes (default: 1)")
    stress.add_argument("--quiet", action="store_true", help="no progress and no tables, only the report's path")
    return stress
