"""Lines of text files with another number of columns: quarantined one by one, each by its line, and the run goes on."""

import gzip

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from frames import changed, frame
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.encoding import Encoding
from replay.errors import LogError
from replay.prepare import prepare
from replay.readers import CriteoReader, TableReader, delimited, lines
from replay.readers.digests import Digests
from simulator import load, run
from simulator.cli import WRONG, main

START = 1_700_000_000
FITS = ["plain", "quoted", "broken", "doubled"]  # what the second field is
STRAYS = ["few", "many", "stray_quoted", "stray_broken"]
TEXT = {
    "plain": "{},a",
    "quoted": '{},"a,b"',
    "broken": '{},"a\nb\r\n\nc"',
    "doubled": '{},"a""\n"',
    "few": "{}",
    "many": "{},a,b",
    "stray_quoted": '{},"a\n"",",b',
    "stray_broken": '"{}\n"',
    "empty": "",
}


def prepared(folder, reader, **options):
    """Return a log and what was refused of it: (source, row, what, reason, found)."""
    log = prepare(reader, encoding=Encoding(), cache=folder / "cache", **options)
    path = log.description.get("quarantine")
    listed = pq.read_table(path).to_pylist() if path else []
    return log, [tuple(one[name] for name in ("row", "what", "reason", "found")) for one in listed]


