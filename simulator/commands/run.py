"""`latelabel run`: one scenario, or its whole grid."""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios import Grid
from simulator.commands.shared import DONE, FAILED, SCENARIO, add_set, complain, positive, say, seconds
from simulator.interruption import Interruption
from simulator.lean import quick_start

if TYPE_CHECKING:
    from simulator.commands.shared import Commands

_EPILOG = """\
The folder is written whole or not at all; an earlier run in the same place is replaced. Ctrl-C stops at the next
publish and keeps what was done; the same command goes on from there.

A scenario with a [grid], whose keys are those of --set and whose values are lists, is run once for every combination:

  [grid]
  "waiting_window.window" = ["15m", "1h", "6h"]
  "clock.publish_every" = ["15m", "1h"]

Its folder keeps every cell by a digest of what decides its results. Run it again after it was stopped or changed, and
only what is missing is done. A cell that fails does not stop the others; it is named at the end. On the command line:

  latelabel run quickstart --set 'grid.waiting_window.window=["15m", "1h", "6h"]' --jobs 2
"""


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "run",
        help="run a scenario",
        description="Replay the scenario's log under each of its methods, measure them, and leave a folder with\n"
        "run.json, metrics.parquet, late.parquet, predictions/ and report.html.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG,
    )
    parser.add_argument("scenario", help=SCENARIO)
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the results (default: runs/NAME)")
    add_set(parser)
    many = "methods replayed at a time: threads, and processes for a grid (default: 1)"
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help=many)
    parser.add_argument(
        "--checkpoint-every",
        type=seconds,
        default=60.0,
        metavar="TIME",
        help="wall time between checkpoints, such as 30s or 5m (default: 60s); a run that was stopped or killed goes "
        "on from the last one when the same command is given again, to the same bytes",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress and no tables, only the report's path")
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Run a scenario, or every cell of its grid."""
    with quick_start():
        from simulator import build, terminal  # noqa: PLC0415  (--help must not pay for the engine)
        from simulator.runner import run  # noqa: PLC0415

        grid = build.load_grid(options.scenario, options.set)
    out = options.out or Path("runs") / grid.name
    if grid.axes:
        return _run_grid(grid, out, options)
    scenario = grid.cells[0].scenario
    with Interruption() as interruption:
        kept = {"checkpoint_every": options.checkpoint_every, "asked_to_stop": interruption.came}
        if options.quiet:
            result = run(scenario, out=out, jobs=options.jobs, **kept)
        else:
            with terminal.Progress() as watcher:
                result = run(scenario, out=out, jobs=options.jobs, watcher=watcher, **kept)
    if not options.quiet and scenario.market:
        from simulator.market.terminal import show_market  # noqa: PLC0415  (as above)

        show_market(result)
    elif not options.quiet:
        terminal.show(result)
    say(str(result.report))
    return DONE


def _run_grid(grid: Grid, out: Path, options: argparse.Namespace) -> int:
    from simulator.grid import GridFailedError, run_grid  # noqa: PLC0415  (as above)
    from simulator.terminal_grid import GridProgress, show_grid  # noqa: PLC0415

    failed = None
    try:
        with nullcontext() if options.quiet else GridProgress() as watcher:
            result = run_grid(grid, out=out, jobs=options.jobs, watcher=watcher)
    except GridFailedError as error:
        failed, result = error, error.result
    if not options.quiet:
        show_grid(result)
    say(str(result.report if result.cells else result.folder))
    if failed:
        complain(str(failed))
    return FAILED if failed else DONE
