"""Methods of other packages: the example of docs/plugins.md as it stands there, and packages that are wrong."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from frames import SCENARIO, changed, frame

from scenarios import ScenarioError
from simulator import Result, build, load
from simulator.cli import DONE, WRONG, main
from simulator.methods import METHODS, PluginError, Timing, origin, parameters
from simulator.methods.plugins import Methods

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
CODE, NAMES, TABLE = re.findall(r"```(?:python|toml)\n(.*?)```", PAGE, re.DOTALL)
TIMING = Timing(attribution_window=10, evaluate_after=20)


def install(folder, package, code, names):
    """Lay a package out as installers do: its module, and a dist-info folder with its entry points."""
    (folder / f"{package.replace('-', '_')}.py").write_text(code, encoding="utf-8")
    info = folder / f"{package.replace('-', '_')}-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n", encoding="utf-8")
    lines = [f"{name} = {place}" for name, place in names.items()]
    (info / "entry_points.txt").write_text("\n".join(["[latelabel.methods]", *lines, ""]), encoding="utf-8")


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Return a function that installs a package for this test, and gives all methods there are then."""
    monkeypatch.syspath_prepend(tmp_path)

    def installed(package, code, names):
        install(tmp_path, package, code, names)
        methods = Methods({"oracle": METHODS["oracle"]})
        monkeypatch.setattr("simulator.build.METHODS", methods)
        monkeypatch.setattr("simulator.methods.METHODS", methods)
        return methods

    yield installed
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_the_example_of_the_docs_is_a_file_of_less_than_40_lines_that_runs_once_installed(tmp_path):
    assert len(CODE.splitlines()) < 40
    assert NAMES.startswith('[project.entry-points."latelabel.methods"]\n')
    name, place = (word.strip().strip('"') for word in NAMES.splitlines()[1].split("="))
    site = tmp_path / "site"
    site.mkdir()
    install(site, "known-share", CODE, {name: place})
    frame(400).to_parquet(tmp_path / "clicks.parquet")
    head = 'name = "mine"\n[log]\nkind = "table"\npath = "clicks.parquet"\n[clock]\nattribution_window = "2d"\n'
    (tmp_path / "mine.toml").write_text(head + '[[method]]\nname = "waiting_window"\n' + TABLE)
    done = subprocess.run(  # noqa: S603  (our own interpreter)
        [sys.executable, "-m", "simulator.cli", "run", str(tmp_path / "mine.toml"), "--out", "run", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}", "LATELABEL_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (DONE, "")
    result = Result.load(tmp_path / "run")
    assert result.record["methods"]["known_share"]["package"] == "known-share 1.2"
    assert result.record["methods"]["waiting_window"]["package"] is None
    ours, theirs = (result.predictions(label)["prediction"] for label in ("waiting_window", "known_share"))
    assert theirs.to_numpy() == pytest.approx((2 * ours).clip(1e-6, 0.999999).to_numpy())


def test_a_method_is_a_name_like_any_other(packages):
    methods = packages("known-share", CODE, {"known_share": "known_share:known_share"})
    assert list(methods) == ["oracle", "known_share"]
    assert len(methods) == 2
    assert "known_share" in methods
    assert "known_share" not in sys.modules  # nothing is imported before it is asked for
    assert {one.type for one in parameters(methods["known_share"]).values()} == {"duration", "number"}
    assert origin(methods["known_share"]) == "known-share 1.2"
    assert origin(methods["oracle"]) is None
    with pytest.raises(KeyError):
        methods["nothing"]


def test_its_parameters_are_checked_with_all_others(packages):
    packages("known-share", CODE, {"known_share": "known_share:known_share"})
    wrong = [{"name": "known_share", "window": 5}, {"name": "known_share", "label": "b", "window": "1h", "share": 2.0}]
    with pytest.raises(ScenarioError) as told:
        load(changed(method=wrong))
    assert [tuple(problem) for problem in told.value.problems] == [
        ("method[0].window", 'expected a duration such as "90s" or "7d", got 5'),
        ("method[0].share", "expected a number, got nothing"),
        ("method[1].share", "expected a share above 0 and at most 1, got 2.0"),
    ]


BROKEN = {
    "no such module": ("", "nowhere:recipe", "broken 1.2: nowhere:recipe cannot be imported: ModuleNotFoundError"),
    "no such name": ("", "broken:recipe", "broken 1.2: broken:recipe cannot be imported: AttributeError"),
    "an error on import": ("1 / 0", "broken:recipe", "cannot be imported: ZeroDivisionError: division by zero"),
    "a syntax error": ("def", "broken:recipe", "broken 1.2: broken:recipe cannot be imported: SyntaxError"),
    "no function": ("recipe = 5", "broken:recipe", "broken 1.2: expected broken:recipe to be a function (timing, *"),
    "no timing": ("def recipe(): pass", "broken:recipe", "expected broken:recipe to be a function (timing, *"),
    "no annotation": ("def recipe(timing, *, a=1): pass", "broken:recipe", "parameter a must be annotated with int"),
    "no method": (
        "def recipe(timing): pass",
        "broken:recipe",
        "broken:recipe to return a Method, got NoneType",
    ),
    "a failure": (
        "def recipe(timing): return timing.x",
        "broken:recipe",
        "1.2: broken:recipe failed: Attribute",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_is_told_in_one_message_and_harms_no_other(case, packages, capsys):
    code, place, message = BROKEN[case]
    methods = packages("broken", code, {"broken": place})
    with pytest.raises(PluginError) as error:
        methods["broken"](TIMING)
    assert message in str(error.value)
    with pytest.raises(ScenarioError) as told:
        load(changed(method=[{"name": "oracle"}, {"name": "broken"}]))
    assert [(problem.key, problem.message) for problem in told.value.problems] == [("method[1].name", str(error.value))]
    assert build.methods(load(changed(method=[{"name": "oracle"}])))
    assert main(["list"]) == DONE
    assert "oracle" in capsys.readouterr().out


def test_a_clash_of_names_is_refused(packages):
    packages("thief", "def recipe(timing): pass", {"oracle": "thief:recipe", "mine": "thief:recipe"})
    methods = packages("other", "def recipe(timing): pass", {"mine": "other:recipe"})
    assert list(methods) == ["oracle", "mine"]
    with pytest.raises(PluginError, match=r"^the name 'oracle' is claimed by latelabel and thief 1\.2; uninstall all"):
        methods["oracle"]
    with pytest.raises(PluginError, match=r"^the name 'mine' is claimed by other 1\.2 and thief 1\.2; uninstall all"):
        methods["mine"]
    with pytest.raises(ScenarioError, match="claimed by latelabel and thief"):
        load({**SCENARIO, "method": [{"name": "oracle"}]})


DOUBLED = """
from learners.corrections import Plain
from replay.policies import Wait
from simulator.methods import Duration, Method, Timing


def patient(timing: Timing, *, window: Duration) -> Method:
    "Wait."
    return Method(Wait(window), Plain())


def picky(timing: Timing, *, keep: float) -> Method:
    "Wait."
    return Method(Wait(0), Plain())


def rich(timing: Timing) -> Method:
    "Wait."
    return Method(Wait(0), Plain(), target="value")
"""


def test_limits_tries_a_method_of_a_package_and_says_that_it_has_no_closed_form(packages, monkeypatch, capsys):
    names = ("patient", "picky", "rich")
    methods = packages("patience", DOUBLED, {name: f"patience:{name}" for name in names})
    monkeypatch.setattr("simulator.limits_table.METHODS", methods)
    assert main(["limits", "patient", "--attribution-window", "2d", "--clicks", "4000", "--seeds", "2"]) == DONE
    row = next(line for line in capsys.readouterr().out.splitlines() if "patient" in line)
    assert "no closed form" in row
    assert 0.05 < float(row.split("│")[3]) < 0.15
    assert main(["limits", "picky", "rich"]) == WRONG
    told = capsys.readouterr().err
    assert "picky cannot be tried: keep has no default" in told
    assert "rich predicts money" in told
