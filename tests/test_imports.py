"""The arrows of the house: who may import whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ("scenarios", "replay", "learners", "simulator")
ALLOWED = {
    "scenarios": {"scenarios"},
    "replay": {"replay"},
    "learners": {"learners"},
    "simulator": set(HOUSE),
}


def imported(path):
    """Return the modules that a file imports, wherever in it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module)
    return names


@pytest.mark.parametrize("package", HOUSE)
def test_imports_go_one_way(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        ours = {name.partition(".")[0] for name in imported(path)} & set(HOUSE)
        assert ours <= ALLOWED[package], path


def test_metrics_know_arrays_alone():
    standard = {"collections", "dataclasses", "typing", "math", "functools", "enum", "itertools"}
    for path in (ROOT / "simulator" / "metrics").rglob("*.py"):
        others = {name for name in imported(path) if not name.startswith("simulator.metrics")}
        assert {name.partition(".")[0] for name in others} - standard <= {"numpy", "numba"}, path


def test_only_the_command_line_prints():
    for package in HOUSE:
        for path in (ROOT / package).rglob("*.py"):
            calls = [
                node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
            ]
            prints = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
            assert not prints or path == ROOT / "simulator" / "commands" / "shared.py", path


def test_nothing_pickles_or_evaluates():
    for package in HOUSE:
        for path in (ROOT / package).rglob("*.py"):
            assert not {"pickle", "marshal", "shelve", "dill", "cloudpickle"} & set(imported(path)), path
            calls = [
                node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
            ]
            assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id in {"eval", "exec"}], path


def test_nothing_knows_of_the_network():
    network = {"socket", "ssl", "http", "urllib", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "urllib3"}
    for package in HOUSE:
        for path in (ROOT / package).rglob("*.py"):
            assert not {name.partition(".")[0] for name in imported(path)} & network, path


def test_a_run_opens_no_connection(tmp_path):
    script = (
        "import socket\n"
        "def refuse(*arguments, **options): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse\n"
        "from simulator.cli import main\n"
        "small = ['--set', 'log.clicks=2000', '--set', 'metrics.bootstrap=0']\n"
        f"assert main(['run', 'quickstart', '--quiet', '--out', {str(tmp_path / 'out')!r}, *small]) == 0\n"
        f"assert main(['report', {str(tmp_path / 'out')!r}]) == 0\n"
        "assert main(['list']) == 0\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, cwd=ROOT)  # noqa: S603
