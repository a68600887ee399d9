"""`latelabel limits`: a toy world in words, and where methods settle in it."""

import argparse
import math
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from scenarios import Problem, ScenarioError, mismatch, unknown_name
from scenarios.durations import DAY, format_duration, parse_duration
from simulator.commands.shared import DONE

if TYPE_CHECKING:
    from simulator.commands.shared import Commands
    from simulator.toy import Toy

_GROWTH = re.compile(r"^\s*(x?)\s*([+-]?\d+(?:\.\d+)?)\s*(%?)(?:\s+per\s+(day|week))?\s*$")
_CONVERSIONS = 20_000  # in one log, unless the number of clicks is given
_FEWEST = 200  # clicks without which a part of a log says nothing


def add(commands: "Commands") -> None:
    """Add the command to the others."""
    parser = commands.add_parser(
        "limits",
        help="where methods settle",
        description="Print where each method settles by its closed form and in replays, in a world without features, "
        "with one conversion rate and a mixture of delays: in steady, growing or shrinking traffic. With --outage, how "
        "far an outage of the label feed moves each.",
    )
    add_options(parser)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Print the table that is asked for."""
    from simulator import limits_table, terminal  # noqa: PLC0415  (--help must not pay for the engine)

    world, asked = toy(options), methods(options)
    title = limits_table.title(world, options.window, options.outage, options.seeds)
    if options.outage:
        rows = limits_table.outage_rows(asked, world, options.outage, options.seeds)
        terminal.show_limits(title, limits_table.OUTAGE_COLUMNS, rows, len(asked))
    else:
        rows = limits_table.limit_rows(asked, world, options.seeds)
        terminal.show_limits(title, limits_table.LIMIT_COLUMNS, rows, len(asked))
    return DONE


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give a parser the options of the command."""
    parser.add_argument("method", nargs="*", metavar="METHOD", help="names from: latelabel list (default: all)")
    parser.add_argument("--rate", type=_share, default=0.2, metavar="P", help="conversion rate (default: 0.2)")
    parser.add_argument(
        "--delay",
        type=_delays,
        default="0.5:30m,0.5:72h",
        metavar="SHARE:MEAN,...",
        help="mixture of exponential delays (default: 0.5:30m,0.5:72h)",
    )
    parser.add_argument(
        "--window", type=_duration, default="1h", metavar="TIME", help="how long methods wait (default: 1h)"
    )
    parser.add_argument(
        "--attribution-window", type=_duration, default="30d", metavar="TIME", help="longest delay that counts (30d)"
    )
    parser.add_argument(
        "--growth",
        type=_growth,
        default=0.0,
        metavar="TEXT",
        help='how traffic changes: "x2 per week", "x0.5 per week", "+10%%", "-10%% per day" (default: not at all)',
    )
    parser.add_argument(
        "--outage",
        type=_duration,
        metavar="TIME",
        help="length of an outage of the label feed: shows how far it moves each method",
    )
    parser.add_argument("--seeds", type=_at_least(2), default=8, metavar="N", help="logs to replay (default: 8)")
    parser.add_argument("--clicks", type=_at_least(1), metavar="N", help="clicks in a log (default: 20,000 / P)")


def toy(options: argparse.Namespace) -> "Toy":
    """Return the world that is asked for: three attribution windows long, and three times an outage.

    Raises
    ------
    ScenarioError
        If nothing could be shown in it.
    """
    from simulator.toy import Toy  # noqa: PLC0415  (as above)

    window = options.attribution_window
    asked = Toy(
        rate=options.rate,
        delays=options.delay,
        attribution_window=window,
        clicks=options.clicks or math.ceil(_CONVERSIONS / options.rate),
        days=_days(window, options.outage),
        growth=options.growth,
    )
    problems = []
    if options.window > window:
        bounds = [format_duration(each) for each in (window, options.window)]
        problems.append(mismatch("--window", f"at most the attribution window, {bounds[0]}", bounds[1]))
    if (found := round(_clicks_that_tell(asked))) < _FEWEST:
        expected = f"at least {_FEWEST} clicks that are both mature and near the log's end"
        advice = "; ask for more --clicks, slower --growth or a shorter --attribution-window"
        problems.append(Problem("--clicks", f"expected {expected}, got {found} of {asked.clicks:,}{advice}"))
    if problems:
        raise ScenarioError("latelabel limits", problems)
    return asked


