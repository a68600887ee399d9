"""What the command line shows: progress in simulated time, and a run's figures as tables."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn, track
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from scenarios.durations import DAY, format_duration
from scenarios.instants import format_instant
from simulator.methods import Parameter
from simulator.results import Result
from simulator.terminal_figures import figures, titled, tuning, weights

if TYPE_CHECKING:
    from simulator.lookahead import Inspection, Verdict


class Progress:
    """A bar for every method, in simulated days; told by the run, safe to be told by several threads."""

    def __init__(self) -> None:
        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=32),
            TextColumn("{task.fields[where]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, Any] = {}
        self._start = 0
        self._reading = self._bars.add_task("reading", total=None, where="")
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()

    def reading(self, clicks: int) -> None:
        """Show how many clicks have been read."""
        self._bars.update(self._reading, where=f"{clicks:,} clicks")

    def replaying(self, methods: list[str], start: int, end: int) -> None:
        """Replace the reader's bar by one for every method."""
        self._bars.remove_task(self._reading)
        self._start = start
        for method in methods:
            self._tasks[method] = self._bars.add_task(method, total=end - start, where="")

    def tick(self, method: str, now: int) -> None:
        """Move a method's bar."""
        passed = now - self._start
        with self._lock:
            total = self._bars.tasks[0].total or 0
            where = f"day {passed / DAY:,.1f} of {total / DAY:,.1f}"
            self._bars.update(self._tasks[method], completed=passed, where=where)

    def finished(self, method: str) -> None:
        """Fill a method's bar."""
        with self._lock:
            task = self._tasks[method]
            total = next(bar.total for bar in self._bars.tasks if bar.id == task)
            self._bars.update(task, completed=total, where="measured")


def show(result: Result) -> None:
    """Print a finished run: its figures, what the log was, and the ledger."""
    console = Console(highlight=False)
    record = result.record
    log = record["log"]
    span = f"{log['clicks']:,} clicks, {_minute(log['first_click'])} to {_minute(log['last_click'])} UTC"
    console.print(Text(f"{record['title'] or record['name']}: {span}"))
    for note in log["notes"]:
        console.print(Text(f"  note: {note}", style="dim"))
    for table in figures(result):
        console.print(table)
    if any("tuning" in method for method in record["methods"].values()):
        console.print(tuning(record["methods"]))
    if (uneven := weights(record["methods"])).row_count:
        console.print(uneven)
    console.print(_accounts(record["ledger"]))
    for name, method in record["methods"].items():
        hurt = [f"{count:,} {what}" for what, count in method.get("pipeline", {}).items() if count]
        if hurt:
            console.print(Text(f"  pipeline: {name} {', '.join(hurt)}", style="dim"))


def _minute(moment: str | None) -> str:
    return moment[:16].replace("T", " ") if moment else "never"


def _accounts(ledger: Mapping[str, Any]) -> Table:
    table = titled("ledger: what came in, and where it went; it balances")
    table.add_column("account", no_wrap=True)
    table.add_column("read", justify="right", no_wrap=True)
    table.add_column("went")
    accounts = {name: account for name, account in ledger.items() if isinstance(account, Mapping) and name != "money"}
    accounts |= {f"{kind} money": account for kind, account in ledger["money"].items()}
    for name, account in accounts.items():
        went = {where: amount for where, amount in account.items() if where not in ("read", "quarantined")}
        went |= {f"quarantined ({reason})": amount for reason, amount in account["quarantined"].items()}
        parts = [
            f"{_amount(amount)} {where.replace('_', ' ')}"
            for where, amount in went.items()
            if amount not in (0, "0.00")
        ]
        table.add_row(name, _amount(account["read"]), Text(" + ".join(parts) or "0"))
    return table


def _amount(amount: int | str) -> str:
    if isinstance(amount, int):
        return f"{amount:,}"
    whole, _, places = amount.partition(".")
    return f"{int(whole):,}.{places}" if whole != "-0" else amount


def show_limits(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], total: int, notes: Sequence[str] = ()
) -> None:
    """Print a table of methods and figures with notes below it, and meanwhile how many of its rows are done."""
    table = Table()
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    for row in track(rows, "replaying", total, console=Console(stderr=True), transient=True):
        table.add_row(*row)
    console = Console(highlight=False)
    console.print(Text(title, style="dim"))
    console.print(table)
    for note in notes:
        console.print(Text(note, style="dim"))


def show_inspection(inspection: "Inspection") -> None:
    """Print whether methods look ahead."""
    console = Console(highlight=False)
    console.print(Text(f"{inspection.clicks:,} clicks; the future was changed after {_instant(inspection.moment)}"))
    table = titled("looks ahead")
    table.add_column("method", no_wrap=True)
    table.add_column("verdict")
    for verdict in inspection.verdicts:
        table.add_row(Text(verdict.method), Text(_verdict(verdict)))
    console.print(table)


def _verdict(verdict: "Verdict") -> str:
    says_so = ", and says so" if verdict.declared else ""
    if verdict.refusal:
        return f"YES{says_so}: {verdict.refusal}"
    if verdict.difference:
        change, click, time = verdict.difference
        return f"YES{says_so}, first difference at click {click:,}, time {_instant(time)} (future {change})"
    if not verdict.examples:
        return "not tested: nothing was learned before that moment"
    return f"no ({verdict.examples:,} examples learned before that moment)"


def _instant(moment: int) -> str:
    return format_instant(moment).replace("T", " ").removesuffix("Z") + " UTC"


def show_list(scenarios: Mapping[str, str], methods: Mapping[str, tuple[str, Mapping[str, Parameter]]]) -> None:
    """Print what there is to run."""
    console = Console(highlight=False)
    table = titled("scenarios: latelabel run NAME", show_header=False)
    for name, what in scenarios.items():
        table.add_row(Text(name, style="bold"), Text(what))
    console.print(table)
    table = titled('methods: [[method]] name = "NAME"', show_header=False)
    for name, (what, known) in methods.items():
        parameters = "; ".join(_default(one) for one in known.values())
        table.add_row(Text(name, style="bold"), Text.assemble(what, (f"  {parameters}" if known else "", "dim")))
    console.print(table)


def _default(parameter: Parameter) -> str:
    if parameter.default is Parameter.required:
        return f"{parameter.name}: {parameter.type}"
    if parameter.default is None:
        return f"{parameter.name}: {parameter.type}, see docs"
    value = format_duration(parameter.default) if parameter.type == "duration" else parameter.default
    return f"{parameter.name} = {json.dumps(value)}"
