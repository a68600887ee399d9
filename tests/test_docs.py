"""What is written down is true: links lead somewhere, files exist, scenarios load, marked code runs."""

import re
import tomllib
from pathlib import Path

import pytest

from simulator import load
from simulator.methods import METHODS, origin

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
OURS = [name for name in METHODS if origin(METHODS[name]) is None]
HOUSE = "scenarios|replay|learners|simulator|tests|docs|benchmarks"


def text_of(page):
    return page.read_text(encoding="utf-8")


def blocks(page, language):
    """Return the fenced blocks of a page whose info string is `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(page), re.DOTALL | re.MULTILINE)


def prose(page):
    return re.sub(r"^```.*?^```$", "", text_of(page), flags=re.DOTALL | re.MULTILINE)


def anchor(heading):
    """Return the anchor that a heading gets where Markdown is shown."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page):
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)}


def has_blocks(language):
    return [page for page in PAGES if blocks(page, language)]


def name(page):
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, place = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not place or place in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named_exist(page):
    named = re.findall(rf"`((?:{HOUSE})/[\w./-]+)`", prose(page))
    for path in named:
        assert "NAME" in path or (ROOT / path).exists(), path


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "methods.md"], ids=name)
def test_every_method_is_described(page, method):
    head = rf"^(?:### `{method}`$|\| `{method}` \|)"
    assert re.search(head, text_of(page), re.MULTILINE), f"{method} has no heading and no row in {page.name}"


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "methods.md"], ids=name)
def test_every_method_that_is_described_exists(page):
    described = re.findall(r"^(?:### |\| )`([a-z_]+)`(?: \||$)", text_of(page), re.MULTILINE)
    assert set(described) <= set(OURS)


@pytest.mark.parametrize("page", has_blocks("toml"), ids=name)
def test_scenarios_load(page):
    for block in blocks(page, "toml"):
        tables = tomllib.loads(block)
        if {"log", "method"} <= set(tables):  # else it is a part of one
            load(tables)


@pytest.mark.parametrize("page", has_blocks("python run"), ids=name)
def test_marked_code_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = {}
    for block in blocks(page, "python run"):
        exec(compile(block, f"{page.name}", "exec"), space)  # noqa: S102  (our own pages, as their readers run them)
