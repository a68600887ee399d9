"""What bad input gets, as users meet it: by the command line, on files, with exit status and nothing half-written."""

import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from frames import frame

from simulator.cli import DONE, FAILED, WRONG, main

SCENARIO = """\
name = "x"
[log]
kind = "table"
path = "log.parquet"
{log}
[clock]
attribution_window = "1d"
{clock}
[metrics]
bootstrap = 0
{metrics}
[[method]]
name = "fnw"
{method}
"""
SECOND, HOUR = pd.Timedelta("1s"), pd.Timedelta("1h")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def converted(log):
    return log.index[log["conversion_time"].notna()]


def early(log):
    rows = converted(log)
    log.loc[rows[:3], "conversion_time"] = log["click_time"][rows[:3]] - SECOND
    log.loc[rows[3], "conversion_time"] = log["click_time"][rows[3]] - HOUR
    return log


def numbers(log):
    """Return the log with times in seconds, some of them and some amounts without sense."""
    known = log["conversion_time"].notna()
    for column in ("click_time", "conversion_time"):
        log[column] = log[column].dt.tz_localize(None).astype("datetime64[us]").astype("int64") / 1e6
    log["conversion_time"] = log["conversion_time"].where(known)
    rows = log.index[known]
    log.loc[log.index[~known][:2], "click_time"] = [np.nan, np.inf]
    log.loc[rows[5], "conversion_time"] = np.inf
    log.loc[rows[6], "amount"] = np.inf
    return log


def naive(log):
    return log.assign(**{name: log[name].dt.tz_localize(None) for name in ("click_time", "conversion_time")})