@given(
    st.lists(st.sampled_from([*FITS, *FITS, *STRAYS, "empty"]), max_size=40).filter(
        lambda kinds: set(FITS) & set(kinds)
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(0, 3),
)
@settings(max_examples=60)
def test_every_line_is_read_or_listed_by_its_place(tmp_path_factory, kinds, newline, block):
    folder = tmp_path_factory.mktemp("log")
    rows, places, line, content = [], [], 2, f"click_time,site{newline}"
    for number, kind in enumerate(kinds):
        text = TEXT[kind].format(START + number)
        if kind != "empty":
            rows.append((kind, line, text))
        content += text + newline
        line += text.count("\n") + 1
    (folder / "log.csv").write_bytes(content.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK", 64 << block)
        patch.setattr(lines, "_BLOCK", 7)
        log, listed = prepared(folder, TableReader(folder / "log.csv", categorical=["site"]), max_quarantined=1.0)
    places = [row for row, (kind, _, _) in enumerate(rows) if kind in FITS]
    assert log.click.tolist() == places
    assert (log.click_time // 1_000_000).tolist() == [
        START + number for number, kind in enumerate(kinds) if kind in FITS
    ]
    expected = [(row, line, text) for row, (kind, line, text) in enumerate(rows) if kind in STRAYS]
    assert [found[:3] for found in listed] == [(row, "click", "malformed_line") for row, _, _ in expected]
    for (_, line, text), (*_, found) in zip(expected, listed, strict=True):
        assert found.startswith(f"line {line}: expected 2 columns, found ")
        assert found.endswith(repr(text))
    assert log.intake.clicks_read == len(rows)


@pytest.mark.parametrize("packed", [False, True])
def test_a_few_among_many_blocks_are_listed_and_cut(tmp_path, packed):
    rows = [f"{START + i},{i % 7}" for i in range(400_000)]
    wrong = [0, 1, 99_999, 250_000, 399_999]
    for row in wrong:
        rows[row] = "x" * 5_000
    content = "\n".join(["click_time,site", *rows]).encode()
    path = tmp_path / ("log.csv.gz" if packed else "log.csv")
    path.write_bytes(gzip.compress(content, 1) if packed else content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "_BLOCK", 1 << 19)
        log, listed = prepared(tmp_path, TableReader(path))
    assert log.intake.clicks_read == 400_000
    assert log.intake.clicks_quarantined == {"malformed_line": len(wrong)}
    assert [row for row, *_ in listed] == wrong
    assert listed[3][3] == f"line 250002: expected 2 columns, found 1: '{'x' * 200}'"
    assert np.array_equal(log.click, np.delete(np.arange(400_000), wrong))


def test_a_log_without_its_stray_lines_is_the_same_log(tmp_path):
    sound = frame(400).to_csv(index=False, lineterminator="\n").splitlines()
    stray = [*sound[:5], "what, is, this", *sound[5:300], "", ",,,,,,,,,,", *sound[300:]]
    results = []
    for name, content in (("sound", sound), ("stray", stray)):
        (tmp_path / f"{name}.csv").write_text("\n".join(content) + "\n")
        results.append(run(load(changed(log={"path": [str(tmp_path / f"{name}.csv")]}))))
    one, other = results
    for method in ("oracle", "fnw"):
        a, b = one.predictions(method), other.predictions(method)
        pd.testing.assert_frame_equal(a.drop(columns="click"), b.drop(columns="click"))
        assert b["click"].tolist() == np.delete(np.arange(402), [4, 300]).tolist()
    clicks = other.ledger["clicks"]
    assert (clicks["read"], clicks["served"], clicks["quarantined"]) == (402, 400, {"malformed_line": 2})
    assert "has not as many columns as the first" in other.report.read_text(encoding="utf-8")


def test_strays_of_a_second_table_are_outcomes_of_the_kind_that_says_nothing(tmp_path):
    (tmp_path / "clicks.csv").write_text("click_time,click_id\n" + "".join(f"{START + i},{i}\n" for i in range(50)))
    rows = ["click_id,time,amount", f"3,{START + 90},1.25", "4", f"5,{START + 91},1,1", f"6,{START + 92},2"]
    (tmp_path / "gifts.csv").write_text("\n".join(rows))
    body = f"""
        name = "gifts"
        [log]
        kind = "table"
        path = "{tmp_path}/clicks.csv"
        click_id = "click_id"
        outcome_kind = "gift"
        max_quarantined = 0.5
        outcomes = {{ path = "{tmp_path}/gifts.csv", click_id = "click_id", time = "time", amount = "amount" }}
        [clock]
        attribution_window = "1h"
        publish_every = "10s"
        [[method]]
        name = "fnw"
    """
    (tmp_path / "gifts.toml").write_text(body)
    ledger = run(load(tmp_path / "gifts.toml")).ledger
    assert ledger["gifts"]["quarantined"] == {"malformed_line": 2}
    assert ledger["gifts"]["read"] == 4
    assert ledger["money"]["gift"]["read"] == "3.25"


def test_more_than_the_stated_share_is_refused(tmp_path):
    good, bad = f"{START},a\n", f"{START}\n"
    (tmp_path / "log.csv").write_text("click_time,site\n" + good * 94 + bad * 6)
    with pytest.raises(LogError, match=r"clicks refused: 6 of 100, .* = 0.05: malformed_line 6; the rows"):
        prepared(tmp_path, TableReader(tmp_path / "log.csv"))
    assert prepared(tmp_path, TableReader(tmp_path / "log.csv"), max_quarantined=0.06)[0].n_clicks == 94


def test_strays_of_criteo(tmp_path):
    line = "\t".join(["5", "", *"12345678", *"abcdefghi"]) + "\n"
    (tmp_path / "data.txt").write_text(line * 30 + "\n" + line.replace("a\t", "") + line)
    log, listed = prepared(tmp_path, CriteoReader(tmp_path / "data.txt"))
    assert log.n_clicks == 31
    [(row, _, reason, found)] = listed
    assert (row, reason) == (30, "malformed_line")
    assert found.startswith("line 32: expected 19 columns, found 18: '5\\t\\t1")


def test_a_stray_that_is_no_text_is_told_without_a_traceback(tmp_path, capfd):
    (tmp_path / "log.csv").write_bytes(b"click_time,site\n" + f"{START},a\n".encode() * 30 + b"5,\xff,1\n")
    (tmp_path / "log.toml").write_text(
        'name = "x"\n[log]\nkind = "table"\npath = "log.csv"\n'
        '[clock]\nattribution_window = "1d"\n[[method]]\nname = "fnw"\n'
    )
    assert main(["run", str(tmp_path / "log.toml"), "--out", str(tmp_path / "out"), "--quiet"]) == WRONG
    told = capfd.readouterr().err
    assert told == f"{tmp_path}/log.csv: line 32: expected UTF-8 text, found other bytes; save the file as UTF-8\n"
    assert not (tmp_path / "out").exists()


def test_who_cannot_set_them_aside_is_told_of_the_first(tmp_path):
    (tmp_path / "room.csv").write_text('live_id,title\n1,"a\nb"\n\n2,a,b\n')
    source = delimited.DelimitedSource(tmp_path / "room.csv", Digests(None))
    with pytest.raises(LogError, match="line 5: expected 2 columns, found 3: '2,a,b'; mend or remove it"):
        list(source.batches({"live_id": "plain"}))
