"""`latelabel check`: whether a method looks ahead."""

import argparse
from typing import TYPE_CHECKING

from simulator.commands.shared import DONE, FAILED, SCENARIO, add_set, positive

if TYPE_CHECKING:
    from simulator.commands.shared import Commands


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "check",
        help="does a method look ahead?",
        description="Replay the scenario's methods on its log and on logs that differ from it only after the middle "
        "click, and compare, to the last bit, what each method predicted up to there.",
        epilog="exit status: 0 if no method looks ahead that claims not to (oracle says that it does), 1 otherwise",
    )
    parser.add_argument("scenario", help=SCENARIO)
    parser.add_argument(
        "--clicks",
        type=positive,
        default=20_000,
        metavar="N",
        help="at most so many clicks, spread over the whole log (default: 20000)",
    )
    add_set(parser)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Inspect the scenario's methods."""
    from simulator import build, terminal  # noqa: PLC0415  (--help must not pay for the engine)
    from simulator.lookahead import inspect  # noqa: PLC0415

    inspection = inspect(build.load(options.scenario, options.set), clicks=options.clicks)
    terminal.show_inspection(inspection)
    return DONE if inspection.passed else FAILED
