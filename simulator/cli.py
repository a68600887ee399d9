"""The command line: parse, load, build, run, write, and nothing else."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from replay.errors import LogError
from scenarios import Grid, Scenario, ScenarioError, catalogue, schema
from scenarios.durations import SECOND, parse_duration
from simulator import limits_options, stress_options
from simulator.folder import OutputError
from simulator.interruption import Interruption, StoppedError
from simulator.lean import quick_start
from simulator.market import estimators_options

if TYPE_CHECKING:
    pass

DONE, FAILED, WRONG = 0, 1, 2

_EXAMPLES = """\
examples:
  latelabel list                                 what there is to run
  latelabel run quickstart                       a small made-up world, six methods, a report in seconds
  latelabel run my.toml --out runs/my            your own scenario
  latelabel run quickstart --set learner.optimizer=ftrl --set waiting_window.window=6h
  latelabel limits fnw pu --growth "x2 per week" where methods settle when traffic doubles every week
  latelabel estimators my.toml --by campaign     what would a bid controller have believed, hours after each day?
  latelabel stress clicks.parquet                which waiting window, and how sure is that?
  latelabel compare runs/a runs/b                both runs in one report, and what differs
  latelabel check my.toml                        does any method, yours or ours, use what had not happened yet?
  latelabel report runs/quickstart               write the report of an earlier run again
  latelabel schema > scenario.schema.json        for completion and checks in your editor

exit status: 0 done, 1 the run or the check failed, 2 the request was wrong
"""

_RUN_EPILOG = """\
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except (ScenarioError, LogError, OutputError) as error:
        _complain(str(error))
        return WRONG
    except StoppedError as error:
        _complain(f"stopped; {str(error) or 'what was done is kept, and the same command goes on from there'}")
        return FAILED
    except KeyboardInterrupt as stop:
        _complain(str(stop) or "stopped; nothing was written")
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except Exception as error:
        _complain(f"the run failed: {type(error).__name__}: {error}")
        if options.debug:
            raise
        _complain("nothing was written; --debug shows where it happened")
        return FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="latelabel",
        description="Replay a click log on a simulated clock, train online learners on labels that arrive late, and "
        "see how each way of coping with the delay drifts out of calibration.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"latelabel {_version()}")
    parser.add_argument("--debug", action="store_true", help="show where an unexpected failure happened")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    stress_options.add(commands, _add_set, _positive).set_defaults(command=_stress)
    _add_compare(commands)
    _add_check(commands)
    _add_limits(commands)
    _add_estimators(commands)
    listing = commands.add_parser(
        "list", help="what there is to run", description="List the scenarios of the catalogue and the methods."
    )
    listing.set_defaults(command=_list)
    report = commands.add_parser(
        "report", help="write a report again", description="Write report.html of a finished run or grid again."
    )
    report.add_argument("folder", type=Path, help="folder of a finished run, of a grid, or of one of its cells")
    report.set_defaults(command=_report)
    shape = commands.add_parser(
        "schema",
        help="print the scenario file's JSON Schema",
        description="Print the JSON Schema of scenario files. Editors use it to complete and check TOML: save it and "
        "begin a scenario with  #:schema ./scenario.schema.json",
    )
    shape.set_defaults(command=_schema)
    return parser


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser(
        "run",
        help="run a scenario",
        description="Replay the scenario's log under each of its methods, measure them, and leave a folder with\n"
        "run.json, metrics.parquet, predictions/ and report.html.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_RUN_EPILOG,
    )
    run.add_argument("scenario", help="a scenario file (TOML), or a name from: latelabel list")
    run.add_argument("--out", type=Path, metavar="DIR", help="folder of the results (default: runs/NAME)")
    _add_set(run)
    many = "methods replayed at a time: threads, and processes for a grid (default: 1)"
    run.add_argument("--jobs", type=_positive, default=1, metavar="N", help=many)
    run.add_argument(
        "--checkpoint-every",
        type=_seconds,
        default=60.0,
        metavar="TIME",
        help="wall time between checkpoints, such as 30s or 5m (default: 60s); a run that was stopped or killed goes "
        "on from the last one when the same command is given again, to the same bytes",
    )
    run.add_argument("--quiet", action="store_true", help="no progress and no tables, only the report's path")
    run.set_defaults(command=_run)


