"""What a sound scenario is once loaded: defaults, overrides, hash, paths, labels; schema, catalogue and reference."""

import copy
import doctest
import importlib
import json
import os
import pickle
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scenarios
from scenarios import Scenario, ScenarioError, attribution_window_in, catalogue, methods_in, schema
from scenarios.durations import DAY, HOUR, format_duration
from scenarios.reference import reference_page
from scenarios.sections import with_labels

ROOT = Path(__file__).parents[1]
BARE = {"name": "bare", "log": {"kind": "synthetic"}, "method": [{"name": "oracle"}]}
TABLE = {"kind": "table", "path": "clicks.parquet", "click_time": "t", "conversion_time": "c"}
MODULES = [module.name for module in pkgutil.walk_packages(scenarios.__path__, "scenarios.")]


def bare(**sections):
    return Scenario.load({**copy.deepcopy(BARE), **sections})


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name):
    assert not doctest.testmod(importlib.import_module(name)).failed


# --- defaults and the resolved scenario ---


def test_defaults():
    scenario = bare()
    assert scenario.seed == 0
    assert scenario.log.clicks == 200_000
    assert scenario.log.days == 30
    assert [part.mean for part in scenario.log.delay] == [HOUR // 2, 2 * DAY]
    assert (scenario.clock.attribution_window, scenario.clock.publish_every) == (7 * DAY, HOUR)
    assert (scenario.clock.evaluate_from, scenario.clock.publish_lag, scenario.clock.batch) == (0, 0, 1024)
    assert (scenario.learner.optimizer, scenario.learner.learning_rate, scenario.learner.bits) == ("adagrad", 0.05, 20)
    assert (scenario.feed.kind, scenario.feed.latency) == ("constant", 0)
    assert (scenario.metrics.window, scenario.metrics.bins, scenario.metrics.bootstrap) == (DAY, 10, 200)


def test_resolved_names_every_key_and_says_durations_as_text():
    resolved = bare(clock={"publish_every": "60m"}).resolved()
    assert resolved["clock"] == {
        "attribution_window": "7d",
        "label": "conversion",
        "evaluate_from": "0s",
        "publish_every": "1h",
        "publish_lag": "0s",
        "batch": 1024,
    }
    assert resolved["log"]["start"] == "2025-01-01"
    assert resolved["log"]["delay"][1] == {"share": 0.5, "mean": "2d", "kind": "exponential", "shape": 1.0}
    assert resolved["method"] == [{"name": "oracle", "label": "oracle"}]
    assert set(resolved) == set(schema()["properties"]) - {"grid"}  # where there is none


DURATIONS = st.integers(1, 1000).map(lambda minutes: format_duration(minutes * 60_000_000))
VALUES = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text())
TABLES = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[a-z0-9][a-z0-9-]{0,63}", fullmatch=True),
        "seed": st.integers(0, 2**63),
        "log": st.one_of(
            st.fixed_dictionaries({"kind": st.just("synthetic"), "clicks": st.integers(1, 10**9)}),
            st.fixed_dictionaries({"categorical": st.lists(st.sampled_from("xyz"), unique=True)}).map(TABLE.__or__),
            st.just({"kind": "criteo", "path": ["a.txt", "b.txt"], "origin": "2013-06-01T12:00:00.5Z"}),
            st.just({"kind": "completejourney", "max_quarantined": 0}),
        ),
        "clock": st.fixed_dictionaries({}, optional={"publish_lag": DURATIONS, "publish_every": DURATIONS}),
        "learner": st.fixed_dictionaries(
            {}, optional={"bits": st.integers(8, 28), "learning_rate": st.floats(0.01, 1)}
        ),
        "method": st.lists(
            st.fixed_dictionaries({"name": st.sampled_from(["fnw", "waiting_window"])}, optional={"window": VALUES}),
            min_size=1,
            max_size=1,
        ),
    },
    optional={"title": st.text(), "metrics": st.fixed_dictionaries({"window": DURATIONS})},
)


