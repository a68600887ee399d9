"""What the command line shows of ties: how many there are, and how far results move with their order."""

import math

from rich.console import Console
from rich.text import Text

from simulator.terminal_figures import titled
from simulator.ties import Movement, Shaken, Ties


def show_ties(ties: Ties) -> None:
    """Print how far every method's metrics moved, and say in words what that means."""
    console = Console(highlight=False)
    for line in _told(ties):
        console.print(Text(line))
    for shaken in ties.methods:
        table = titled("")
        table.add_column("overall, mature labels", no_wrap=True)
        for name in ("value", "least", "most", "of interval"):
            table.add_column(name, justify="right", no_wrap=True)
        for movement in shaken.movements:
            if movement.moved:
                table.add_row(movement.metric, *_figures(movement))
        console.print(Text(f"\n{_verdict(shaken)}" if table.row_count else _verdict(shaken), style="dim"))
        if table.row_count:
            console.print(table)
    console.print(Text(_answer(ties)))


def _told(ties: Ties) -> tuple[str, ...]:
    times = "once" if ties.plays == 1 else f"{ties.plays} times"
    return (
        f"{ties.clicks:,} clicks: ties hold {_share(ties.tied_clicks, ties.clicks)}",
        f"{ties.outcomes:,} outcomes that count and arrive: ties hold {_share(ties.tied_outcomes, ties.outcomes)}",
        f"played once as ever, and {times} with ties in another order, by seed {ties.seed}",
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole if whole else 0.0:.1f} %"


def _figures(movement: Movement) -> tuple[str, ...]:
    interval = "-" if math.isnan(movement.of_interval) else _percent(movement.of_interval)
    return (*(f"{value:.4g}" for value in (movement.value, movement.least, movement.most)), interval)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"


def _verdict(shaken: Shaken) -> str:
    told = f"{shaken.method}: {_share(shaken.tied, shaken.examples)} of {shaken.examples:,} examples learned in a tie"
    if shaken.same:
        return f"{told}; the same to the last bit"
    still = sum(not movement.moved for movement in shaken.movements)
    return f"{told}; {still} metrics do not move" if still else f"{told}; every metric moves"


def _answer(ties: Ties) -> str:
    """Say what the movements mean for who reads figures of this log."""
    moved = [(one.method, movement) for one in ties.methods for movement in one.movements if movement.moved]
    if not moved:
        return "no metric moves: nothing hangs on the order of ties"
    judged = [found for found in moved if not math.isnan(found[1].of_interval)]
    if not judged:
        method, most = max(moved, key=lambda found: found[1].moved)
        return f"no metric moves by more than {most.moved:.2g} ({method}, {most.metric}); none has an interval"
    method, most = max(judged, key=lambda found: found[1].of_interval)
    told = (
        f"no metric moves by more than {_percent(most.of_interval)} of the width of its 95 % interval "
        f"({method}, {most.metric}, by {most.moved:.2g})"
    )
    if any(movement.most > movement.high or movement.least < movement.low for _, movement in judged):
        return f"{told}; some leave it: the order of ties decides more than the days do, so log finer times"
    return f"{told}; a difference smaller than that may be an accident of their order"
