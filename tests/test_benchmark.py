"""The comparison of all methods: who is in it, and whether its tables say what the run says."""

from pathlib import Path

import numpy as np
import pytest
from frames import changed, frame, played
from targets import CONVERSION

from benchmarks.costs import Cost, costs
from benchmarks.memory import Anonymous, anonymous
from benchmarks.methods import BEST, REFERENCES, by_day, dear, differences, examples, per_example, required, tables
from scenarios import Scenario
from simulator import build, run
from simulator.methods import METHODS, origin
from simulator.metrics.intervals import day_weights, interval

LINUX = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
STARTS = ("method", "relative improvement, %", "NLL at rate", "cost")
NAMES = ("oracle", "late_positives", "frozen", "fnw", "es_dfm")


@pytest.fixture(scope="module")
def result():
    clock = {"attribution_window": "1d", "evaluate_from": "3d", "publish_every": "6h"}
    return played(
        frame(4_000, days=12),
        changed(method=[{"name": name} for name in NAMES], clock=clock, tune={"learning_rates": [0.05, 0.2]}),
    )


def test_the_ready_scenario_has_every_method():
    ours = [name for name in CONVERSION if origin(METHODS[name]) is None and not required(name)]
    names = [spec.name for spec in Scenario.load("benchmark").methods]
    assert sorted(names) == sorted(ours), "add the method to scenarios/catalogue/benchmark.toml"


def test_days_counted_anew_from_predictions_are_those_of_the_run(result):
    metrics = result.metrics.query("span == 'overall' and segment == '' and curve == 'true'")
    stats = by_day(result, "fnw")
    weights = day_weights(len(stats.day), 20, result.record["seed"])
    for name in ("nll", "auc", "ece", "calibration_ratio"):
        row = metrics[(metrics["method"] == "fnw") & (metrics["metric"] == name)].iloc[0]
        assert interval(stats, name, weights) == tuple(row[["value", "low", "high"]])


def test_a_method_is_no_better_than_itself(result):
    stats = by_day(result, BEST)
    found = differences(stats, stats, day_weights(len(stats.day), 50, 0))
    assert all(tuple(one) == (0, 0, 0) for one in found.values())


def test_the_tables_name_both_references_and_every_method(result):
    shown = examples(result)
    lines = list(tables(result, {name: Cost((2.0 - (name == BEST)) * shown[name], 3.25) for name in NAMES}))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    starts = [number for number, row in enumerate(rows) if row[0] in STARTS]
    assert [rows[start][0] for start in starts] == list(STARTS)
    for start in starts:
        assert {row[0] for row in rows[start + 2 : start + 2 + len(NAMES)]} == set(NAMES)
    names, improvement = rows[starts[1]], {row[0]: row[1:] for row in rows[starts[1] + 2 : starts[2]]}
    assert improvement[BEST] == ["100"] * 4
    for paper, reference in REFERENCES.items():
        for metric in ("AUC", "NLL"):
            at = names.index(f"{metric}, {paper} ({reference} = 0)") - 1
            assert improvement[reference][at] == "0"
    for row in rows[starts[2] + 2 : starts[3]]:
        tried = [float(cell.rstrip("*")) for cell in row[1:]]
        assert [cell.endswith("*") for cell in row[1:]] == [value == min(tried) for value in tried], row
    dearer = [row for row in rows[starts[3] + 2 :] if row[0] != BEST]
    assert all((row[4], row[5]) == ("2.0", "3.2") for row in dearer)
    assert lines[-1] == "More than 8 times oracle's time per example: none."
    overall = result.overall["auc"]
    share = 100 * (overall["fnw"] - overall["frozen"]) / (overall["oracle"] - overall["frozen"])
    assert float(improvement["fnw"][1]) == pytest.approx(share, abs=0.5)
    assert np.isfinite(share)


def test_who_is_too_dear_per_example_is_named(result):
    shown = examples(result)
    per = {name: 9.0 if name == "fnw" else 8.0 for name in NAMES}
    found = {name: Cost(per[name] * shown[name], 1.0) for name in NAMES} | {BEST: Cost(shown[BEST], 1.0)}
    assert per_example("fnw", shown, found) == pytest.approx(9.0)
    assert list(dear(result, found))[-1] == "More than 8 times oracle's time per example: fnw."


@LINUX
def test_memory_counts_what_is_held_and_no_mapped_file(tmp_path):
    before = anonymous()
    with Anonymous() as held:
        array = np.ones(12_000_000)  # 94 MiB
        assert array.any()
    del array
    assert 85_000 < held.peak - before < 120_000
    mapped = np.memmap(tmp_path / "column", np.float64, "w+", shape=(12_000_000,))
    mapped[:] = 1
    assert anonymous() - before < 20_000


@LINUX
def test_a_method_with_more_models_takes_more_memory(tmp_path):
    log = {"kind": "synthetic", "clicks": 20_000, "days": 6.0, "conversion_rate": 0.2}
    clock = {"attribution_window": "1d", "evaluate_from": "2d", "publish_every": "6h"}
    methods = [{"name": "oracle"}, {"name": "es_dfm"}]
    sections = {"name": "cost", "log": log, "clock": clock, "learner": {"bits": 22}, "method": methods}
    found = run(build.load(sections), out=tmp_path / "run")
    one, three = costs(found).values()
    assert one.seconds > 0
    assert three.mebibytes > one.mebibytes > 0
