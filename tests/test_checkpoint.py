"""A run that was stopped or killed goes on where it was, to the same bytes; what is not its own is not used."""

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from frames import changed, frame, played
from test_same_bytes import bytes_of, same

from learners import Logistic
from simulator import load
from simulator.interruption import StoppedError

ROOT = Path(__file__).parents[1]
METHODS = [{"name": "oracle"}, {"name": "es_dfm", "window": "6h"}, {"name": "two_stage"}]
FEW = {"bootstrap": 0, "window": "4d"}
SCENARIO = changed(method=METHODS, clock={"publish_every": "1h"}, metrics=FEW)


class Killed(BaseException):
    """What no part of a run expects."""


class Killer:
    """A watcher that kills the run after some ticks."""

    def __init__(self, after):
        self.left = after

    def reading(self, clicks):
        pass

    def replaying(self, methods, start, end):
        pass

    def finished(self, method):
        pass

    def tick(self, method, now):
        self.left -= 1
        if self.left < 0:
            raise Killed


@pytest.fixture(scope="module")
def log():
    return frame()


@pytest.fixture(scope="module")
def uninterrupted(log, tmp_path_factory):
    return bytes_of(played(log, SCENARIO, out=tmp_path_factory.mktemp("whole") / "run").folder)


def test_a_run_killed_at_random_moments_ends_with_the_same_bytes(log, uninterrupted, tmp_path):
    """Fifty deaths, each with a checkpoint at every drain, at every third, and so on."""
    random, deaths = np.random.default_rng(0), 0
    while deaths < 50:
        try:
            result = played(
                log, SCENARIO, out=tmp_path / "run", checkpoint_every=0.0, watcher=Killer(random.integers(120))
            )
        except Killed:
            deaths += 1
            continue
        same(uninterrupted, bytes_of(result.folder))
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
        shutil.rmtree(tmp_path / "run")


def test_a_run_that_is_asked_to_stop_keeps_what_it_did(log, uninterrupted, tmp_path):
    asked = iter([False] * 70 + [True])
    with pytest.raises(StoppedError):
        played(log, SCENARIO, out=tmp_path / "run", checkpoint_every=1e9, asked_to_stop=lambda: next(asked))
    assert not (tmp_path / "run").exists()
    counted = []
    watcher = Killer(10**9)
    watcher.tick = lambda method, now: counted.append(method)
    result = played(log, SCENARIO, out=tmp_path / "run", checkpoint_every=1e9, watcher=watcher)
    same(uninterrupted, bytes_of(result.folder))
    drains = counted.count("two_stage")
    assert counted.count("oracle") == drains - 71


def stopped(log, folder, scenario=SCENARIO):
    """Leave a checkpoint of a run's first method."""
    asked = iter([False] * 70 + [True])
    with pytest.raises(StoppedError):
        played(log, scenario, out=folder / "run", checkpoint_every=0.0, asked_to_stop=lambda: next(asked))
    return folder / ".run.checkpoint" / "oracle"


def first_drains(log, folder, scenario=SCENARIO):
    """Return how many drains of the first method a run had to play."""
    counted = []
    watcher = Killer(10**9)
    watcher.tick = lambda method, now: counted.append(method)
    result = played(log, scenario, out=folder / "run", checkpoint_every=1e9, watcher=watcher)
    return counted.count("oracle"), result


@pytest.mark.parametrize(
    ("name", "at"), [("prediction.column", 40), ("models-71.npz", 1_000), ("checkpoint.json", 30)], ids=str
)
def test_a_damaged_checkpoint_is_not_used(log, uninterrupted, tmp_path, name, at):
    path = stopped(log, tmp_path) / name
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    drains, result = first_drains(log, tmp_path)
    assert drains > 71
    same(uninterrupted, bytes_of(result.folder))


