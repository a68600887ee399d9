import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.durations import DAY
from simulator.report import write_report
from simulator.report.axes import escaped, ratio_axis
from simulator.report.charts import charts
from simulator.report.html import in_script
from simulator.report.looks import looks
from simulator.report.summary import summarize
from tests.fake_metrics import Made
from tests.fake_run import METHODS, write_fake_run

NASTY = "<script>alert(1)</script>"
NASTIER = "<img src=x onerror=alert(1)> & \u202e %{x} \u2028 \"'"


class Page(HTMLParser):
    """What a browser would make of a page: its tags, its texts, and its scripts by type."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.words, self._inside = [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs).get("type"), ""))

    def handle_endtag(self, tag):
        self._inside = None if tag == self._inside else self._inside

    def handle_data(self, data):
        if self._inside == "script":
            kind, before = self.scripts[-1]
            self.scripts[-1] = (kind, before + data)
        elif self._inside != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def attribute(self, name):
        return [attrs[name] for _, attrs in self.tags if name in attrs]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_fake_run(folder, segments=("campaign=spring", "campaign=autumn"))
    return folder


@pytest.fixture(scope="module")
def page(run):
    return Page(write_report(run).read_text("utf-8"))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nasty")
    methods = (Made(f"oracle {NASTY}", 1, 0.43, "oracle"), Made(NASTIER, 0.5, 0.44), Made("=cmd()" * 30, 1.3, 0.45))
    write_fake_run(folder, methods, segments=("=cmd()", f"campaign={NASTIER}", f"{NASTY}=1"))
    return folder


class TestSummary:
    """The dict, by value."""

    def test_says_what_was_run(self, run):
        summary = summarize(run)
        assert summary["title"] == "Quickstart: one hour is not a week"
        assert ("Evaluated from", "14 Mar 2024, 00:00 UTC") in summary["facts"]
        assert summary["command"] == "latelabel run quickstart.toml"
        assert summary["evaluated"] == {"clicks": "270,000", "conversions": "54,000"}
        assert [method["label"] for method in summary["methods"] if method["bound"]] == ["oracle"]

    def test_marks_moments_in_ms(self, run):
        day = DAY // 1000
        first = summarize(run)["span"]["first"]
        assert summarize(run)["span"] == {
            "first": first,
            "evaluate_from": first + 10 * day,
            "mature": first + 23 * day,
            "end": first + 30 * day,
        }

    def test_a_monitor_sees_the_labels_of_each_window_as_it_ended(self, run):
        method = summarize(run)["methods"][3]
        assert method["as_seen"] == pytest.approx(1.9 * 1.03, rel=0.05)
        assert method["sums"] == f"true 1.030, as seen {method['as_seen']:.3f}"

    def test_is_plain_data(self, run):
        json.dumps(summarize(run), allow_nan=False)

    def test_a_run_without_any_answer(self, tmp_path):
        write_fake_run(tmp_path, empty=True)
        summary = summarize(tmp_path)
        assert summary["answer"] == {"lead": "This run cannot rank its methods: no mature labels.", "more": []}
        assert summary["table"]["reasons"] == ["no mature labels"]
        assert set(charts(summary)) == {"reliability", "delays"}

    def test_the_page_says_so(self, tmp_path):
        write_fake_run(tmp_path, METHODS[:2], days=60, hours=1)
        curves = summarize(tmp_path)["curves"]
        assert curves["large"]["merged"] == {"windows": "1,440", "width": "2h"}
        assert curves["small"]["merged"] == {"windows": "1,440", "width": "12h"}
        assert "There are 1,440 windows" in Page(write_report(tmp_path).read_text("utf-8")).text

    def test_bias_is_left_out_where_no_world_is_known(self, tmp_path):
        write_fake_run(tmp_path, synthetic=False)
        keys = [column["key"] for column in summarize(tmp_path)["table"]["columns"]]
        assert "nll" in keys
        assert "bias" not in keys
        assert "logit_bias" not in keys

    def test_an_unfinished_run_is_refused(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"expected a finished run, which has run\.json; found none"):
            summarize(tmp_path)

    def test_another_format_is_refused(self, tmp_path):
        write_fake_run(tmp_path)
        text = (tmp_path / "run.json").read_text().replace('"format": 1', '"format": 2')
        (tmp_path / "run.json").write_text(text)
        with pytest.raises(ValueError, match="expected format 1, got 2"):
            summarize(tmp_path)


class TestAnswer:
    """The sentences on top: no more is said than the run can tell."""

    def test_of_a_whole_run(self, run):
        said = summarize(run)["answer"]
        assert re.fullmatch(
            r"Lowest NLL: fnw \(0\.4321, interval 0\.4191 to 0\.4451\), 0\.00\d\d ± 0\.00\d\d above oracle\.",
            said["lead"],
        )
        assert said["more"][0] == "NLL alone cannot tell fnw and fnc apart in this run."
        assert "fnw predicts 3.0\xa0% more conversions than happened, which may be chance" in said["more"][1]
        assert "waiting_window 1h predicts 52\xa0% fewer conversions than happened (calib" in said["more"][2]
        assert said["more"][4] == "Drift alarms rang for waiting_window 1h (3), fake_negative (1) and frozen (2)."


class TestCharts:
    def test_alarms_sit_on_their_line(self, run):
        traces = charts(summarize(run))["ratio"]["data"]
        alarm = next(trace for trace in traces if "drift alarm" in trace["name"])
        line = next(trace for trace in traces if trace["name"] == "waiting_window 1h")
        assert len(alarm["x"]) == 3
        assert min(filter(None, line["y"])) <= min(alarm["y"]) <= max(alarm["y"]) <= max(filter(None, line["y"]))

    def test_nll_is_drawn_against_the_bound(self, run):
        traces = charts(summarize(run))["nll"]["data"]
        assert [trace["name"] for trace in traces] == [made.label for made in METHODS[1:]]
        assert np.mean([value for value in traces[0]["y"] if value is not None]) == pytest.approx(0.0409, abs=1e-3)

    def test_nll_itself_without_one(self, tmp_path):
        write_fake_run(tmp_path, METHODS[3:4])
        figure = charts(summarize(tmp_path))["nll"]
        assert figure["layout"]["yaxis"]["title"]["text"] == "NLL, nats per click"

    def test_no_two_of_forty_methods_look_alike(self):
        assert len({(look.color, look.dash, look.marker) for look in looks([False] * 40)}) == 40

    @pytest.mark.parametrize("ends", [(0.99, 1.01), (0.5, 1.1), (0.3, 4.0), (0.001, 1000.0), (1.0, 1.0)])
    def test_ratio_axis_shows_1_and_few_ticks(self, ends):
        axis = ratio_axis(sorted(ends))
        assert 1 in [round(tick, 6) for tick in axis["tickvals"]]
        assert 2 <= len(axis["tickvals"]) <= 11
        assert all(a < b for a, b in pairwise(axis["tickvals"]))

    def test_names_cannot_be_markup(self, nasty):
        for figure in charts(summarize(nasty)).values():
            for text in _texts(figure):
                assert not re.search(r"<(?!br>|extra>|/extra>)", text), text
        assert escaped("a<b>\n&amp; %{x}") == "a&lt;b&gt; &amp;amp; %&#123;x}"


class TestPage:
    def test_needs_nothing_but_itself(self, page):
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            assert all(value.startswith(("#", "data:,")) for value in page.attribute(name)), name
        assert not {"iframe", "object", "embed", "base", "form", "img"} & {tag for tag, _ in page.tags}

    def test_style_loads_nothing(self, run):
        styles = re.findall(r"<style>(.*?)</style>", write_report(run).read_text("utf-8"), re.DOTALL)
        assert len(styles) == 1
        assert "@import" not in styles[0]
        assert "url(" not in styles[0]

    def test_only_its_own_scripts_may_run(self, page):
        policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
        allowed = re.search(r"script-src ([^;]*);", policy).group(1).split()
        digests = [hashlib.sha256(text.encode()).digest() for kind, text in page.scripts if kind is None]
        assert allowed == [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
        assert policy.startswith("default-src 'none';")
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]

    def test_has_every_part(self, page):
        heads = re.findall(
            "In short|Overall|Calibration ratio over time|True, and as seen at the time|NLL over time|Reliability|"
            "How late the labels are|Calibration ratio by segment|Ledger|Run it again",
            page.text,
        )
        assert len(set(heads)) == 10
        for words in ("1h sees 46\xa0% of conversions", "✓ balances", "times are in seconds", "5f0c3a9b1d7e4c26"):
            assert " ".join(words.split()) in page.text

    def test_can_be_read_aloud(self, page):
        assert ("html", {"lang": "en"}) in page.tags
        assert len([tag for tag, _ in page.tags if tag == "caption"]) == len([t for t, _ in page.tags if t == "table"])
        ids = page.attribute("id")
        assert len(ids) == len(set(ids))
        assert set(page.attribute("aria-labelledby")) <= set(ids)
        assert {link.removeprefix("#") for link in page.attribute("href")} - {"data:,"} <= set(ids)

    def test_every_figure_has_its_place(self, page):
        data = next(text for kind, text in page.scripts if kind == "application/json")
        assert set(json.loads(data)) == set(page.attribute("data-figure"))

    def test_names_stay_names(self, nasty):
        page = Page(write_report(nasty).read_text("utf-8"))
        assert len([tag for tag, _ in page.tags if tag == "script"]) == 3
        assert "img" not in {tag for tag, _ in page.tags}
        assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
        assert f"oracle {NASTY}" in page.text
        assert NASTIER in page.attribute("data-shows")

    def test_a_name_that_is_no_text(self, tmp_path):
        run = write_fake_run(tmp_path)
        (tmp_path / "run.json").write_text(json.dumps(run | {"title": "half \ud83d a pair"}))
        assert "half ? a pair" in write_report(tmp_path).read_text("utf-8")

    @pytest.mark.parametrize(("days", "hours", "methods"), [(100, 1, 6), (30, 24, 40), (60, 6, 40), (30, 720, 1)])
    def test_stays_small(self, tmp_path, days, hours, methods):
        made = tuple(
            Made(f"waiting_window window={i + 1}h", 0.4 + i / 50, 0.46, "waiting_window") for i in range(methods)
        )
        write_fake_run(tmp_path, made, days=days, hours=hours)
        assert write_report(tmp_path).stat().st_size < 8_000_000

    def test_same_run_same_page(self, run):
        assert write_report(run).read_bytes() == write_report(run).read_bytes()
        assert sorted(path.name for path in run.iterdir()) == ["metrics.parquet", "report.html", "run.json"]

    @given(st.text())
    def test_json_cannot_leave_its_script(self, text):
        inside = in_script({"name": text})
        assert not re.search("[<>&\u2028\u2029]", inside)
        assert json.loads(inside) == {"name": text}


def _texts(figure):
    """Return every text of a figure that Plotly reads as markup."""
    if isinstance(figure, dict):
        plain = {"meta", "color", "dash", "symbol", "mode", "family"}
        return [text for key, value in figure.items() if key not in plain for text in _texts(value)]
    if isinstance(figure, list):
        return [text for value in figure for text in _texts(value)]
    return [figure] if isinstance(figure, str) else []