def _days(window: int, outage: int | None) -> int:
    """Return so many days that labels mature in the first third, auxiliary models settle in the second.

    In the last one an outage begins on the second day, and its clicks mature.
    """
    return 3 * math.ceil(window / DAY) if outage is None else 3 * (math.ceil((window + outage) / DAY) + 2)


def methods(options: argparse.Namespace) -> dict[str, Mapping[str, Any]]:
    """Return the methods that are asked for and the parameters they get: the window, where they wait by themselves.

    Raises
    ------
    ScenarioError
        If a name is not that of a method with a limit.
    """
    from simulator.limits import LIMITS  # noqa: PLC0415  (as above)
    from simulator.methods import METHODS, parameters  # noqa: PLC0415

    names = options.method or list(LIMITS)
    if wrong := [_without_limit(name, LIMITS) for name in names if name not in LIMITS]:
        raise ScenarioError("latelabel limits", wrong)
    waiting = {name: parameters(METHODS[name]).get("window") for name in names}
    return {name: {"window": options.window} if one and one.default else {} for name, one in waiting.items()}


def _without_limit(name: str, known: Mapping[str, Any]) -> Problem:
    from simulator.limits_value import VALUE_LIMITS  # noqa: PLC0415

    if name in VALUE_LIMITS:
        return Problem("METHOD", f"{name} predicts money, and this world has none; docs/limits.md has its limit")
    return unknown_name("METHOD", "method", name, known)


def _clicks_that_tell(asked: "Toy") -> float:
    """Return how many clicks have matured by a growing log's middle click, or are in the last third of another."""
    growth, days = asked.growth, asked.days
    if growth <= 0:
        return asked.clicks * (1 - _share_before(2 * days / 3, growth, days))
    middle = math.log1p(0.5 * math.expm1(growth * days)) / growth
    return asked.clicks * _share_before(middle - asked.attribution_window / DAY, growth, days)


def _share_before(day: float, growth: float, days: int) -> float:
    return math.expm1(growth * day) / math.expm1(growth * days) if growth else day / days


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"expected a share between 0 and 1, got {text!r}")
    return value


def _duration(text: str) -> int:
    try:
        value = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not value:
        raise argparse.ArgumentTypeError(f"expected more than nothing, got {text!r}")
    return value


def _delays(text: str) -> tuple[tuple[float, int], ...]:
    """Parse "0.5:30m,0.5:72h"."""
    parts = [part.partition(":") for part in text.split(",")]
    delays = tuple((1.0 if share.strip() == "1" else _share(share), _duration(mean)) for share, _, mean in parts)
    if not math.isclose(total := sum(share for share, _ in delays), 1):
        raise argparse.ArgumentTypeError(f"expected shares that add up to 1, got {total:g} from {text!r}")
    return delays


def _growth(text: str) -> float:
    """Parse "x2 per week" or "-10%" and return growth per day."""
    match = _GROWTH.match(text)
    times, number, percent, per = match.groups() if match else ("", "0", "", None)
    factor = float(number) if times else 1 + float(number) / 100
    if bool(times) == bool(percent) or not 0 < factor < math.inf:
        raise argparse.ArgumentTypeError(f'expected a growth such as "x2 per week" or "-10% per week", got {text!r}')
    return math.log(factor) / (1 if per == "day" else 7)


def _at_least(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"expected a whole number of at least {least}, got {text!r}")
        return int(text)

    return parse