@settings(max_examples=50)
@given(TABLES)
def test_what_is_resolved_is_json_and_loads_as_the_same_scenario(tables):
    before = copy.deepcopy(tables)
    scenario = Scenario.load(tables)
    assert tables == before
    again = Scenario.load(json.loads(json.dumps(scenario.resolved(), allow_nan=False)))
    assert again == scenario
    assert again.hash() == scenario.hash()
    assert pickle.loads(pickle.dumps(scenario)) == scenario  # noqa: S301  made in the line itself


def test_nothing_can_be_changed_after_the_checks():
    scenario = bare(method=[{"name": "fnw", "clip": 5}])
    with pytest.raises(ValueError, match="frozen"):
        scenario.seed = 5
    with pytest.raises(ValueError, match="frozen"):
        scenario.clock.batch = 5
    with pytest.raises(TypeError):
        scenario.methods[0].parameters["clip"] = 6


# --- the hash ---


def test_the_hash_forgets_words_and_forms_and_nothing_else():
    assert bare().hash() == bare(title="A", description="B").hash()
    assert bare().hash() == bare(seed=0, clock={"attribution_window": "168h"}).hash()
    assert bare(log={"kind": "synthetic", "days": 5}).hash() == bare(log={"kind": "synthetic", "days": 5.0}).hash()
    others = [
        bare(),
        bare(name="other"),
        bare(seed=1),
        bare(clock={"batch": 1}),
        bare(log={"kind": "synthetic", "clicks": 1}),
        bare(method=[{"name": "oracle", "x": 1}]),
        bare(method=[{"name": "oracle", "x": "1"}]),
        bare(method=[{"name": "fnw"}]),
    ]
    assert len({scenario.hash() for scenario in others}) == len(others)


def test_the_hash_is_the_same_in_every_process():
    code = "from scenarios import Scenario; print(Scenario.load('quickstart').hash())"
    found = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)  # noqa: S603  our own words
        found.add(done.stdout.strip())
    assert found == {Scenario.load("quickstart").hash()}
    assert re.fullmatch(r"[0-9a-f]{64}", found.pop())


# --- overrides ---


@pytest.mark.parametrize(
    ("override", "keys", "value"),
    [
        ("seed=5", ["seed"], 5),
        ("title=two words", ["title"], "two words"),
        ("title='5'", ["title"], "5"),
        ("clock.publish_every=15m", ["clock", "publish_every"], "15m"),
        ('clock.publish_every="15m"', ["clock", "publish_every"], "15m"),
        (" learner.optimizer = ftrl", ["learner", "optimizer"], "ftrl"),
        ("learner.learning_rate=1e-3", ["learner", "learning_rate"], 0.001),
        ("log.start=2025-02-01", ["log", "start"], "2025-02-01"),
        ("log.gifts.median=3", ["log", "gifts", "median"], 3.0),
        ("log.gifts={median = 3}", ["log", "gifts", "median"], 3.0),
        ("metrics.segments=['site']", ["metrics", "segments"], ["site"]),
        ("log.delay=[{share = 1, mean = '1h'}]", ["log", "delay", 0, "mean"], "1h"),
        ("method[1].window=2h", ["method", 1, "window"], "2h"),
        ("fnw.clip.max=5", ["method", 2, "clip", "max"], 5),
        ("fnw.name=fnc", ["method", 2, "name"], "fnc"),
    ],
)
def test_overrides_count_as_if_they_stood_in_the_file(override, keys, value):
    tables = {**BARE, "method": [{"name": "oracle"}, {"name": "waiting_window", "window": "1h"}, {"name": "fnw"}]}
    before = copy.deepcopy(tables)
    at = Scenario.load(tables, [override]).resolved()
    for key in keys:
        at = at[key]
    assert at == value
    assert tables == before


def test_a_methods_name_stands_for_all_methods_of_that_name_and_the_last_override_wins():
    tables = {**BARE, "method": [{"name": "wait", "a": 1}, {"name": "oracle"}, {"name": "wait", "a": 2}]}
    scenario = Scenario.load(tables, ["wait.window=1h", "wait.window=2h", "method[0].window=3h"])
    assert [method.parameters.get("window") for method in scenario.methods] == ["3h", None, "2h"]


