"""Grids: a cell is the scenario run alone, whatever was there before, who was killed and what failed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from frames import changed, frame

from simulator import GridResult, load_grid, run, run_grid
from simulator.cli import main
from simulator.folder import OutputError
from simulator.grid import GridFailedError

ROOT = Path(__file__).parents[1]
METHODS = [
    {"name": "oracle"},
    {"name": "waiting_window", "label": "wait", "window": "1h"},
    {"name": "es_dfm"},
    {"name": "two_stage", "label": "money"},
]
AXES = {"waiting_window.window": ["30m", "6h"], "clock.publish_every": ["2h", "6h"]}


def grid_of(axes=AXES, **sections):
    return load_grid(changed(method=METHODS, grid=axes, **sections))


def contents(folder):
    """Return the bytes of a cell's Parquet files: metrics, what came late, and predictions of each method."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.parquet"))}
    methods = json.loads((folder / "run.json").read_text(encoding="utf-8"))["methods"]
    assert len(found) == len(methods) + 2
    return found


def all_cells(result):
    return {str(cell.choice): contents(cell.result.folder) for cell in result.cells}


def plays(folder):
    """Return the plays that are there, each with what changes when it is written again."""
    return {path.parent.name: path.stat().st_ino for path in folder.glob("plays/[!.]*/run.json")}


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return run_grid(grid_of(), log=frame(), out=tmp_path_factory.mktemp("grid") / "out")


def test_a_cell_is_the_scenario_run_alone(result, tmp_path):
    assert len(result.cells) == 4
    for cell, found in zip(grid_of().cells, result.cells, strict=True):
        alone = run(cell.scenario, log=frame(), out=tmp_path / "alone")
        assert found.choice == cell.choice
        assert contents(found.result.folder) == contents(alone.folder)
        timeless = [{k: v for k, v in one.record.items() if k != "timings"} for one in (found.result, alone)]
        for record in timeless:
            for method in record["methods"].values():
                del method["seconds"]
        assert timeless[0] == timeless[1]


def test_a_method_that_no_axis_touches_is_played_once(result):
    # 4 windows and publish intervals of "wait", 2 publish intervals each of the others
    assert len(plays(result.folder)) == 4 + 2 + 2 + 2


def test_processes_change_nothing(result, tmp_path):
    other = run_grid(grid_of(), log=frame(), out=tmp_path / "out", jobs=2)
    assert all_cells(other) == all_cells(result)


def test_figures_of_all_cells_in_one_table(result):
    overall = result.overall
    assert overall[["waiting_window.window", "clock.publish_every"]].drop_duplicates().shape == (4, 2)
    first = result.cells[0].result.overall
    np.testing.assert_array_equal(overall["nll"][:4], first["nll"])


def test_again_does_nothing_and_a_longer_axis_does_only_what_is_new(result, tmp_path):
    log, out = frame(), tmp_path / "out"
    run_grid(grid_of(), log=log, out=out)
    before = plays(out)
    run_grid(grid_of(), log=log, out=out)
    assert plays(out) == before
    more = run_grid(grid_of({**AXES, "waiting_window.window": ["30m", "3h", "6h"]}), log=log, out=out)
    new = plays(out).keys() - before.keys()
    assert {key: plays(out)[key] for key in before} == before
    assert len(new) == 2
    assert len(more.cells) == 6
    assert all_cells(result).items() <= all_cells(more).items()


def test_another_log_in_the_same_folder_is_played_anew(tmp_path):
    axes, out = {"seed": [1]}, tmp_path / "out"
    first = all_cells(run_grid(grid_of(axes), log=frame(seed=1), out=out))
    second = all_cells(run_grid(grid_of(axes), log=frame(seed=2), out=out))
    assert first != second


def test_a_failed_cell_is_named_and_the_others_are_done(tmp_path):
    axes, log, out = {"clock.evaluate_from": ["3d", "20d"], "seed": [1, 2]}, frame(), tmp_path / "out"
    for attempt in range(2):
        with pytest.raises(GridFailedError) as error:
            run_grid(grid_of(axes), log=log, out=out)
        lines = str(error.value).splitlines()
        assert lines[0].startswith("2 of 4 cells failed")
        assert lines[1].startswith("  clock.evaluate_from = 20d, seed = 1: clock.evaluate_from: expected less than the")
        assert [cell.choice["clock.evaluate_from"] for cell in error.value.result.cells] == ["3d", "3d"]
        if not attempt:
            before = plays(out)
    assert plays(out) == before
    assert [choice["seed"] for choice, _ in GridResult.load(out).failures] == [1, 2]


