"""`latelabel compare`: runs in one report, with what differs said first."""

import json
import re

import pytest
from frames import changed, frame, played
from test_report import Page

from simulator import load_grid, run_grid
from simulator.cli import main
from simulator.compare import compared, differences_that_matter, write_comparison
from simulator.folder import OutputError

NO_BOOTSTRAP = {"bootstrap": 20}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    log = frame()
    played(log, changed(metrics=NO_BOOTSTRAP), out=folder / "one")
    played(
        log, changed(metrics=NO_BOOTSTRAP, method=[{"name": "fnc"}], learner={"learning_rate": 0.2}), out=folder / "two"
    )
    played(frame(seed=9), changed(metrics=NO_BOOTSTRAP), out=folder / "other-log")
    played(log, changed(metrics=NO_BOOTSTRAP, clock={"attribution_window": "1d"}), out=folder / "other-window")
    return folder


def figures(text):
    return json.loads(re.search(r'<script type="application/json" id="figures">(.*?)</script>', text, re.DOTALL)[1])


def test_methods_of_all_runs_stand_in_one_table_and_one_chart(runs, tmp_path):
    path, warnings = write_comparison([runs / "one", runs / "two"], tmp_path / "deep" / "compared.html")
    text = path.read_text("utf-8")
    page = Page(text)
    assert not warnings
    for name in ("one: oracle", "one: fnw", "two: fnc"):
        assert name in page.text
    assert "In short Lowest NLL:" in page.text
    assert [trace["meta"] for trace in figures(text)["ratio"]["data"]] == ["one: oracle", "one: fnw", "two: fnc"]
    rate = re.search(r"learner\.learning_rate (\S+) (\S+)", page.text)
    assert rate.groups() == ("0.05", "0.2")
    assert "clock.batch" not in page.text


def test_it_warns_of_other_logs_and_other_labels(runs):
    (logs,) = differences_that_matter(compared([runs / "one", runs / "other-log"]))
    assert logs.startswith("The logs differ (one: ")
    (window,) = differences_that_matter(compared([runs / "one", runs / "other-window"]))
    assert window == "The attribution window differs (one: 2d; other-window: 1d), so figures are about other labels."


def test_runs_that_cannot_be_compared_are_not_ranked(runs, tmp_path, capsys):
    folders = [str(runs / "one"), str(runs / "other-log")]
    assert main(["compare", *folders, "--out", str(tmp_path / "x.html")]) == 0
    out, complaint = capsys.readouterr()
    assert out.strip() == str(tmp_path / "x.html")
    assert "note: The logs differ" in complaint
    assert "cannot be ranked against each other" in Page((tmp_path / "x.html").read_text("utf-8")).text


def test_a_grid_stands_for_its_cells(runs, tmp_path):
    grid = load_grid(changed(metrics=NO_BOOTSTRAP, grid={"clock.publish_every": ["2h", "4h"]}))
    run_grid(grid, log=frame(), out=tmp_path / "grid")
    names = [run.name for run in compared([tmp_path / "grid", runs / "one"])]
    assert names == ["grid: clock.publish_every = 2h", "grid: clock.publish_every = 4h", "one"]


def test_runs_of_one_name_are_told_apart_by_their_folders(runs):
    twice = compared([runs / "one", runs / "one"])
    assert [run.name for run in twice] == [f"one ({runs / 'one'})"] * 2


def test_what_is_no_run_is_refused(runs, tmp_path):
    with pytest.raises(OutputError, match="expected the folder of a finished run"):
        compared([runs / "one", tmp_path])
    with pytest.raises(OutputError, match="expected 2 to 40 runs to compare, got 1"):
        compared([runs / "one"])