# --- labels ---


def labels(*methods):
    return [method.label for method in bare(method=list(methods)).methods]


def test_labels_are_names_until_a_name_comes_twice():
    assert labels({"name": "oracle"}, {"name": "wait", "window": "1h"}) == ["oracle", "wait"]
    assert labels({"name": "wait", "window": "1h"}, {"name": "wait", "window": "1d"}) == ["wait-1h", "wait-1d"]
    assert labels({"name": "wait"}, {"name": "wait", "b": True, "a": 0.5}) == ["wait", "wait-0.5-true"]
    assert labels({"name": "wait", "label": "mine"}, {"name": "wait", "at": ["1h", "2h"]}) == ["mine", "wait-1h+2h"]


@given(st.text(), st.lists(VALUES, min_size=2, max_size=2, unique_by=repr))
def test_a_label_of_any_name_is_safe_as_a_name_of_a_file(name, values):
    tables = with_labels([{"name": name, "x": value} for value in values])
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,99}", table["label"]) for table in tables)


def test_parameters_stay_as_they_are_in_the_file():
    spec = bare(method=[{"name": "x", "a": 1, "b": [True, {"c": "1h"}]}]).methods[0]
    assert dict(spec.parameters) == {"a": 1, "b": [True, {"c": "1h"}]}
    assert spec.parameters["a"] is not True


# --- paths ---