def test_a_log_that_cannot_be_read_fails_its_cells_alone(tmp_path):
    frame().to_parquet(tmp_path / "log.parquet")
    axes = {"log.path": [str(tmp_path / "log.parquet"), str(tmp_path / "none.parquet")]}
    with pytest.raises(GridFailedError, match=r"1 of 2 cells failed(.|\n)*none\.parquet"):
        run_grid(grid_of(axes), out=tmp_path / "out")
    assert len(GridResult.load(tmp_path / "out").cells) == 1


SCRIPT = """
import sys; sys.path[:0] = ["tests"]
from test_grid import grid_of
from simulator import run_grid
run_grid(grid_of(log={"path": sys.argv[1]}), out=sys.argv[2], jobs=int(sys.argv[3]))
"""


@pytest.mark.parametrize(("jobs", "moments"), [(1, (1, 4)), (2, (3,))])
def test_a_killed_grid_goes_on_where_it_was(tmp_path, jobs, moments):
    frame().to_parquet(tmp_path / "log.parquet")
    whole = run_grid(grid_of(log={"path": str(tmp_path / "log.parquet")}), out=tmp_path / "whole")
    out = tmp_path / "out"
    for least in moments:
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / "log.parquet"), str(out), str(jobs)]
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:  # noqa: S603  (our own)
            while len(plays(out)) < least and process.poll() is None:
                time.sleep(0.002)
            os.killpg(process.pid, signal.SIGKILL)
    before = plays(out)
    assert len(before) >= moments[-1]
    resumed = run_grid(grid_of(log={"path": str(tmp_path / "log.parquet")}), out=out)
    assert before.items() <= plays(out).items()
    assert all_cells(resumed) == all_cells(whole)
    assert not [path for path in out.rglob(".*") if path.name != ".lock"]


def test_half_a_cell_is_not_taken_for_a_whole_one(result, tmp_path):
    out = tmp_path / "out"
    first = run_grid(grid_of(), log=frame(), out=out)
    lost = first.cells[1].result.folder
    (lost / "run.json").unlink()
    (out / "cells" / ".half-written").mkdir()
    again = run_grid(grid_of(), log=frame(), out=out)
    assert all_cells(again) == all_cells(result)


def test_only_a_grids_folder_is_used(tmp_path):
    run(grid_of().cells[0].scenario, log=frame(100), out=tmp_path / "run")
    with pytest.raises(OutputError, match="found a run without a grid"):
        run_grid(grid_of(), log=frame(), out=tmp_path / "run")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="expected a folder or nothing"):
        run_grid(grid_of(), log=frame(), out=tmp_path / "file")


def test_on_the_command_line(tmp_path, capsys):
    frame(400).to_parquet(tmp_path / "log.parquet")
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\n[log]\nkind = "table"\npath = "log.parquet"\ncategorical = ["campaign"]\nnumeric = []\n'
        '[clock]\nattribution_window = "2d"\nevaluate_from = "3d"\n[metrics]\nbootstrap = 0\n'
        '[[method]]\nname = "waiting_window"\n[grid]\n"waiting_window.window" = ["1h", "2h"]\n'
        '"clock.evaluate_from" = ["3d", "20d"]\n'
    )
    status = main(["run", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "out")])
    shown, complaint = capsys.readouterr()
    assert status == 1
    assert "waiting_window" in shown
    assert "2 of 4 cells failed" in complaint
    assert "waiting_window.window = 1h, clock.evaluate_from = 20d: clock.evaluate_from: expected less than" in complaint
    assert main(["run", str(tmp_path / "mine.toml"), "--set", "grid.learner.bits=[99]"]) == 2
    assert 'grid."learner.bits": expected a whole number from 8 to 28, got 99' in capsys.readouterr().err
