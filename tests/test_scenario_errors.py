"""Everything that can be wrong with a scenario file, and the exact words in which it is said."""

import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import Problem, Scenario, ScenarioError, catalogue, mismatch, unknown_key, unknown_name
from scenarios.problems import alternatives

HEAD = 'name = "late"\n'
LOG = '[log]\nkind = "synthetic"\n'
METHOD = '[[method]]\nname = "oracle"\n'

# Blocks of "=== what it is about", the file, "---", its problems in order.
BOOK = (Path(__file__).parent / "scenario_errors.txt").read_text(encoding="utf-8").split("\n=== ")[1:]
TABLES = [re.fullmatch(r"(.*?)\n(.*?)\n?---\n(.*)", block.rstrip("\n"), re.DOTALL).groups() for block in BOOK]

# Each: what it is about, the bytes of the file, and its one problem.
SYNTAX = [
    (
        "a duration without quotes",
        b"[clock]\npublish_every = 1h\n",
        (
            "line 2, column 18: expected newline or end of document after a statement in 'publish_every = 1h'; "
            'text and durations need quotes, as in publish_every = "1h"'
        ),
    ),
    (
        "text without quotes",
        b"name = late\n",
        (
            "line 1, column 8: invalid value in 'name = late'; "
            'text and durations need quotes, as in publish_every = "1h"'
        ),
    ),
    (
        "no equals sign",
        b"seed 7\n",
        (
            "line 1, column 6: expected '=' after a key in a key/value pair in 'seed 7'; "
            'a line is key = value, as in seed = 7; text needs quotes, as in name = "late"'
        ),
    ),
    (
        "a quote that stays open",
        b'name = "late\nseed = 7\n',
        "line 1, column 13: illegal character '\\n' in 'name = \"late'; text stands between quotes, on one line",
    ),
    (
        "a bracket that stays open",
        b"[metrics]\nsegments = ['a',\n",
        "line 2, the end: invalid value in \"segments = ['a',\"; a value, a quote or a bracket is missing at the end",
    ),
    (
        "a table twice",
        b"[clock]\n[clock]\n",
        (
            "line 2, column 7: cannot declare ('clock',) twice in '[clock]'; "
            "each [table] can stand once; a list of them is written [[table]]"
        ),
    ),
    (
        "a key twice",
        b"seed = 1\nseed = 2\n\n",
        "line 2, column 9: cannot overwrite a value in 'seed = 2'; each key can stand once in a table",
    ),
    ("not UTF-8", b"name = 'lat\xe9'\n", "file: expected UTF-8 text, got byte 0xe9 at 11"),
    ("a number of thousands of digits", b"seed = " + b"9" * 5_000, "file: expected numbers of fewer digits"),
    ("a thousand brackets", b"x = " + b"[" * 5_000, "file: expected lists and tables less deep in one another"),
    ("some other large file", b"#" * 1_000_001, "file: expected at most 1_000_000 bytes of TOML, got more"),
]

# Each: the override, and its one problem on top of a sound file.
OVERRIDES = [
    ("junk", "override: expected key=value such as clock.publish_every=15m, got 'junk'"),
    ("=5", "override: expected key=value such as clock.publish_every=15m, got '=5'"),
    ("a..b=5", "override: expected key=value such as clock.publish_every=15m, got 'a..b=5'"),
    ("clok.batch=5", "clok.batch: no section and no method is called 'clok'; did you mean 'clock'?"),
    ("orakle.x=5", "orakle.x: no section and no method is called 'orakle'; did you mean 'oracle'?"),
    ("clock.bach=5", "clock.bach: no such key; did you mean 'batch'?"),
    ("clock.batch=many", "clock.batch: expected a whole number from 1 to 10_000_000, got 'many'"),
    ("method[1].x=5", "method[1]: expected an entry that the scenario writes, counted from 0; got 1 of them"),
    ("log.delay[0].share=5", "log.delay[0]: expected an entry that the scenario writes, counted from 0; got nothing"),
    ("name.x=5", "name: expected a table, to set 'x' in, got 'late'"),
    ("seed=1\nname = 'b'", "seed: expected a whole number of at least 0, got \"1\\nname = 'b'\""),
]


