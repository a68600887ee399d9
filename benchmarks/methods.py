"""Every method on one log, as tables like the papers': figures, relative improvements in both definitions, cost.

    python -m benchmarks.methods                        the catalogue's benchmark: a made-up world
    python -m benchmarks.methods real-log               another scenario's log and clock, with all methods
    python -m benchmarks.methods --log clicks.parquet   a log of your own; see TableLog for its columns
    python -m benchmarks.methods --tables runs/methods  the tables of an earlier run again, or of any with [tune]

Values are set on top with --set, such as --set log.timezone=UTC or --set clock.evaluate_from=30d.  Methods with a
parameter that has no default are left out.  Every method learns at its own learning rate, chosen before evaluate_from.
What methods cost is measured by `benchmarks.costs`, on at most 300,000 clicks.
"""

import argparse
import math
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.costs import Cost, costs
from replay.log import NEVER
from scenarios import ScenarioError, catalogue
from simulator import Result, build, run
from simulator.methods import METHODS, Parameter, Timing, parameters
from simulator.metrics.days import DayStats
from simulator.metrics.intervals import Interval, day_weights, paired_difference
from simulator.metrics.windows import Evaluated, evaluate

REPLICATES = 1_000
DAY = 86_400_000_000  # us
BEST = "oracle"
MOST = 8  # times the oracle's time per example
REFERENCES = {"ES-DFM": "late_positives", "DEFER": "frozen"}  # what each definition of relative improvement starts from


def main() -> None:
    options = arguments()
    if options.tables:
        result = Result.load(options.tables)
    else:
        result = run(scenario(options), out=options.out, jobs=options.jobs)
    for line in tables(result, costs(result)):
        print(line)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="benchmark")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--out", type=Path, default=Path("runs/methods"))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--tables", type=Path, metavar="DIR")
    return parser.parse_args()


def scenario(options: argparse.Namespace) -> Any:
    known = options.scenario in catalogue.names()
    raw = tomllib.loads((catalogue.path(options.scenario) if known else Path(options.scenario)).read_text("utf-8"))
    raw["method"] = [{"name": name} for name in METHODS if not required(name) and not of_money(name)]
    raw.setdefault("tune", {})
    if options.log:
        raw["log"] = {"kind": "table", "path": str(options.log.absolute())}
        raw["metrics"] = {key: value for key, value in raw.get("metrics", {}).items() if key != "segments"}
    try:
        return build.load(raw, options.set)
    except ScenarioError as error:
        raise SystemExit(str(error)) from error


def required(name: str) -> bool:
    return any(one.default is Parameter.required for one in parameters(METHODS[name]).values())


def of_money(name: str) -> bool:
    return METHODS[name](Timing(DAY, 2 * DAY)).target == "value"


def tables(result: Result, found: dict[str, Cost]) -> Iterator[str]:
    overall = result.overall
    labels = list(result.record["methods"])
    days = {label: by_day(result, label) for label in labels}
    weights = day_weights(len(days[BEST].day), REPLICATES, result.record["seed"])
    clicks, evaluated = result.record["log"]["clicks"], int(days[BEST].sums[:, 0].sum())
    yield f"{clicks:,} clicks, {evaluated:,} of them mature and after evaluate_from, on {len(days[BEST].day)} days."
    yield from figures(result, labels, {label: differences(days[label], days[BEST], weights) for label in labels})
    if set(REFERENCES.values()) <= set(labels):
        yield from improvements(overall, labels)
    yield from sensitivity(result, labels)
    yield from spent(result, labels, found)
    yield from dear(result, found)


