"""`latelabel estimators`: what estimators of the value so far would have said."""

import argparse
from typing import TYPE_CHECKING

from scenarios.durations import HOUR, parse_duration
from simulator.commands.shared import DONE, SCENARIO, add_set

if TYPE_CHECKING:
    from simulator.commands.shared import Commands


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "estimators",
        help="what would estimators of the value so far have said?",
        description="Replay the scenario's log under one of its methods, and show how far each estimator of the value "
        "of a day's clicks was off, some hours after the day's end, from what had arrived by then. Bid controllers "
        "steer by such estimates. Nothing is bid here: the clicks are those of the log.",
    )
    parser.add_argument("scenario", help=SCENARIO)
    parser.add_argument("--by", metavar="COLUMN", help="column whose values are the campaigns (default: all are one)")
    parser.add_argument(
        "--cost", metavar="COLUMN", help="numeric feature that is the price of a click (default: all cost the same)"
    )
    parser.add_argument(
        "--value",
        choices=("conversions", "money"),
        default="conversions",
        help="what is estimated (default: conversions)",
    )
    parser.add_argument(
        "--method", metavar="LABEL", help="the scenario's method that predicts (default: the first of them)"
    )
    parser.add_argument(
        "--after",
        type=_times,
        default=(HOUR, 6 * HOUR, 24 * HOUR),
        metavar="TIME,...",
        help="how long after the ends of days (default: 1h,6h,24h)",
    )
    add_set(parser)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Show every estimator's error."""
    from simulator import build  # noqa: PLC0415  (--help must not pay for the engine)
    from simulator.market import terminal  # noqa: PLC0415
    from simulator.market.on_a_log import estimators_on_log  # noqa: PLC0415

    asked = {name: getattr(options, name) for name in ("by", "cost", "value", "method", "after")}
    scenario = build.load(options.scenario, options.set)
    terminal.show_estimators(scenario, estimators_on_log(scenario, **asked))
    return DONE


def _times(text: str) -> tuple[int, ...]:
    try:
        times = tuple(sorted({parse_duration(part) for part in text.split(",")}))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return times