def problems_of(source, overrides=(), checks=()):
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(source, overrides, checks)
    return caught.value


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES])
def test_all_problems_are_told_at_once(tmp_path, monkeypatch, text, expected):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "late.toml").write_text(text, encoding="utf-8")
    lines = expected.splitlines()
    whole = "\n".join([f"late.toml: {len(lines)} problem(s)", *(f"  {line}" for line in lines)])
    assert str(problems_of("late.toml")) == whole


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in SYNTAX], ids=[row[0] for row in SYNTAX])
def test_a_file_that_is_not_toml(tmp_path, content, expected):
    path = tmp_path / "late.toml"
    path.write_bytes(content)
    assert str(problems_of(path)) == f"{path}: 1 problem(s)\n  {expected}"


@pytest.mark.parametrize(("override", "expected"), OVERRIDES, ids=[row[0].split("=")[0] for row in OVERRIDES])
def test_overrides_that_cannot_be_set(tmp_path, override, expected):
    path = tmp_path / "late.toml"
    path.write_text(HEAD + LOG + METHOD, encoding="utf-8")
    assert str(problems_of(path, [override])) == f"{path}: 1 problem(s)\n  {expected}"


def test_sources_that_do_not_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "late.toml").write_text("", encoding="utf-8")
    ready = alternatives(catalogue.names())
    none = "no file and no scenario of the catalogue is called"
    expected = {
        "lat.toml": "no such file; did you mean 'late.toml'?",
        "quikstart": f"{none} 'quikstart'; did you mean 'quickstart'?",
        "zzz": f"{none} 'zzz'; expected {ready}",
        "x" * 5_000: f"{none} '{'x' * 60}'...; expected {ready}",
        ".": "expected a scenario file, got a folder; it has 'late.toml'",
        "../catalogue/quickstart": f"{none} '../catalogue/quickstart'; did you mean 'quickstart'?",
    }
    for source, message in expected.items():
        assert problems_of(source).problems == (Problem("scenario", message),)


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "late.toml"
    path.write_text("", encoding="utf-8")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    assert problems_of(path).problems == (Problem("file", "it cannot be read: Permission denied"),)


def test_what_checks_find_stands_in_the_same_list(tmp_path):
    path = tmp_path / "late.toml"
    path.write_text(f"{HEAD}{METHOD}window = '1h'\n[learner]\nbits = 1\n{LOG}", encoding="utf-8")
    found = problems_of(path, ["oracle.window=5"], [lambda raw: [Problem("method[0].window", repr(raw["method"]))]])
    assert found.problems == (
        Problem("method[0].window", "[{'name': 'oracle', 'window': 5}]"),
        Problem("learner.bits", "expected a whole number from 8 to 28, got 1"),
    )


def test_a_table_log_from_python_may_have_no_path():
    log = {"kind": "table", "click_time": "t", "conversion_time": "c"}
    assert Scenario.load({"name": "late", "log": log, "method": [{"name": "oracle"}]}).log.path is None


def test_the_error_survives_being_sent_between_processes():
    error = ScenarioError("late.toml", [Problem("seed", "expected 5, got 6")])
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  made in the line itself
    assert (str(again), again.problems) == (str(error), error.problems)
    assert isinstance(again, ValueError)


def test_words_for_checks():
    assert mismatch("a.b", "text", 5) == Problem("a.b", "expected text, got 5")
    assert unknown_name("a", "method", "fnv", ["fnw", "x"]) == Problem(
        "a", "no method is called 'fnv'; did you mean 'fnw'?"
    )
    assert unknown_key("a.windw", ["window"]) == Problem("a.windw", "no such key; did you mean 'window'?")
    assert unknown_key("a.window", []) == Problem("a.window", "no such key; nothing can stand here")


@given(st.text(alphabet="a=[]{}\"'\n\r\t#.,1\u2028\x00", max_size=40))
def test_any_text_is_read_or_refused_in_one_line(tmp_path, text):
    path = tmp_path / "late.toml"
    path.write_bytes(text.encode())
    for problem in problems_of(path).problems:
        assert problem.key.isprintable()
        assert problem.message.isprintable()