def by_day(result: Result, label: str) -> DayStats:
    """Return a method's days, counted anew from its predictions, since a run keeps them in memory alone."""
    table = result.predictions(label)
    times = table["click_time"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    start = np.datetime64(result.record["clock"]["evaluate_from"].removesuffix("Z"), "us").astype(np.int64)
    chosen = times >= start
    clicks = Evaluated(
        click_time=times[chosen],
        prediction=table["prediction"].to_numpy()[chosen],
        label=table["label"].fillna(value=False).to_numpy(bool)[chosen],
        mature=table["label"].notna().to_numpy()[chosen],
        arrival=np.full(int(chosen.sum()), NEVER),
        true_probability=None,
        segments={},
    )
    return evaluate(clicks, window=DAY, start=int(start), end=int(times[-1]) + 1, replicates=1).days


def differences(a: DayStats, b: DayStats, weights: Any) -> dict[str, Interval]:
    return {metric: paired_difference(a, b, metric, weights) for metric in ("nll", "auc")}


def figures(result: Result, labels: Sequence[str], difference: dict[str, dict[str, Interval]]) -> Iterator[str]:
    yield from header(
        [
            "method",
            "AUC",
            "PR-AUC",
            "NLL",
            "ECE",
            "calibration",
            f"NLL - {BEST}, x 1000",
            f"AUC - {BEST}, x 1000",
            "rate",
        ]
    )
    overall = result.overall
    for label in sorted(labels, key=lambda label: overall.loc[label, "nll"]):
        row = overall.loc[label]
        values = [f"{row[name]:.4f}" for name in ("auc", "pr_auc", "nll", "ece")]
        apart = [paired(difference[label][metric]) for metric in ("nll", "auc")]
        yield line([label, *values, f"{row['calibration_ratio']:.3f}", *apart, rate(result.record["methods"][label])])


def rate(method: dict[str, Any]) -> str:
    """Return the chosen learning rate; marked where it is the smallest or the largest that was tried."""
    rates = [trial["learning_rate"] for trial in method["tuning"]]
    chosen = method["learning_rate"]
    return f"{chosen:g}{' (edge)' if chosen in (min(rates), max(rates)) else ''}"


def paired(found: Interval) -> str:
    if math.isnan(found.low):
        return f"{1000 * found.value:+.2f}"
    return f"{1000 * found.value:+.2f} [{1000 * found.low:+.2f}, {1000 * found.high:+.2f}]"


def improvements(overall: Any, labels: Sequence[str]) -> Iterator[str]:
    """Yield how much of the way from a reference to the oracle each method goes; papers differ in the reference."""
    names = [
        f"{metric.upper()}, {paper} ({start} = 0)" for metric in ("auc", "nll") for paper, start in REFERENCES.items()
    ]
    yield from header(["relative improvement, %", *names])
    for label in sorted(labels, key=lambda label: -overall.loc[label, "auc"]):
        cells = []
        for metric in ("auc", "nll"):
            for start in REFERENCES.values():
                gap = overall.loc[BEST, metric] - overall.loc[start, metric]
                cells.append(whole(100 * (overall.loc[label, metric] - overall.loc[start, metric]) / gap))
        yield line([label, *cells])


def whole(value: float) -> str:
    return "0" if abs(value) < 0.5 else f"{value:.0f}"


def sensitivity(result: Result, labels: Sequence[str]) -> Iterator[str]:
    """Yield the NLL at every rate that was tried, before evaluate_from; an asterisk is what was chosen."""
    methods = result.record["methods"]
    yield from header(["NLL at rate", *(f"{trial['learning_rate']:g}" for trial in methods[BEST]["tuning"])])
    for label in labels:
        yield line([label, *(tried(trial, methods[label]["learning_rate"]) for trial in methods[label]["tuning"])])


def tried(trial: dict[str, Any], chosen: float) -> str:
    loss = math.nan if trial["nll"] is None else trial["nll"]
    return f"{loss:.4f}{'*' if trial['learning_rate'] == chosen else ''}"


def spent(result: Result, labels: Sequence[str], found: dict[str, Cost]) -> Iterator[str]:
    clicks, shown = result.record["log"]["clicks"], examples(result)
    yield from header(
        [
            "cost",
            "examples per click",
            "with heads",
            f"time per click, {BEST} = 1",
            f"time per example, {BEST} = 1",
            "memory, MiB",
        ]
    )
    for label in sorted(labels, key=lambda label: found[label].seconds):
        share = found[label].seconds / found[BEST].seconds
        per_click = [result.record["methods"][label]["examples"] / clicks, shown[label] / clicks]
        each = [f"{share:.1f}", f"{per_example(label, shown, found):.1f}", f"{found[label].mebibytes:.1f}"]
        yield line([label, *(f"{value:.2f}" for value in per_click), *each])


def dear(result: Result, found: dict[str, Cost]) -> Iterator[str]:
    """Yield who takes more than is allowed of the oracle's time per example."""
    shown = examples(result)
    broken = [label for label in found if per_example(label, shown, found) > MOST]
    yield ""
    yield f"More than {MOST} times {BEST}'s time per example: {', '.join(broken) or 'none'}."


def examples(result: Result) -> dict[str, int]:
    """Return how many examples each method showed, to heads too."""
    return {label: one["examples"] + one["head_examples"] for label, one in result.record["methods"].items()}


def per_example(label: str, shown: dict[str, int], found: dict[str, Cost]) -> float:
    """Return a method's time per example, relative to the oracle's."""
    share = found[label].seconds / found[BEST].seconds
    return share * shown[BEST] / shown[label] if shown[label] else math.nan


def header(names: Sequence[str]) -> list[str]:
    return ["", line(names), line(["---", *("---:" for _ in names[1:])])]


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
