"""What `latelabel estimators` is asked."""

import argparse
from typing import Any

from scenarios.durations import HOUR, parse_duration


def add(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of the command."""
    parser.add_argument("scenario", help="a scenario file (TOML), or a name from: latelabel list")
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


def asked(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options as arguments of `estimators_on_log`."""
    return {name: getattr(options, name) for name in ("by", "cost", "value", "method", "after")}


def _times(text: str) -> tuple[int, ...]:
    try:
        times = tuple(sorted({parse_duration(part) for part in text.split(",")}))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return times