def mixed(log):
    known = log["conversion_time"].notna()
    log["click_time"] = log["click_time"].astype("int64") // 10**6
    log["conversion_time"] = (log["conversion_time"].astype("int64") // 10**3).astype("Int64").where(known)
    return log


def named(log):
    return log.assign(click_id=np.arange(len(log)))


GOES_ON = {
    "outcome before its click": (early, "", {"conversions": {"outcome_before_click": 4}}, ""),
    "clock skew": (early, 'clock_skew = "2s"', {"conversions": {"outcome_before_click": 1}}, "moved to its time"),
    "duplicate ids": (
        lambda log: pd.concat([named(log), named(log).iloc[:20]]),
        'click_id = "click_id"',
        {"clicks": {"duplicate_click": 20}},
        "",
    ),
    "unsorted": (lambda log: log.sample(frac=1, random_state=1), "", {}, "the log was sorted by click time"),
    "no numbers": (
        numbers,
        "",
        {"clicks": {"missing_click_time": 2}, "conversions": {"outcome_time_invalid": 1, "amount_invalid": 1}},
        "numbers are read as seconds since 1970",
    ),
    "missing features": (lambda log: log.assign(price=np.nan, campaign=None), 'categorical = ["campaign"]', {}, ""),
    "local times": (naive, 'timezone = "Europe/Berlin"', {}, "times without a zone are read as Europe/Berlin"),
    "empty": (lambda log: log.iloc[:0], "", {}, ""),
    "one click": (lambda log: log.iloc[:1], "", {}, ""),
    "all convert": (lambda log: log.assign(conversion_time=log["click_time"] + HOUR), "", {}, ""),
    "none converts": (lambda log: log.drop(columns=["conversion_time", "amount"]), "", {}, ""),
}


@pytest.mark.parametrize("case", GOES_ON)
def test_rows_that_are_merely_wrong_are_counted_and_the_run_goes_on(case, here):
    change, log, quarantined, note = GOES_ON[case]
    change(frame(300)).to_parquet("log.parquet", index=False)
    (here / "x.toml").write_text(SCENARIO.format(log=log, clock="", metrics="", method=""))
    assert main(["run", "x.toml", "--out", "out", "--quiet"]) == DONE
    record = json.loads((here / "out" / "run.json").read_text(encoding="utf-8"))
    found = {kind: record["ledger"].get(kind, {}).get("quarantined", {}) for kind in ("clicks", "conversions")}
    for kind, reasons in quarantined.items():
        assert reasons.items() <= found[kind].items()
    assert any(note in told for told in record["log"]["notes"])
    if quarantined:
        assert len(pq.read_table(record["log"]["quarantine"])) == sum(sum(kind.values()) for kind in found.values())
    metrics = pq.read_table(here / "out" / "metrics.parquet").to_pandas()
    assert (metrics["reason"][metrics["value"].isna()] != "").all()


def write(content):
    def put(log):
        with open("log.parquet", "wb") as file:  # noqa: PTH123  (in the test's folder)
            file.write(content)

    return put


def cut(log):
    log.to_parquet("log.parquet")
    os.truncate("log.parquet", 5_000)


def flipped(log):
    table = pa.Table.from_pandas(log, preserve_index=False)
    pq.write_table(table, "log.parquet", write_page_checksum=True, compression="none", use_dictionary=False)
    with open("log.parquet", "r+b") as file:  # noqa: PTH123  (as above)
        file.seek(600)
        byte = file.read(1)[0]
        file.seek(600)
        file.write(bytes([byte ^ 4]))


def kept(change=lambda log: log):
    return lambda log: change(log).to_parquet("log.parquet", index=False)


REFUSED = {
    "too much of it": (
        kept(lambda log: log.assign(conversion_time=log["click_time"] - HOUR)),
        {},
        ["outcomes refused: 300 of 300, expected a share of at most max_quarantined = 0.05: outcome_before_click 300"],
    ),
    "mixed units": (kept(mixed), {}, ["'click_time' of", "is in seconds", "is in milliseconds", "convert them to one"]),
    "naive times": (kept(naive), {}, ["2 problems", "has times without a zone", "set timezone to the one they are in"]),
    "renamed columns": (
        kept(lambda log: log.rename(columns={"click_time": "clicktime", "campaign": "campain"})),
        {"log": 'categorical = ["campaign"]'},
        ["2 problems", "did you mean 'clicktime'?", "did you mean 'campain'?"],
    ),
    "an empty file": (write(b""), {}, ["expected a Parquet file, found an empty one; write or copy the file again"]),
    "garbage": (write(b"\x07" * 900), {}, ["expected b'PAR1' at the start", "write or copy the file again"]),
    "cut short": (cut, {}, ["cut short", "write or copy the file again"]),
    "a bit turned": (flipped, {}, ["damaged after row 0", "write or copy the file again"]),
    "a window of the past": (
        kept(),
        {"clock": 'publish_every = "-1h"'},
        ["clock.publish_every: expected", "got '-1h'"],
    ),
    "never evaluated": (kept(), {"clock": 'evaluate_from = "400d"'}, ["expected less than the log's length", "400d"]),
    "past the attribution window": (
        kept(),
        {"method": '[[method]]\nname = "waiting_window"\nwindow = "30d"'},
        ["method[1].window: expected at most the attribution window, 1d, got 30d"],
    ),
    "everything wrong at once": (
        kept(),
        {"log": "pth = 1", "metrics": "bins = 0", "method": 'label = "../../evil"'},
        ["3 problem(s)", "did you mean 'path'?", "metrics.bins", "method[0].label: expected a name of"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used_is_told_in_one_message_and_nothing_is_written(case, here, capfd):
    put, parts, told = REFUSED[case]
    put(frame(300))
    (here / "x.toml").write_text(SCENARIO.format(**{"log": "", "clock": "", "metrics": "", "method": "", **parts}))
    before = sorted(path.name for path in here.iterdir())
    assert main(["run", "x.toml", "--out", "out", "--quiet"]) == WRONG
    said = capfd.readouterr()
    assert all(part in said.err for part in told), said.err
    assert "Traceback" not in said.err
    assert said.out == ""
    assert sorted(path.name for path in here.iterdir()) == before


@pytest.mark.parametrize("place", ["a link", "a file", "a folder of others"])
def test_only_a_place_of_its_own_is_written_to(place, here, capsys):
    out = here / "out"
    if place == "a file":
        out.write_text("mine")
    else:
        (here / "mine").mkdir()
        (here / "mine" / "letter").write_text("mine")
        out = here / "mine" if place == "a folder of others" else out
        if place == "a link":
            out.symlink_to(here / "mine")
    assert main(["run", "quickstart", "--set", "log.clicks=100", "--out", str(out), "--quiet"]) == WRONG
    assert "name another with --out" in capsys.readouterr().err
    assert (out.read_text() if place == "a file" else (here / "mine" / "letter").read_text()) == "mine"


def test_a_full_disk_is_named_with_what_to_do(here, capsys, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device", "out/metrics.parquet")

    monkeypatch.setattr("simulator.play.write_metrics", full)
    assert main(["run", "quickstart", "--set", "log.clicks=100", "--out", "out", "--quiet"]) == FAILED
    told = (
        "the disk is full at out/metrics.parquet: nothing was written; make room, or name another folder with --out\n"
    )
    assert capsys.readouterr().err == told
    assert list(here.iterdir()) == []
