"""`latelabel compare`: several runs in one report."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.commands.shared import DONE, complain, say

if TYPE_CHECKING:
    from simulator.commands.shared import Commands


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "compare",
        help="lay runs over one another",
        description="Write one report over several runs: their figures in one table, their curves in the same charts, "
        "and what differs between their scenarios. It warns where their logs, attribution windows or evaluations "
        "differ, since figures cannot be held against each other then.",
    )
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="DIR", help="folder of a finished run, or of a grid, for all its cells"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("comparison.html"),
        metavar="FILE",
        help="the report (default: comparison.html)",
    )
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Write the report, and say where it is."""
    from simulator.compare import write_comparison  # noqa: PLC0415  (--help must not pay for it)

    path, warnings = write_comparison(options.folders, options.out)
    for warning in warnings:
        complain(f"note: {warning}")
    say(str(path))
    return DONE
