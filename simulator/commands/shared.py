"""What commands have in common: their exit statuses, the options of several, and the only way to say something."""

import argparse
import sys
from typing import TYPE_CHECKING

from scenarios.durations import SECOND, parse_duration

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  (it has no public name)

DONE, FAILED, WRONG = 0, 1, 2

SCENARIO = "a scenario file (TOML), or a name from: latelabel list"


def add_set(command: argparse.ArgumentParser) -> None:
    """Give a command the option that changes values of its scenario."""
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the scenario, such as clock.publish_every=15m, method[0].window=1h or "
        "waiting_window.window=1h; may be repeated",
    )


def positive(text: str) -> int:
    """Parse a whole number of at least 1."""
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def seconds(text: str) -> float:
    """Parse a duration, such as 30s, in seconds."""
    try:
        return parse_duration(text) / SECOND
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def say(text: str) -> None:
    """Print what was asked for."""
    print(text)  # noqa: T201  (the command line alone prints)


def complain(text: str) -> None:
    """Print what went wrong, apart from what was asked for."""
    print(text, file=sys.stderr)  # noqa: T201