def _add_compare(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    comparison = commands.add_parser(
        "compare",
        help="lay runs over one another",
        description="Write one report over several runs: their figures in one table, their curves in the same charts, "
        "and what differs between their scenarios. It warns where their logs, attribution windows or evaluations "
        "differ, since figures cannot be held against each other then.",
    )
    comparison.add_argument(
        "folders", type=Path, nargs="+", metavar="DIR", help="folder of a finished run, or of a grid, for all its cells"
    )
    comparison.add_argument(
        "--out",
        type=Path,
        default=Path("comparison.html"),
        metavar="FILE",
        help="the report (default: comparison.html)",
    )
    comparison.set_defaults(command=_compare)


def _add_limits(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    limits = commands.add_parser(
        "limits",
        help="where methods settle",
        description="Print where each method settles by its closed form and in replays, in a world without features, "
        "with one conversion rate and a mixture of delays: in steady, growing or shrinking traffic. With --outage, how "
        "far an outage of the label feed moves each.",
    )
    limits_options.add(limits)
    limits.set_defaults(command=_limits)


def _add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser(
        "check",
        help="does a method look ahead?",
        description="Replay the scenario's methods on its log and on logs that differ from it only after the middle "
        "click, and compare, to the last bit, what each method predicted up to there. With --ties, replay them on the "
        "whole log with its ties in other orders instead, and show how far each metric moves.",
        epilog="exit status: 0 if no method looks ahead that claims not to (oracle says that it does), 1 otherwise; "
        "with --ties, 0",
    )
    check.add_argument("scenario", help="a scenario file (TOML), or a name from: latelabel list")
    check.add_argument(
        "--clicks",
        type=_positive,
        metavar="N",
        help="at most so many clicks, spread over the whole log (default: 20000); not with --ties, which few would be "
        "left of",
    )
    check.add_argument(
        "--ties",
        type=_positive,
        nargs="?",
        const=5,
        metavar="N",
        help="shuffle what happens at one instant, N times (default: 5; write it after SCENARIO), and show how far "
        "each metric moves, beside its interval",
    )
    _add_set(check)
    check.set_defaults(command=_check)


def _add_estimators(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    estimators = commands.add_parser(
        "estimators",
        help="what would estimators of the value so far have said?",
        description="Replay the scenario's log under one of its methods, and show how far each estimator of the value "
        "of a day's clicks was off, some hours after the day's end, from what had arrived by then. Bid controllers "
        "steer by such estimates. Nothing is bid here: the clicks are those of the log.",
    )
    estimators_options.add(estimators)
    _add_set(estimators)
    estimators.set_defaults(command=_estimators)


def _add_set(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the scenario, such as clock.publish_every=15m, method[0].window=1h or "
        "waiting_window.window=1h; may be repeated",
    )


def _positive(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        return parse_duration(text) / SECOND
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _run(options: argparse.Namespace) -> int:
    with quick_start():
        from simulator import build, terminal  # noqa: PLC0415  (--help and list must not pay for the engine)
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
        from simulator.market.terminal import show_market  # noqa: PLC0415

        show_market(result)
    elif not options.quiet:
        terminal.show(result)
    _say(str(result.report))
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
    _say(str(result.report if result.cells else result.folder))
    if failed:
        _complain(str(failed))
    return FAILED if failed else DONE


def _stress(options: argparse.Namespace) -> int:
    from simulator.stress import Request  # noqa: PLC0415  (as above)
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
    _say(str(result.report))
    return DONE


def _compare(options: argparse.Namespace) -> int:
    from simulator.compare import write_comparison  # noqa: PLC0415  (as above)

    path, warnings = write_comparison(options.folders, options.out)
    for warning in warnings:
        _complain(f"note: {warning}")
    _say(str(path))
    return DONE


def _check(options: argparse.Namespace) -> int:
    from simulator import build, terminal  # noqa: PLC0415  (as above)
    from simulator.lookahead import CLICKS, inspect  # noqa: PLC0415

    scenario = build.load(options.scenario, options.set)
    if options.ties:
        return _check_ties(scenario, options)
    inspection = inspect(scenario, clicks=options.clicks or CLICKS)
    terminal.show_inspection(inspection)
    return DONE if inspection.passed else FAILED


def _check_ties(scenario: Scenario, options: argparse.Namespace) -> int:
    from simulator.terminal import Progress  # noqa: PLC0415  (as above)
    from simulator.terminal_ties import show_ties  # noqa: PLC0415
    from simulator.ties import shake  # noqa: PLC0415

    if options.clicks:
        _complain("--clicks: expected none with --ties: a log that is thinned has fewer ties; leave one of them out")
        return WRONG
    with Progress() as watcher:
        ties = shake(scenario, plays=options.ties, watcher=watcher)
    show_ties(ties)
    return DONE


def _list(options: argparse.Namespace) -> int:  # noqa: ARG001  (every command is given its options)
    from simulator import terminal  # noqa: PLC0415
    from simulator.market.terminal import show_ways  # noqa: PLC0415
    from simulator.methods import METHODS, PluginError, parameters, summary  # noqa: PLC0415

    methods = {}
    for name in METHODS:
        try:
            methods[name] = (summary(METHODS[name]), parameters(METHODS[name]))
        except PluginError as error:
            methods[name] = (f"cannot be used: {error}", {})
    terminal.show_list({name: catalogue.describe(name) for name in catalogue.names()}, methods)
    show_ways()
    return DONE


def _limits(options: argparse.Namespace) -> int:
    from simulator import limits_table, terminal  # noqa: PLC0415  (as above)

    toy, asked = limits_options.toy(options), limits_options.methods(options)
    title = limits_table.title(toy, options.window, options.outage, options.seeds)
    if options.outage:
        rows = limits_table.outage_rows(asked, toy, options.outage, options.seeds)
        terminal.show_limits(title, limits_table.OUTAGE_COLUMNS, rows, len(asked))
    else:
        rows = limits_table.limit_rows(asked, toy, options.seeds)
        terminal.show_limits(title, limits_table.LIMIT_COLUMNS, rows, len(asked))
    return DONE


def _estimators(options: argparse.Namespace) -> int:
    from simulator import build  # noqa: PLC0415  (as above)
    from simulator.market import terminal  # noqa: PLC0415
    from simulator.market.on_a_log import estimators_on_log  # noqa: PLC0415

    scenario = build.load(options.scenario, options.set)
    terminal.show_estimators(scenario, estimators_on_log(scenario, **estimators_options.asked(options)))
    return DONE


def _report(options: argparse.Namespace) -> int:
    from simulator.grid.store import RECORD  # noqa: PLC0415
    from simulator.report import write_report  # noqa: PLC0415
    from simulator.results import Result  # noqa: PLC0415

    if (options.folder / "stress.json").is_file():
        from simulator.stress.run import StressResult, write_stress_report  # noqa: PLC0415

        _say(str(write_stress_report(StressResult(options.folder))))
        return DONE
    if (options.folder / RECORD).is_file():
        from simulator.grid import GridResult  # noqa: PLC0415
        from simulator.grid.report import write_grid_report  # noqa: PLC0415

        _say(str(write_grid_report(GridResult.load(options.folder))))
        return DONE
    result: Result = Result.load(options.folder)
    _say(str(write_report(result.folder)))
    return DONE


def _schema(options: argparse.Namespace) -> int:  # noqa: ARG001  (as above)
    _say(json.dumps(schema(), indent=2))
    return DONE


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return version("latelabel")


def _say(text: str) -> None:
    print(text)  # noqa: T201  (the command line alone prints)


def _complain(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
