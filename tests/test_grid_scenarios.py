"""[grid]: its cells, and everything that is wrong with one, told at once."""

import pytest
from frames import changed
from hypothesis import given
from hypothesis import strategies as st

from scenarios import Scenario, ScenarioError
from simulator import load, load_grid, run

WAIT = {"name": "waiting_window", "window": "1h"}


def grid_of(axes, **sections):
    return load_grid(changed(method=[{"name": "oracle"}, WAIT], grid=axes, **sections))


def problems(axes, **sections):
    with pytest.raises(ScenarioError) as error:
        grid_of(axes, **sections)
    return [tuple(problem) for problem in error.value.problems]


@given(
    st.lists(st.sampled_from(["5m", "15m", "1h", "6h", "1d"]), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True),
)
def test_every_combination_is_the_scenario_one_would_write(windows, seeds):
    grid = grid_of({"waiting_window.window": windows, "seed": seeds})
    assert [tuple(cell.choice.values()) for cell in grid.cells] == [(w, s) for w in windows for s in seeds]
    for cell in grid.cells:
        window, seed = cell.choice.values()
        written = load(changed(method=[{"name": "oracle"}, {**WAIT, "window": window}], seed=seed))
        assert cell.scenario == written
        assert cell.scenario.hash() == written.hash()


def test_without_a_grid_there_is_one_cell():
    grid = load_grid(changed())
    assert not grid.axes
    assert [cell.scenario for cell in grid.cells] == [load(changed())]
    assert str(grid.cells[0]) == "the scenario"


def test_dotted_keys_need_no_quotes(tmp_path):
    quoted = '[grid]\n"clock.publish_every" = ["1h", "2h"]\n"method[0].window" = ["1h"]\n'
    bare = '[grid]\nclock.publish_every = ["1h", "2h"]\n"method[0].window" = ["1h"]\n'
    head = 'name = "x"\n[log]\nkind = "synthetic"\nclicks = 100\n[[method]]\nname = "waiting_window"\n'
    found = []
    for text in (quoted, bare):
        (tmp_path / "x.toml").write_text(head + text)
        found.append(load_grid(str(tmp_path / "x.toml")))
    assert [cell.choice for cell in found[0].cells] == [cell.choice for cell in found[1].cells]
    assert found[0].cells[0].scenario.folder == tmp_path


def test_an_override_makes_an_axis_and_replaces_one():
    scenario = changed(method=[WAIT], grid={"method[0].window": ["1h", "2h"], "seed": [1, 2]})
    grid = load_grid(scenario, ['grid.method[0].window=["3h"]', "grid.clock.batch=[1, 2, 3]"])
    assert grid.axes == {"method[0].window": ["3h"], "seed": [1, 2], "clock.batch": [1, 2, 3]}


def test_all_that_is_wrong_is_told_at_once():
    found = dict(
        problems(
            {
                "waiting_window.windw": ["1h"],
                "clock.publish_ever": ["1h", "2h"],
                "seed": [],
                "clock.batch": 5,
                "learner.bits": [10, 99],
                "clock.publish_every": ["1h", "2h", "60m"],
                "name": ["a"],
                "nobody.window": ["1h"],
                "learner..bits": [1],
            }
        )
    )
    assert found == {
        'grid."waiting_window.windw"': "unknown key; waiting_window has window; did you mean 'window'?",
        'grid."clock.publish_ever"': "no such key; did you mean 'publish_every'?",
        'grid."seed"': "expected a list of at least one value, got []",
        'grid."clock.batch"': "expected a list of at least one value, got 5",
        'grid."learner.bits"[1]': "expected a whole number from 8 to 28, got 99",
        'grid."clock.publish_every"[2]': "expected each value once, got '60m', as at [0]",
        'grid."name"': "expected a value that decides results; this names the grid as a whole",
        'grid."nobody.window"': found['grid."nobody.window"'],
        'grid."learner..bits"': found['grid."learner..bits"'],
    }
    assert "no section and no method is called 'nobody'" in found['grid."nobody.window"']
    assert "expected the path of a key" in found['grid."learner..bits"']


def test_what_only_some_combinations_have_is_told_with_one_of_them():
    ((key, message),) = problems(
        {"clock.attribution_window": ["1h", "1d"], "clock.evaluate_from": ["2h", "3d"]}, tune={}
    )
    assert key == 'grid."clock.evaluate_from"[0]'
    assert message.endswith('(in some cells, such as clock.attribution_window = "1d", clock.evaluate_from = "2h")')


def test_what_is_wrong_without_the_grid_is_told_once():
    assert problems({"seed": [1, 2, 3]}, clock={"batch": 0}) == [
        ("clock.batch", "expected a whole number from 1 to 10_000_000, got 0")
    ]


def test_too_many_cells_and_a_wrong_value_are_told_together():
    found = dict(problems({"seed": list(range(200)), "clock.batch": list(range(100))}))
    assert found == {
        "grid": "expected at most 10_000 cells, got 20_000 (200 x 100)",
        'grid."clock.batch"[0]': "expected a whole number from 1 to 10_000_000, got 0",
    }


def test_a_grid_that_is_no_table():
    assert problems([1, 2])[0][0] == "grid"


def test_a_single_run_refuses_a_grid():
    scenario = load(changed(grid={"seed": [1, 2]}))
    with pytest.raises(ScenarioError, match="run it with run_grid"):
        run(scenario)


def test_a_scenario_keeps_its_grid_when_it_is_written_and_read():
    scenario = load(changed(grid={"seed": [1, 2]}))
    assert scenario.resolved()["grid"] == {"seed": [1, 2]}
    assert Scenario.load(scenario.resolved()).hash() == scenario.hash() != load(changed()).hash()
