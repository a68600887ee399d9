"""The command line as a user meets it: what it prints, what it leaves, how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from frames import frame

from scenarios import catalogue
from simulator import Result, play
from simulator.cli import DONE, FAILED, WRONG, main
from simulator.methods import METHODS

SMALL = ["--set", "log.clicks=3000", "--set", "metrics.bootstrap=10"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_leaves_a_whole_folder_and_says_where_the_report_is(here, capsys):
    assert main(["run", "quickstart", *SMALL]) == DONE
    printed = capsys.readouterr().out
    folder = here / "runs" / "quickstart"
    assert printed.rstrip().endswith(str(Path("runs/quickstart/report.html")))
    kept = {"run.json", "metrics.parquet", "late.parquet", "predictions", "report.html"}
    assert {path.name for path in folder.iterdir()} == kept
    for word in ("calibration", "ledger", "3,000 served", *("oracle", "waiting_window", "fnw")):
        assert word in printed
    result = Result.load(folder)
    assert result.overall.loc["oracle", "nll"] > 0
    assert len(result.predictions("fnw")) == 3_000
    assert not list(here.glob("runs/.*"))


def test_quiet_prints_the_path_alone(here, capsys):
    assert main(["run", "quickstart", "--quiet", "--out", "somewhere", *SMALL]) == DONE
    captured = capsys.readouterr()
    assert captured.out == "somewhere/report.html\n"
    assert captured.err == ""


def test_an_earlier_run_is_replaced_and_anything_else_is_not(here, capsys):
    assert main(["run", "quickstart", "--quiet", "--out", "out", *SMALL]) == DONE
    assert main(["run", "quickstart", "--quiet", "--out", "out", *SMALL, "--set", "seed=8"]) == DONE
    assert json.loads((here / "out" / "run.json").read_text())["seed"] == 8
    (here / "mine").mkdir()
    (here / "mine" / "thesis.txt").write_text("years of work")
    assert main(["run", "quickstart", "--out", "mine", *SMALL]) == WRONG
    assert "found a folder with other files; name another with --out" in capsys.readouterr().err
    assert [path.name for path in (here / "mine").iterdir()] == ["thesis.txt"]
    (here / "link").symlink_to(here / "mine", target_is_directory=True)
    assert main(["run", "quickstart", "--out", "link", *SMALL]) == WRONG


def test_the_report_can_be_written_again(here, capsys):
    main(["run", "quickstart", "--quiet", "--out", "out", *SMALL])
    first = (here / "out" / "report.html").read_bytes()
    (here / "out" / "report.html").unlink()
    assert main(["report", "out"]) == DONE
    assert (here / "out" / "report.html").read_bytes() == first
    capsys.readouterr()
    assert main(["report", "nowhere"]) == WRONG
    assert capsys.readouterr().err == (
        "nowhere: expected the folder of a finished run, found no run.json and no metrics.parquet\n"
    )


def test_list_names_every_scenario_and_method(capsys):
    assert main(["list"]) == DONE
    printed = capsys.readouterr().out
    for name in [*catalogue.names(), *METHODS]:
        assert name in printed


def test_schema_is_json(capsys):
    assert main(["schema"]) == DONE
    assert json.loads(capsys.readouterr().out)["properties"]["clock"]


WRONG_REQUESTS = {
    "a name that is nothing": (["run", "quickstrat"], "quickstart"),
    "a method that is none": (
        ["run", "quickstart", "--set", "method[1].name=waiting_windov"],
        "did you mean 'waiting_window'?",
    ),
    "a parameter that is none": (["run", "quickstart", "--set", "waiting_window.windov=1h"], "did you mean 'window'?"),
    "a duration that is none": (
        ["run", "quickstart", "--set", "waiting_window.window=3600"],
        'method[1].window: expected a duration such as "90s" or "7d", got 3600',
    ),
    "a window past the attribution window": (
        ["run", "quickstart", "--set", "waiting_window.window=30d"],
        "method[1].window: expected at most the attribution window, 3d, got 30d",
    ),
    "an evaluation that never starts": (
        ["run", "quickstart", "--set", "clock.evaluate_from=400d"],
        "clock.evaluate_from: ",
    ),
}


@pytest.mark.parametrize("case", WRONG_REQUESTS)
def test_a_wrong_request_ends_with_2_and_says_what_to_do(case, here, capsys):
    arguments, message = WRONG_REQUESTS[case]
    assert main(arguments) == WRONG
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err
    assert not list(here.iterdir())


def test_all_that_is_wrong_is_told_at_once(here, capsys):
    settings = ["learner.optimizer=ftrll", "waiting_window.window=3600", "clock.batch=0"]
    assert main(["run", "quickstart", *(word for one in settings for word in ("--set", one))]) == WRONG
    told = capsys.readouterr().err
    assert told.startswith("quickstart: 3 problem(s)\n") or "3 problem(s)" in told
    for key in ("learner.optimizer", "method[1].window", "clock.batch"):
        assert f"  {key}: " in told


def test_a_log_that_is_not_there(here, capsys):
    (here / "mine.toml").write_text(
        'name = "mine"\n[log]\nkind = "table"\npath = "clicks.parquet"\n[[method]]\nname = "fnw"\n'
    )
    frame(20).to_parquet(here / "click.parquet")
    assert main(["run", "mine.toml"]) == WRONG
    told = capsys.readouterr().err
    assert "clicks.parquet" in told
    assert "click.parquet" in told.replace("clicks.parquet", "")
    assert not (here / "runs").exists() or not list((here / "runs").iterdir())


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), FAILED), (OSError(28, "No space left on device"), FAILED)]
)
def test_what_stops_a_run_leaves_the_earlier_one(error, status, here, capsys, monkeypatch):
    main(["run", "quickstart", "--quiet", "--out", "out", *SMALL])
    before = {path: path.read_bytes() for path in (here / "out").rglob("*") if path.is_file()}

    def stop(*arguments, **options):
        raise error

    monkeypatch.setattr(play, "write_metrics", stop)
    capsys.readouterr()
    assert main(["run", "quickstart", "--quiet", "--out", "out", *SMALL]) == status
    assert "Traceback" not in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (here / "out").rglob("*") if path.is_file()} == before
    assert [path.name for path in here.iterdir()] == ["out"]


def test_help_teaches(capsys):
    for arguments in (["--help"], ["run", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "latelabel run quickstart" in printed
    assert "--set KEY=VALUE" in printed


def test_the_command_starts_without_the_engine():
    script = (
        "import sys; from simulator.cli import main; main(['schema']); "
        "print(sorted({'numba', 'pandas', 'river', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines()[-1] == "[]"
