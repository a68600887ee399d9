"""`latelabel report`: write the report of what was run again."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.commands.shared import DONE, say

if TYPE_CHECKING:
    from simulator.commands.shared import Commands


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "report", help="write a report again", description="Write report.html of a finished run or grid again."
    )
    parser.add_argument("folder", type=Path, help="folder of a finished run, of a grid, or of one of its cells")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Write the report that the folder's kind has, and say where it is."""
    say(str(_written(options.folder)))
    return DONE


def _written(folder: Path) -> Path:
    from simulator.grid.store import RECORD  # noqa: PLC0415  (--help must not pay for it)

    if (folder / "stress.json").is_file():
        from simulator.stress.run import StressResult, write_stress_report  # noqa: PLC0415

        return write_stress_report(StressResult(folder))
    if (folder / RECORD).is_file():
        from simulator.grid import GridResult  # noqa: PLC0415
        from simulator.grid.report import write_grid_report  # noqa: PLC0415

        return write_grid_report(GridResult.load(folder))
    from simulator.report import write_report  # noqa: PLC0415
    from simulator.results import Result  # noqa: PLC0415

    return write_report(Result.load(folder).folder)
