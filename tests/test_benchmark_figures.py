"""The figures of the page on the benchmark: drawn from its tables, complete, and legible."""

import re
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.figures import DOCS, REAL, WORLD, figures, gap, read_groups, read_tables
from benchmarks.svg import WIDE, Box, Drawing, Mark, Scale, stretched

PAGE = (DOCS / "benchmark.md").read_text("utf-8")
METHODS = (DOCS / "methods.md").read_text("utf-8")
FINITE = st.floats(-1e4, 1e4)


@pytest.fixture(scope="module")
def drawn():
    return figures(PAGE, METHODS)


def texts(svg):
    """Return what is written in a drawing, with its places."""
    found = re.findall(r'<text x="([\d.-]+)" y="([\d.-]+)"[^>]*>([^<]*)</text>', svg)
    return [(float(x), float(y), words) for x, y, words in found]


def test_the_images_are_what_the_page_says_now(drawn):
    for name, svg in drawn.items():
        image = DOCS / "images" / f"benchmark-{name}.svg"
        assert image.read_text("utf-8") == svg, "run python -m benchmarks.figures"
        assert f"images/{image.name})" in PAGE
        assert len(svg) < 150_000


@pytest.mark.parametrize(("name", "headings"), [("ranking", (WORLD, REAL)), ("cost", (WORLD,)), ("gaps", (WORLD,))])
def test_every_method_is_named(drawn, name, headings):
    tables = read_tables(PAGE)
    expected = sorted(row["method"] for heading in headings for row in tables[heading, "method"])
    written = sorted(words for _, _, words in texts(drawn[name]) if words in expected)
    assert written == [one for one in expected if name != "gaps" or one != "oracle"]


def test_both_logs_and_the_costs_have_the_same_methods():
    tables = read_tables(PAGE)
    world, real = ({row["method"] for row in tables[heading, "method"]} for heading in (WORLD, REAL))
    assert world == real == {row["cost"] for row in tables["Cost", "cost"]}
    assert world - {"oracle"} <= {method for some in read_groups(METHODS).values() for method in some}


def test_tables_are_read_under_their_headings():
    one = "## One\n\n| a | b |\n| --- | ---: |\n| x | 1 |\n| y | 2 |\n\nso\n\n| c |\n| --- |\n"
    page = f"{one}## Two\n| a |\n| --- |\n| z |"
    assert read_tables(page) == {
        ("One", "a"): [{"a": "x", "b": "1"}, {"a": "y", "b": "2"}],
        ("One", "c"): [],
        ("Two", "a"): [{"a": "z"}],
    }


def test_a_gap_is_its_three_numbers():
    assert gap("+0.01 [-0.11, +0.13]") == (0.01, -0.11, 0.13)


@given(st.lists(FINITE, min_size=2, max_size=9, unique=True), st.floats(0.01, 10))
def test_a_stretched_scale_keeps_the_order_and_its_ends(values, unit):
    scale = Scale(stretched(unit), min(values), max(values), 100, 20)
    places = [scale(value) for value in sorted(values)]
    assert (places[0], places[-1]) == (pytest.approx(100), pytest.approx(20))
    assert all(a >= b for a, b in pairwise(places))
    assert scale(1e6) == places[-1]


@given(st.lists(st.tuples(st.integers(20, 480), st.integers(20, 480)), min_size=2, max_size=25, unique=True))
def test_names_stay_inside_and_cover_neither_points_nor_each_other(points):
    drawing, inside, size = Drawing(500, 500, "test"), Box(0, 0, 500, 500), 10.5
    drawing.named([Mark(x, y, f"name{i:02}", "#000000") for i, (x, y) in enumerate(points)], inside, size)
    wide = WIDE * size * 6
    boxes = [Box(x, y - 0.9 * size, x + wide, y + 0.2 * size) for x, y, _ in texts(drawing.svg())]
    assert boxes
    for one, other in combinations(boxes, 2):
        assert not one.meets(other)
    assert all(box.within(inside) for box in boxes)
    for x, y in points:
        assert not any(box.meets(Box(x - 1, y - 1, x + 1, y + 1)) for box in boxes)
