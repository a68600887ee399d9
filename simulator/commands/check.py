"""`latelabel check`: whether a method looks ahead, and how far results hang on the order of ties."""

import argparse
from typing import TYPE_CHECKING

from simulator.commands.shared import DONE, FAILED, SCENARIO, WRONG, add_set, complain, positive

if TYPE_CHECKING:
    from scenarios import Scenario
    from simulator.commands.shared import Commands


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "check",
        help="does a method look ahead?",
        description="Replay the scenario's methods on its log and on logs that differ from it only after the middle "
        "click, and compare, to the last bit, what each method predicted up to there. With --ties, replay them on the "
        "whole log with its ties in other orders instead, and show how far each metric moves.",
        epilog="exit status: 0 if no method looks ahead that claims not to (oracle says that it does), 1 otherwise; "
        "with --ties, 0",
    )
    parser.add_argument("scenario", help=SCENARIO)
    parser.add_argument(
        "--clicks",
        type=positive,
        metavar="N",
        help="at most so many clicks, spread over the whole log (default: 20000); not with --ties, of which few would "
        "be left",
    )
    parser.add_argument(
        "--ties",
        type=positive,
        nargs="?",
        const=5,
        metavar="N",
        help="shuffle what happens at one instant, N times (default: 5; write it after SCENARIO), and show how far "
        "each metric moves, beside its interval",
    )
    add_set(parser)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Inspect the scenario's methods."""
    from simulator import build, terminal  # noqa: PLC0415  (--help must not pay for the engine)
    from simulator.lookahead import CLICKS, inspect  # noqa: PLC0415

    scenario = build.load(options.scenario, options.set)
    if options.ties:
        return _ties(scenario, options)
    inspection = inspect(scenario, clicks=options.clicks or CLICKS)
    terminal.show_inspection(inspection)
    return DONE if inspection.passed else FAILED


def _ties(scenario: "Scenario", options: argparse.Namespace) -> int:
    from simulator.terminal import Progress  # noqa: PLC0415  (as above)
    from simulator.terminal_ties import show_ties  # noqa: PLC0415
    from simulator.ties import shake  # noqa: PLC0415

    if options.clicks:
        complain("--clicks: expected none with --ties: a log that is thinned has fewer ties; leave one of them out")
        return WRONG
    with Progress() as watcher:
        ties = shake(scenario, plays=options.ties, watcher=watcher)
    show_ties(ties)
    return DONE
