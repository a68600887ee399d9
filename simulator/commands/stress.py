"""`latelabel stress`: which waiting window to choose."""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.commands.shared import DONE, add_set, positive, say

if TYPE_CHECKING:
    from simulator.commands.shared import Commands

_DESCRIPTION = """\
Play methods with waiting windows from minutes to the whole attribution window, and say which is best, which others
the days cannot tell from it, how flat the optimum is, what each hour more costs, and how many conversions each window
misses, by segment.
"""
_EPILOG = """\
examples:
  latelabel stress clicks.parquet                                your log: columns click_time and conversion_time
  latelabel stress clicks.parquet --set log.timezone=Europe/Paris --set clock.attribution_window=3d
  latelabel stress mine.toml --windows 15m 1h 6h 1d --methods waiting_window es_dfm --loss calibration
  latelabel stress mine.toml --attribution-windows 1d 3d 7d      which label is worth waiting for?

A log is read with defaults: categories and numbers by type, an attribution window of 7d, evaluated from twice that
on. A scenario's own [grid] adds settings, such as faults of the feed. The best window comes with those that resampled
days cannot tell from it. Results: report.html, stress.json and stress.parquet; a rerun does only what is missing.
"""


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "stress",
        help="which waiting window?",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG,
    )
    parser.add_argument("source", metavar="LOG-OR-SCENARIO", help="a log in Parquet or CSV, or a scenario or its name")
    parser.add_argument("--windows", nargs="+", default=(), metavar="W", help="such as 15m 1h 6h (default: a ladder)")
    parser.add_argument(
        "--attribution-windows", nargs="+", default=(), metavar="W", help="each is a setting (default: the scenario's)"
    )
    parser.add_argument("--methods", nargs="+", default=(), metavar="NAME", help="those that wait get every window")
    parser.add_argument("--loss", default="nll", help="nll, brier or calibration (default: nll)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the results (default: runs/stress-NAME)")
    add_set(parser)
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help="processes (default: 1)")
    parser.add_argument("--quiet", action="store_true", help="no progress and no tables, only the report's path")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Play the windows, and say what was found."""
    from simulator.stress import Request  # noqa: PLC0415  (--help must not pay for the engine)
    from simulator.stress.plan import stress_plan  # noqa: PLC0415
    from simulator.stress.run import play  # noqa: PLC0415
    from simulator.stress.terminal import show_stress  # noqa: PLC0415
    from simulator.terminal_grid import GridProgress  # noqa: PLC0415

    asked = (options.windows, options.attribution_windows, options.methods, options.loss)
    plan = stress_plan(Request(options.source, options.set, *asked))
    out = options.out or Path("runs") / f"stress-{plan.grid.name.removeprefix('stress-')}"
    with nullcontext() if options.quiet else GridProgress() as watcher:
        result = play(plan, options.loss, out=out, jobs=options.jobs, watcher=watcher)
    if not options.quiet:
        show_stress(result.found)
    say(str(result.report))
    return DONE
