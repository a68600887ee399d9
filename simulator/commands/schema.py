"""`latelabel schema`: the shape of scenario files, for editors."""

import argparse
import json
from typing import TYPE_CHECKING

from scenarios import schema
from simulator.commands.shared import DONE, say

if TYPE_CHECKING:
    from simulator.commands.shared import Commands


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "schema",
        help="print the scenario file's JSON Schema",
        description="Print the JSON Schema of scenario files. Editors use it to complete and check TOML: save it and "
        "begin a scenario with  #:schema ./scenario.schema.json",
    )
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:  # noqa: ARG001  (every command is given its options)
    """Print the schema."""
    say(json.dumps(schema(), indent=2))
    return DONE
