"""`latelabel list`: what there is to run."""

import argparse
from typing import TYPE_CHECKING

from scenarios import catalogue
from simulator.commands.shared import DONE

if TYPE_CHECKING:
    from simulator.commands.shared import Commands


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "list", help="what there is to run", description="List the scenarios of the catalogue and the methods."
    )
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:  # noqa: ARG001  (every command is given its options)
    """List scenarios, methods and what a market is made of."""
    from simulator import terminal  # noqa: PLC0415  (--help must not pay for the engine)
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
