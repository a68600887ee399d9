"""The command line: parse, do what was asked, and tell what went wrong."""

import argparse
import errno
import sys
from collections.abc import Sequence

from replay.errors import LogError
from scenarios import ScenarioError
from simulator.commands import COMMANDS
from simulator.commands.shared import DONE, FAILED, WRONG, complain
from simulator.folder import OutputError
from simulator.interruption import StoppedError

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
  latelabel check my.toml --ties                 how far do results hang on the order of what happens at one instant?
  latelabel report runs/quickstart               write the report of an earlier run again
  latelabel schema > scenario.schema.json        for completion and checks in your editor

exit status: 0 done, 1 the run or the check failed, 2 the request was wrong
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except (ScenarioError, LogError, OutputError) as error:
        complain(str(error))
        return WRONG
    except StoppedError as error:
        complain(f"stopped; {str(error) or 'what was done is kept, and the same command goes on from there'}")
        return FAILED
    except KeyboardInterrupt as stop:
        complain(str(stop) or "stopped; nothing was written")
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except Exception as error:
        status = _failed(error)
        if options.debug:
            raise
    return status


def _failed(error: Exception) -> int:
    """Say why a run failed that should not have."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" at {error.filename}" if error.filename else ""
        complain(f"the disk is full{where}: nothing was written; make room, or name another folder with --out")
        return FAILED
    complain(f"the run failed: {type(error).__name__}: {error}")
    complain("nothing was written; --debug shows where it happened")
    return FAILED


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
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(subparsers)
    return parser


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415

    return version("latelabel")


if __name__ == "__main__":
    sys.exit(main())