def test_a_checkpoint_of_another_scenario_or_log_is_not_used(log, tmp_path):
    other = changed(method=METHODS, clock={"publish_every": "1h"}, metrics=FEW, learner={"learning_rate": 0.2})
    stopped(log, tmp_path)
    drains, result = first_drains(log, tmp_path, other)
    assert drains > 71
    same(bytes_of(played(log, other, out=tmp_path / "alone").folder), bytes_of(result.folder))
    stopped(log, tmp_path)
    assert first_drains(frame(seed=1), tmp_path)[0] > 71


def test_faults_of_the_pipeline_and_threads(log, tmp_path):
    faults = [
        {"kind": "crash", "at": "100h", "lasts": "6h", "delivery": "at_most_once"},
        {"kind": "poison", "at": "6d", "lasts": "2h"},
    ]
    scenario = changed(method=METHODS, metrics=FEW, pipeline={"fault": faults, "capacity": 40})
    whole = played(log, scenario, out=tmp_path / "whole")
    random = np.random.default_rng(1)
    for _ in range(4):
        with contextlib.suppress(Killed):
            played(
                log,
                scenario,
                out=tmp_path / "run",
                checkpoint_every=0.0,
                watcher=Killer(random.integers(20, 200)),
                jobs=2,
            )
    result = played(log, scenario, out=tmp_path / "run", checkpoint_every=0.0, jobs=2)
    same(bytes_of(whole.folder), bytes_of(result.folder))
    assert sum(method["pipeline"]["lost"] for method in whole.record["methods"].values()) > 0
    for name, method in whole.record["methods"].items():
        assert method["pipeline"] == result.record["methods"][name]["pipeline"]


def test_the_command_survives_kill_and_goes_on_after_ctrl_c(tmp_path):
    quick = ["method=[{name='oracle'},{name='fnw'}]", "log.clicks=60000", "clock.publish_every=5m"]
    options = [part for value in quick for part in ("--set", value)]
    whole = command(tmp_path / "whole", options)
    assert whole.communicate()
    assert whole.returncode == 0
    for number in range(3):
        run = command(tmp_path / "run", options)
        wait_for(tmp_path / ".run.checkpoint" / "oracle" / "checkpoint.json", run)
        time.sleep(0.1 * number)
        run.send_signal(signal.SIGKILL)
        run.communicate()
    run = command(tmp_path / "run", options)
    wait_for(tmp_path / ".run.checkpoint" / "oracle" / "checkpoint.json", run)
    run.send_signal(signal.SIGINT)
    told = run.communicate()[1]
    assert run.returncode == 1
    assert told.endswith("stopped; what was done is kept, and the same command goes on from there\n")
    final = command(tmp_path / "run", options)
    assert final.communicate()
    assert final.returncode == 0
    same(bytes_of(tmp_path / "whole"), bytes_of(tmp_path / "run"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "whole"]


def command(out, options):
    arguments = [sys.executable, "-m", "simulator.cli", "run", "quickstart", "--quiet", "--out", str(out), *options]
    arguments += ["--checkpoint-every", "50ms"]
    return subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True)  # noqa: S603  (our own)


def wait_for(path, run):
    """Wait until a run has left a checkpoint of its own, or is done."""
    began = time.time()
    while not (path.exists() and path.stat().st_mtime > began) and run.poll() is None:
        time.sleep(0.02)


def test_a_learner_from_python_keeps_no_checkpoint(log, tmp_path):
    """Nothing says what it was made with, so nothing could tell whether a checkpoint is its own."""
    played(log, changed(), learner=Logistic(10), out=tmp_path / "run", checkpoint_every=0.0)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_the_note_is_plain_json(log, tmp_path):
    note = json.loads((stopped(log, tmp_path) / "checkpoint.json").read_text())
    assert note["drains"] == 71
    assert note["identity"]["scenario"] == load(SCENARIO).hash()
    assert [path.name for path in tmp_path.iterdir()] == [".run.checkpoint"]
