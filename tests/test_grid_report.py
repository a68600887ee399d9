"""The report of a grid: the answer in words, its figures by value, and nothing that could run in a reader's browser."""

import pandas as pd
import pytest
from frames import changed, frame
from test_report import NASTY, Page

from simulator import load_grid, run_grid
from simulator.cli import main
from simulator.grid.answer import answer, setups
from simulator.grid.charts import maps
from simulator.grid.report import grid_sheet
from simulator.grid.rows import rows_of
from simulator.grid.words import short_names

METHODS = [{"name": "oracle"}, {"name": "waiting_window"}, {"name": "fnw"}]
AXES = {"waiting_window.window": ["1h", "12h"], "clock.publish_every": ["2h", "6h"]}


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    scenario = changed(method=METHODS, grid=AXES, title=NASTY)
    return run_grid(load_grid(scenario), log=frame(), out=tmp_path_factory.mktemp("grid") / "out")


def test_rows_know_which_axes_touch_a_method(grid):
    found = rows_of(grid)
    assert found.touched == {
        "oracle": ["clock.publish_every"],
        "waiting_window": ["waiting_window.window", "clock.publish_every"],
        "fnw": ["clock.publish_every"],
    }
    assert found.worlds == []
    assert len(found.rows) == 2 + 4 + 2


def test_the_answer_is_the_lowest_nll_that_is_no_bound(grid):
    overall = grid.overall.query("method != 'oracle'")
    best = overall.loc[overall["nll"].idxmin()]
    lead, *more = answer(rows_of(grid), short_names(grid.axes), [])
    assert lead.startswith(f"Lowest NLL: {best['method']} with ")
    assert f"publish_every = {best['clock.publish_every']}" in lead
    assert f"({best['nll']:.4f}" in lead
    assert any(sentence.startswith("Along window, from 1h to 12h, waiting_window is best at") for sentence in more)


def test_heat_maps_hold_the_metrics_of_their_cells(grid):
    (chart,) = maps(rows_of(grid), "waiting_window", short_names(grid.axes), "nll")
    trace = chart.figure["data"][0]
    assert (trace["x"], trace["y"]) == (["1h", "12h"], ["2h", "6h"])
    frame_ = grid.overall.query("method == 'waiting_window'")
    wide = frame_.pivot_table(index="clock.publish_every", columns="waiting_window.window", values="nll")
    pd.testing.assert_frame_equal(pd.DataFrame(trace["z"], trace["y"], trace["x"]), wide[trace["x"]], check_names=False)


def test_over_several_worlds_setups_are_ranked_by_their_mean_regret(tmp_path):
    scenario = changed(method=METHODS, grid={**AXES, "clock.attribution_window": ["1d", "2d"]})
    result = run_grid(load_grid(scenario), log=frame(), out=tmp_path / "out")
    found = rows_of(result)
    assert found.worlds == ["clock.attribution_window"]
    overall = result.overall.query("method != 'oracle'").assign(
        waits=lambda f: f["waiting_window.window"].where(f["method"] == "waiting_window", "")
    )
    lowest = overall.groupby("clock.attribution_window")["nll"].transform("min")
    regret = (overall["nll"] - lowest).groupby([overall[c] for c in ("method", "waits", "clock.publish_every")]).mean()
    ranked = setups(found)
    assert [one.regret for one in ranked] == pytest.approx(sorted(regret), rel=1e-9)
    assert "on the mean over 2 worlds" in answer(found, short_names(result.axes), [])[0]


def test_the_page_is_written_again_and_needs_no_network(grid, capsys):
    text = grid.report.read_text("utf-8")
    assert main(["report", str(grid.folder)]) == 0
    assert grid.report.read_text("utf-8") == text
    page = Page(text)
    assert NASTY in page.text
    assert [kind for kind, _ in page.scripts] == ["application/json", None, None]
    assert not [link for link in page.attribute("href") + page.attribute("src") if not link.startswith(("#", "data:"))]
    capsys.readouterr()


def test_failures_are_told_on_the_page(grid):
    grid.record["cells"][0]["failure"] = "because"
    try:
        del grid.__dict__["failures"]
        sheet = grid_sheet(grid, rows_of(grid))
        assert sheet.sections[-1].key == "failed"
        assert "One cell failed: window = 1h, publish_every = 2h (because)." in sheet.more
    finally:
        grid.record["cells"][0]["failure"] = None
        del grid.__dict__["failures"]