def test_relative_paths_start_at_the_file_and_are_kept_as_text(tmp_path, monkeypatch):
    folder = tmp_path / "study"
    folder.mkdir()
    file = folder / "late.toml"
    head = (
        'name = "late"\n[[method]]\nname = "oracle"\n[log]\nkind = "table"\nclick_time = "t"\nconversion_time = "c"\n'
    )
    file.write_text(f'\ufeff{head}path = ["a/*.parquet", "{tmp_path.as_posix()}/b.csv"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    scenario = Scenario.load("study/late.toml")
    assert scenario.folder == folder
    assert [scenario.locate(path) for path in scenario.log.path] == [folder / "a" / "*.parquet", tmp_path / "b.csv"]
    assert scenario.resolved()["log"]["path"] == ["a/*.parquet", f"{tmp_path.as_posix()}/b.csv"]
    elsewhere = tmp_path / "copy.toml"
    elsewhere.write_bytes(file.read_bytes())
    assert Scenario.load(elsewhere).hash() == scenario.hash()


def test_paths_start_at_the_working_directory_where_there_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert bare(log=TABLE).locate("x.csv") == tmp_path / "x.csv"
    assert Scenario.load("quickstart").folder == tmp_path


# --- robustness ---


def problems_of(source, overrides=()):
    try:
        Scenario.load(source, overrides)
    except ScenarioError as error:
        return error.problems
    return ()


JUNK = st.recursive(
    st.one_of(VALUES, st.none(), st.dates(), st.just(float("nan"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*BARE, "title", "seed", "clock", "feed", "learner", "metrics", "junk"])
KINDS = [{"kind": kind} for kind in ("synthetic", "table", "criteo", "completejourney")]
INNER = ["delay", "path", "categorical", "outcomes", "start", "gifts", "refunds", "change", "window", "kind"]


@given(
    st.dictionaries(KEYS, JUNK, max_size=5),
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(INNER), JUNK, max_size=3),
)
def test_junk_gives_problems_and_never_another_error(tables, kind, log):
    problems = problems_of({"log": {**kind, **log}, **tables})
    assert all(problem.key.isprintable() and problem.message.isprintable() for problem in problems)
    assert len({problem.key for problem in problems}) == len(problems)


@given(st.text(max_size=30), st.text(max_size=10))
def test_any_override_is_set_or_a_problem(path, value):
    problems = problems_of(BARE, [f"{path}={value}", f"clock.{path}={value}", f"method[0].{path}={value}"])
    assert all(problem.key.isprintable() and problem.message.isprintable() for problem in problems)


# --- what checks from outside get ---


def test_checks_get_the_tables_with_overrides_on_top_even_if_they_are_wrong():
    seen = []
    with pytest.raises(ScenarioError):
        Scenario.load({"method": ({"name": "x"}, 5)}, ["clock.batch=0"], [lambda raw: seen.append(raw) or []])
    assert seen == [{"method": [{"name": "x"}, 5], "clock": {"batch": 0}}]


def test_methods_and_window_are_found_in_tables_that_may_be_wrong():
    raw = {"method": [{"name": "a"}, 5, {"name": 5}, {"name": "b"}], "clock": {"attribution_window": "2h"}}
    assert [path for path, _ in methods_in(raw)] == ["method[0]", "method[3]"]
    assert list(methods_in({"method": {"name": "a"}})) == []
    assert attribution_window_in(raw) == 2 * HOUR
    assert attribution_window_in({}) == 7 * DAY
    assert attribution_window_in({"clock": {"attribution_window": 5}}) is None
    assert attribution_window_in({"clock": 5}) is None


# --- the schema, the reference and the catalogue ---


def tables_of(node):
    return [table for table in [node, *node["$defs"].values()] if table.get("type") == "object"]


def test_the_schema_describes_every_key():
    tables = tables_of(schema())
    assert len(tables) == 47
    for table in tables:
        assert table["description"]
        for key, node in table["properties"].items():
            assert node["description"].endswith("."), key


def test_the_schema_speaks_toml():
    whole = json.dumps(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert '"null"' not in whole
    assert ": null" not in whole
    assert schema()["properties"]["method"]["items"] == {"$ref": "#/$defs/MethodSpec"}
    assert schema()["$defs"]["MethodSpec"]["required"] == ["name"]
    assert schema()["$defs"]["Clock"]["properties"]["publish_every"]["default"] == "1h"
    assert schema()["$defs"]["SyntheticLog"]["properties"]["start"]["default"] == "2025-01-01"
    assert schema()["$defs"]["SyntheticLog"]["additionalProperties"] is False


def test_the_schemas_defaults_are_the_scenarios():
    defaults = {section: schema()["$defs"][section.title()]["properties"] for section in ("clock", "feed", "metrics")}
    resolved = bare().resolved()
    for section, properties in defaults.items():
        assert {key: node["default"] for key, node in properties.items()} == resolved[section]
    assert schema()["$defs"]["SyntheticLog"]["properties"]["delay"]["default"] == resolved["log"]["delay"]


def test_the_reference_page_is_the_one_that_is_committed():
    committed = (ROOT / "docs" / "scenario-reference.md").read_text(encoding="utf-8")
    assert committed == reference_page(), "write it anew: python -m scenarios.reference"


def test_the_reference_page_has_every_key_and_its_example_loads(tmp_path):
    page = reference_page()
    for table in tables_of(schema()):
        for key in table["properties"]:
            assert f"| `{key}` |" in page
    example = tmp_path / "late.toml"
    example.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    assert Scenario.load(example).name == "late"
    for block in page.split("```toml\n")[2:]:
        assert tomllib.loads(block.split("```")[0])


def test_the_catalogue_lists_what_it_has():
    assert {"quickstart", "real-log"} <= set(catalogue.names())
    with pytest.raises(KeyError):
        catalogue.path("../scenario")


@pytest.mark.parametrize("name", catalogue.names())
def test_every_ready_scenario_is_sound_and_says_why_it_exists(name):
    scenario = Scenario.load(name)
    text = catalogue.path(name).read_text(encoding="utf-8")
    assert scenario.name == name
    assert scenario.title
    assert 40 < len(catalogue.describe(name)) < 200
    assert "# Why: " in text
    assert "# What to look for" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_catalogue_is_installed_with_the_package():
    assert catalogue.path("quickstart").parent == Path(scenarios.__file__).parent / "catalogue"


def test_everything_public_is_named_and_there():
    assert scenarios.__all__ == sorted(scenarios.__all__)
    assert all(hasattr(scenarios, name) for name in scenarios.__all__)
