"""What the command line shows: progress in simulated time, and a run's figures as tables."""

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn, track
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from scenarios.durations import DAY, format_duration
from scenarios.instants import format_instant
from simulator.methods import Parameter
from simulator.results import Result

if TYPE_CHECKING:
    from simulator.lookahead import Inspection, Verdict

_COLUMNS = {
    "calibration_ratio": "calibration",
    "nll": "NLL",
    "ece": "ECE",
    "auc": "AUC",
    "pr_auc": "PR-AUC",
    "bias": "true bias",
}
_MONEY = {
    "value_ratio": "ratio",
    "expected_value_ratio": "to true",
    "poisson_deviance": "Poisson",
    "spearman": "Spearman",
    "top1_value_share": "1 %",
    "top5_value_share": "5 %",
    "top10_value_share": "10 %",
}
_AMOUNTS = {
    "value_ratio": "ratio",
    "gamma_deviance": "Gamma",
    "spearman": "Spearman",
    "top10_value_share": "10 %",
    "mae_log": "MAE log",
}


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
    for table in _figures(result):
        console.print(table)
    if any("tuning" in method for method in record["methods"].values()):
        console.print(_tuning(record["methods"]))
    console.print(_accounts(record["ledger"]))
    for name, method in record["methods"].items():
        hurt = [f"{count:,} {what}" for what, count in method.get("pipeline", {}).items() if count]
        if hurt:
            console.print(Text(f"  pipeline: {name} {', '.join(hurt)}", style="dim"))


def _minute(moment: str | None) -> str:
    return moment[:16].replace("T", " ") if moment else "never"


def _table(title: str, *, show_header: bool = True) -> Table:
    return Table(
        title=Text(title, style="dim"),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_header=show_header,
        pad_edge=False,
    )


def _figures(result: Result) -> list[Table]:
    """Return the tables of overall figures: of probabilities, and of money where any method predicts it."""
    metrics = pq.read_table(result.folder / "metrics.parquet")
    chosen = metrics.filter(
        (pc.field("span") == "overall") & (pc.field("segment") == "") & (pc.field("curve") == "true")
    ).to_pylist()
    values = {(row["method"], row["metric"]): row for row in chosen if row["value"] is not None}
    methods = result.record["methods"]
    worth = [label for label, method in methods.items() if method["target"] == "value"]
    first = [label for label in methods if label not in worth or (label, "nll") in values]
    what = "mature labels, clicks from evaluate_from on"
    if not worth:
        return [_overall(what, dict.fromkeys(first, ""), _COLUMNS, values)]
    clicks = {label: "" for label in worth if methods[label]["given"] == "click"}
    gifts = {label: "_gifts" for label in worth if methods[label]["given"] == "gift"}
    gifts |= {label: "_amount" for label in worth if (label, "value_ratio_amount") in values}
    tables = [
        _overall(f"the chance of a gift: {what}", dict.fromkeys(first, ""), _COLUMNS, values),
        _overall("money: predicted over received, deviance, ranks, share of money in the top", clicks, _MONEY, values),
        _overall("amounts of gifts: second stages, and methods that learn gifts alone", gifts, _AMOUNTS, values),
    ]
    return [table for table in tables if table.row_count]


def _overall(title: str, rows: Mapping[str, str], columns: Mapping[str, str], values: Mapping[Any, Any]) -> Table:
    """Return a table with a row for each label, of metrics with the ending that stands beside it."""
    known = [name for name in columns if any((label, f"{name}{ending}") in values for label, ending in rows.items())]
    table = _table(title)
    table.add_column("method", no_wrap=True)
    for name in known:
        table.add_column(columns[name], justify="right", no_wrap=True)
    for label, ending in rows.items():
        table.add_row(Text(label), *(_figure(values.get((label, f"{name}{ending}"))) for name in known))
    return table


def _tuning(methods: Mapping[str, Any]) -> Table:
    table = _table(
        "NLL by learning rate, of money its deviance, on clicks mature before evaluate_from; * is what was learned with"
    )
    table.add_column("method", no_wrap=True)
    tried = next(method["tuning"] for method in methods.values() if "tuning" in method)
    for trial in tried:
        table.add_column(f"{trial['learning_rate']:g}", justify="right", no_wrap=True)
    for label, method in methods.items():
        table.add_row(Text(label), *(_trial(trial, method) for trial in method["tuning"]))
    return table


def _trial(trial: Mapping[str, float | None], method: Mapping[str, Any]) -> str:
    loss = trial[method["tuned_on"]]
    return (
        f"{'-' if loss is None else f'{loss:.4f}'}{'*' if trial['learning_rate'] == method['learning_rate'] else ' '}"
    )


def _figure(row: Mapping[str, Any] | None) -> str:
    if row is None or row["value"] is None:
        return "-"
    if "_value_share" in row["metric"]:
        return f"{row['value']:.0%}"
    if row["metric"] not in _COLUMNS:
        return f"{row['value']:,.1f}" if row["value"] >= 10 else f"{row['value']:.3f}"
    return f"{row['value']:.4f}" if row["metric"] != "calibration_ratio" else f"{row['value']:.3f}"


def _accounts(ledger: Mapping[str, Any]) -> Table:
    table = _table("ledger: what came in, and where it went; it balances")
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


def show_limits(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], total: int) -> None:
    """Print a table of methods and figures, and meanwhile how many of its rows are done."""
    table = Table()
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left")
    for row in track(rows, "replaying", total, console=Console(stderr=True), transient=True):
        table.add_row(*row)
    console = Console(highlight=False)
    console.print(Text(title, style="dim"))
    console.print(table)


def show_inspection(inspection: "Inspection") -> None:
    """Print whether methods look ahead."""
    console = Console(highlight=False)
    console.print(Text(f"{inspection.clicks:,} clicks; the future was changed after {_instant(inspection.moment)}"))
    table = _table("looks ahead")
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
    table = _table("scenarios: latelabel run NAME", show_header=False)
    for name, what in scenarios.items():
        table.add_row(Text(name, style="bold"), Text(what))
    console.print(table)
    table = _table('methods: [[method]] name = "NAME"', show_header=False)
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
