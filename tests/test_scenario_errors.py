"""Everything that can be wrong with a scenario file, and the exact words in which it is said."""

import pickle
import textwrap

import pytest

from scenarios import Problem, Scenario, ScenarioError, catalogue, mismatch, unknown_key, unknown_name
from scenarios.problems import alternatives

HEAD = 'name = "late"\n'
LOG = '[log]\nkind = "synthetic"\n'
METHOD = '[[method]]\nname = "oracle"\n'
TABLE = '[log]\nkind = "table"\npath = "clicks.parquet"\nclick_time = "t"\nconversion_time = "c"\n'

# Each: what it is about, the file, and its problems in order.
TABLES = [
    (
        "empty",
        "",
        """
        name: expected a name of up to 64 lower-case letters, digits and '-', such as "late-labels", got nothing
        log: expected a table, got nothing
        method: expected one or more tables headed [[method]], got nothing
        """,
    ),
    (
        "in the order of the file",
        f'{HEAD}{METHOD}label = "/"\n[learner]\noptimizer = "ftrll"\n{LOG}clicks = 0\n',
        """
        method[0].label: expected a name of up to 100 letters, digits, '_', '.', '+' and '-', such as "wait-1h", got '/'
        learner.optimizer: no optimizer is called 'ftrll'; did you mean 'ftrl'?
        log.clicks: expected a whole number from 1 to 1_000_000_000, got 0
        """,
    ),
    (
        "wrong types",
        f'name = 5\nseed = "5"\ntitle = true\n{LOG}clicks = 2e5\ndays = "30"\ncategorical = 3\n{METHOD}'
        f"[clock]\nbatch = true\nattribution_window = 3600\n[metrics]\nsegments = 'campaign'\nbins = 10.0\n",
        """
        name: expected a name of up to 64 lower-case letters, digits and '-', such as "late-labels", got 5
        seed: expected a whole number of at least 0, got '5'
        title: expected text, got true
        log.clicks: expected a whole number from 1 to 1_000_000_000, got 200000.0
        log.days: expected a number above 0 and at most 36_500, got '30'
        log.categorical: expected tables headed [[log.categorical]], got 3
        clock.attribution_window: expected a duration such as "90s" or "7d", got 3600
        clock.batch: expected a whole number from 1 to 10_000_000, got true
        metrics.segments: expected a list of column names, got 'campaign'
        metrics.bins: expected a whole number from 2 to 1_000, got 10.0
        """,
    ),
    (
        "out of range",
        f"{HEAD}seed = -1\n{LOG}days = inf\nconversion_rate = 1\n{METHOD}[learner]\nlearning_rate = nan\nbits = 4\n"
        '[clock]\nattribution_window = "0s"\npublish_every = "-1h"\npublish_lag = "200000d"\n'
        '[metrics]\nwindow = "0.5us"\n',
        """
        seed: expected a whole number of at least 0, got -1
        log.days: expected a number above 0 and at most 36_500, got inf
        log.conversion_rate: expected a number above 0 and below 1, got 1
        learner.learning_rate: expected a number above 0 and at most 100, got nan
        learner.bits: expected a whole number from 8 to 28, got 4
        clock.attribution_window: expected a duration above "0s", such as "90s" or "7d", got '0s'
        clock.publish_every: expected a duration such as "90s" or "7d", got '-1h'
        clock.publish_lag: expected at most a century, got '200000d'
        metrics.window: expected a whole number of microseconds, got '0.5us'
        """,
    ),
    (
        "sections that are no tables",
        f"{HEAD}log = 5\nclock = []\nlearner = 'sgd'\n[method]\nname = 'oracle'\n",
        """
        log: expected a table, got 5
        clock: expected a table, got []
        learner: expected a table, got 'sgd'
        method: expected one or more tables headed [[method]], got a table
        """,
    ),
    (
        "unknown keys",
        f"{HEAD}sed = 7\n{LOG}click = 5\n[[log.numeric]]\nname = 'price'\nefect = 1\n{METHOD}[clock]\npublish_evry = '1h'\n"
        "[feed]\nxyz = 1\n",
        """
        sed: no such key; did you mean 'seed'?
        log.numeric[0].efect: no such key; did you mean 'effect'?
        log.click: no such key; did you mean 'clicks'?
        clock.publish_evry: no such key; did you mean 'publish_every'?
        feed.xyz: no such key; expected 'kind', 'latency' or 'sigma'
        """,
    ),
    (
        "a key that would write on the terminal",
        f'"\\u001b[31m\\n" = 5\n{HEAD}{LOG}{METHOD}',
        r"""
        "\u001b[31m\n": no such key; expected 'name', 'title', 'description', 'seed', 'log', 'clock', 'feed', 'learner', 'method' or 'metrics'
        """,  # noqa: E501  one message
    ),
    (
        "choices",
        f"{HEAD}[log]\nkind = 'tabel'\n{METHOD}[learner]\nkind = 'tree'\n[feed]\nkind = 5\n[metrics]\nbinning = 'count'\n",
        """
        log.kind: no kind of log is called 'tabel'; did you mean 'table'?
        learner.kind: no kind of learner is called 'tree'; expected 'logistic'
        feed.kind: expected 'constant', 'exponential' or 'lognormal', got 5
        metrics.binning: no binning is called 'count'; did you mean 'equal_count'?
        """,
    ),
    (
        "a log without a kind",
        f"{HEAD}[log]\nclicks = 5\n{METHOD}",
        "log.kind: expected 'synthetic', 'table', 'criteo' or 'completejourney', got nothing",
    ),
    (
        "names that would be folders elsewhere",
        f'name = "../late"\n{LOG}{METHOD}label = "../../oracle"\n[[method]]\nname = "../fnw"\nlabel = ".."\n',
        """
        name: expected a name of up to 64 lower-case letters, digits and '-', such as "late-labels", got '../late'
        method[0].label: expected a name of up to 100 letters, digits, '_', '.', '+' and '-', such as "wait-1h", got '../../oracle'
        method[1].label: expected a name of up to 100 letters, digits, '_', '.', '+' and '-', such as "wait-1h", got '..'
        """,  # noqa: E501  one message
    ),
    (
        "methods",
        f"{HEAD}{LOG}[[method]]\nwindow = '1h'\n[[method]]\nname = 5\n[[method]]\nname = 'fnw'\nz = nan\nd = 2025-01-01\n",
        """
        method[0].name: expected text, got nothing
        method[1].name: expected text, got 5
        method[2].z: expected text, a finite number, true or false, or a list or table of them, got nan
        method[2].d: expected text, a finite number, true or false, or a list or table of them, got 2025-01-01
        """,
    ),
    ("no method", f"method = []\n{HEAD}{LOG}", "method: expected one or more tables headed [[method]], got []"),
    (
        "methods of one label",
        f"{HEAD}{LOG}{METHOD}[[method]]\nname = 'fnw'\nlabel = 'Oracle'\n[[method]]\nname = 'fnc'\n[[method]]\nname = 'fnc'\n",
        """
        method[1].label: expected a label that no other method has, got 'Oracle', as at method[0].label
        method[3].label: expected a label that no other method has, got 'fnc', as at method[2].label
        """,
    ),
    (
        "delays",
        f"{HEAD}{LOG}delay_by = 'campain'\n[[log.delay]]\nshare = 0\nmean = '1h'\nshape = 2\n"
        f"[[log.delay]]\nshare = 0\nmean = '2d'\nkind = 'weibull'\nshape = 2\n{METHOD}",
        """
        log.delay: expected a share above 0 in at least one part, got 0 in all
        log.delay[0].shape: expected no shape for an exponential delay (kind = "weibull" and "lognormal" have one), got 2.0
        log.delay_by: no categorical feature is called 'campain'; did you mean 'campaign'?
        """,
    ),
    (
        "parts of a delay",
        f"{HEAD}{LOG}[[log.delay]]\nshare = -1\nmean = '0s'\nkind = 'weibul'\n{METHOD}",
        """
        log.delay[0].share: expected a number of at least 0, got -1
        log.delay[0].mean: expected a duration above "0s", such as "90s" or "7d", got '0s'
        log.delay[0].kind: no kind of delay is called 'weibul'; did you mean 'weibull'?
        """,
    ),
    (
        "delays by nothing",
        f"{HEAD}{LOG}delay_strength = 1.0\n{METHOD}",
        "log.delay_by: expected the name of a categorical feature, as delay_strength is set, got nothing",
    ),
    (
        "no delay at all",
        f"{HEAD}{LOG}delay = []\n{METHOD}",
        "log.delay: expected one or more tables headed [[log.delay]], got []",
    ),
    (
        "features of one name",
        f"{HEAD}{LOG}categorical = [{{name = 'a', values = 2}}]\nnumeric = [{{name = 'b'}}, {{name = 'A'}}]\n{METHOD}",
        "log.numeric[1].name: expected a name that no other feature has, got 'A', as at log.categorical[0].name",
    ),
    (
        "gifts",
        f"{HEAD}{LOG}[log.gifts]\nmedian = 10\np99 = 5\n{METHOD}",
        "log.gifts.p99: expected an amount of at least the median, 10.0, got 5.0",
    ),
    (
        "unreachable evaluation start",
        f"{HEAD}{LOG}days = 10\n{METHOD}[clock]\nevaluate_from = '10d'\n",
        "clock.evaluate_from: expected less than the 10 days of the log, got '10d'",
    ),
    (
        "rules hold although other sections are broken",
        f"{HEAD}{LOG}days = 10\n{METHOD}[clock]\nevaluate_from = '10d'\n[learner]\nbits = 'x'\n[feed]\nsigma = 2.0\n",
        """
        clock.evaluate_from: expected less than the 10 days of the log, got '10d'
        learner.bits: expected a whole number from 8 to 28, got 'x'
        feed.sigma: expected no sigma, which only kind = "lognormal" has, got 2.0
        """,
    ),
    (
        "segments",
        f"{HEAD}{LOG}{METHOD}[metrics]\nsegments = ['devce', 'site', 'site', 'recency']\n",
        """
        metrics.segments[0]: no feature of the log is called 'devce'; did you mean 'device'?
        metrics.segments[2]: expected each column once, got 'site'
        metrics.segments[3]: no feature of the log is called 'recency'; expected 'campaign', 'site', 'user_group', 'country', 'placement' or 'device'
        """,  # noqa: E501  one message
    ),
    (
        "penalties of another optimizer",
        f"{HEAD}{LOG}{METHOD}[learner]\noptimizer = 'sgd'\nl1 = 0.1\nbeta = 2\n",
        """
        learner.l1: expected no l1, which only optimizer = "ftrl" has, got 0.1
        learner.beta: expected no beta, which only optimizer = "ftrl" has, got 2.0
        """,
    ),
    (
        "table",
        f"{HEAD}[log]\nkind = 'table'\npath = ''\nclicktime = 't'\ncategorical = ['a', 5]\ntime_unit = 'sec'\n"
        f"timezone = 'America/NewYork'\nobserved_until = 2025-01-01T00:00:00\nmax_quarantined = 1.5\n"
        f"duplicates = 'id'\noutcome_kind = 'refund'\n{METHOD}",
        """
        log.path: expected a path or a list of paths, got ''
        log.click_time: expected the name of a column, got nothing
        log.categorical[1]: expected the name of a column, got 5
        log.time_unit: no time unit is called 'sec'; expected 'auto', 's', 'ms', 'us' or 'ns'
        log.timezone: expected a zone such as "UTC" or "America/New_York", got 'America/NewYork'; did you mean 'America/New_York'?
        log.outcome_kind: no kind of outcome is called 'refund'; expected 'conversion' or 'gift'
        log.observed_until: expected a time with its offset from UTC, such as "2025-01-01T00:00:00Z", got 2025-01-01T00:00:00
        log.max_quarantined: expected a number from 0 to 1, got 1.5
        log.duplicates: no way to find duplicates is called 'id'; did you mean 'ids'?
        log.clicktime: no such key; did you mean 'click_time'?
        """,  # noqa: E501  one message
    ),
    (
        "table without outcomes",
        f"{HEAD}[log]\nkind = 'table'\nclick_time = 't'\n{METHOD}",
        """
        log.conversion_time: expected the name of a column, or a table [log.outcomes] instead, got nothing
        log.path: expected a path or a list of paths, got nothing
        """,
    ),
    (
        "table of amounts without times",
        f"{HEAD}[log]\nkind = 'table'\npath = 'x'\nclick_time = 't'\namount = 'a'\n"
        f"[log.outcomes]\npath = 'y'\nclick_id = 'id'\ntime = 't'\n{METHOD}",
        """
        log.conversion_time: expected the name of a column, as amount is set, got nothing
        log.click_id: expected the name of a column, as [log.outcomes] names clicks by it, got nothing
        """,
    ),
    (
        "features that know the future",
        f"{HEAD}{TABLE}amount = 'paid'\ncategorical = ['a', 'c', 'a']\nnumeric = ['paid', 'a']\n{METHOD}",
        """
        log.categorical[2]: expected each column once, as categorical or as numeric, got 'a'
        log.numeric[1]: expected each column once, as categorical or as numeric, got 'a'
        log.categorical[1]: expected a column that is known at the click, which log.conversion_time is not, got 'c'
        log.numeric[0]: expected a column that is known at the click, which log.amount is not, got 'paid'
        """,
    ),
    (
        "table of outcomes",
        f"{HEAD}{TABLE}click_id = 'id'\n[log.outcomes]\npath = []\ntime = 5\n{METHOD}",
        """
        log.outcomes.path: expected a path or a list of paths, got []
        log.outcomes.click_id: expected the name of a column, got nothing
        log.outcomes.time: expected the name of a column, got 5
        """,
    ),
    (
        "criteo",
        f"{HEAD}[log]\nkind = 'criteo'\norigin = '1960-01-01'\nclicks = 5\n{METHOD}",
        """
        log.path: expected a path or a list of paths, got nothing
        log.origin: expected a moment from 1970 to 2199, got '1960-01-01'
        log.clicks: no such key; did you mean 'clock_skew'?
        """,
    ),
]

# Each: what it is about, the bytes of the file, and its one problem.
SYNTAX = [
    (
        "a duration without quotes",
        b"[clock]\npublish_every = 1h\n",
        "line 2, column 18: expected newline or end of document after a statement in 'publish_every = 1h'; "
        'text and durations need quotes, as in publish_every = "1h"',
    ),
    (
        "text without quotes",
        b"name = late\n",
        "line 1, column 8: invalid value in 'name = late'; text and durations need quotes, as in publish_every = \"1h\"",
    ),
    (
        "no equals sign",
        b"seed 7\n",
        "line 1, column 6: expected '=' after a key in a key/value pair in 'seed 7'; "
        'a line is key = value, as in seed = 7; text needs quotes, as in name = "late"',
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
        "line 2, column 7: cannot declare ('clock',) twice in '[clock]'; "
        "each [table] can stand once; a list of them is written [[table]]",
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
    lines = textwrap.dedent(expected).strip("\n").splitlines()
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
