"""Late is counted, not dropped: the side file has every late outcome, to the row, and its money, to the cent."""

import dataclasses
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from faulty import faulty_feeds, halved
from frames import changed, frame, played
from hypothesis import given
from hypothesis import strategies as st
from logs import WINDOW, delivered, logs, make_log

from replay.faults import ClockSkew
from replay.feed import LabelFeed
from replay.log import NEVER, OutcomeKind
from replay.passage import passage
from simulator import late, load, load_grid, run
from simulator.grid import run_grid
from simulator.late import write_late
from simulator.ledger import LedgerError, settle

US = pd.Timedelta(microseconds=1)


def listed(folder, deliveries):
    """Write the side file and return its counts and its rows."""
    found = write_late(folder, deliveries, WINDOW)
    return found, pq.read_table(folder / late.FILE).to_pandas()


def microseconds(times):
    return ((times - pd.Timestamp(0, tz="UTC")) // US).tolist()


@given(logs(), faulty_feeds, st.integers(0, 8_000), st.sampled_from([1, 3, 1 << 18]))
def test_every_late_outcome_is_listed_and_none_else(tmp_path_factory, log, feed, end, rows):
    deliveries = delivered(halved(log), feed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(late, "_ROWS", rows)
        found, frame = listed(tmp_path_factory.mktemp("late"), deliveries)
    way = passage(deliveries.log, feed)
    expected = []
    for i, (row, kind, _, amount) in enumerate(zip(*log.outcomes, strict=True)):
        click, says, comes = int(log.click_time[row]), int(way.says[i]), int(way.comes[i])
        told = (int(log.click[row]), click, OutcomeKind(kind).name.lower(), says, comes, Decimal(int(amount)) / 10**6)
        if deliveries.outside[i]:
            expected.append((*told, "outside_window", says - click - WINDOW))
        elif deliveries.outcome_arrival[i] != NEVER:
            due = int(deliveries.watermark.reaches(np.array([says]))[0])
            if comes > due:
                expected.append((*told, "behind_watermark", comes - due))
    times = {name: microseconds(frame[name]) for name in ("click_time", "time", "arrival")}
    by = (frame["late_by"] // US).tolist()
    assert list(zip(*frame.assign(**times, late_by=by).to_numpy().T.tolist(), strict=True)) == expected
    assert all(late_by > 0 for late_by in by)
    ledger = settle(deliveries.log, deliveries, log.n_clicks, end)
    found.check(ledger)
    for kind, account in ledger.outcomes.items():
        mine = frame[(frame["kind"] == kind) & (frame["reason"] == "outside_window")]
        assert len(mine) == account.went["outside_window"] == found.outcomes["outside_window"][kind]
        if kind in ledger.money:
            money = int(sum(mine["amount"], Decimal(0)) * 10**6)
            assert money == ledger.money[kind].went["outside_window"] == found.money["outside_window"][kind]
    assert sum(map(Counter.total, found.outcomes.values())) == len(frame)


def test_a_feed_that_keeps_its_word_is_late_for_the_window_alone(tmp_path):
    log = make_log([0, 0, 0], [(0, WINDOW), (1, WINDOW + 1), (2, WINDOW + 7, OutcomeKind.GIFT, 5_250_000)])
    found, frame = listed(tmp_path, delivered(log, LabelFeed("constant", 130, outages=((900, 1_100),))))
    assert (frame["late_by"] // US).tolist() == [1, 7]
    assert found.as_dict() == {
        "outside_window": {"outcomes": {"conversion": 1, "gift": 1}, "money": {"conversion": "0.00", "gift": "5.25"}},
        "behind_watermark": {"outcomes": {}, "money": {}},
    }
    [note] = found.notes()
    assert note.startswith("outcomes later than stated: 2 after the attribution window, never applied; each is listed ")


def test_a_wrong_clock_is_behind_a_watermark_that_knows_nothing_of_it(tmp_path):
    log = make_log([0], [(0, 500)])
    found, frame = listed(tmp_path, delivered(log, LabelFeed(faults=(ClockSkew(-300, 0, 1_000),))))
    assert frame["reason"].tolist() == ["behind_watermark"]
    assert (frame["late_by"] // US).tolist() == [300]
    assert "1 behind the feed's watermark, applied" in found.notes()[0]


def test_nothing_late_is_an_empty_file_and_no_note(tmp_path):
    found, frame = listed(tmp_path, delivered(make_log([0], [(0, 5)])))
    assert len(frame) == 0
    assert list(frame) == ["click", "click_time", "kind", "time", "arrival", "amount", "reason", "late_by"]
    assert found.notes() == []


def test_what_the_ledger_does_not_confirm_fails_the_run(tmp_path):
    deliveries = delivered(make_log([0], [(0, WINDOW + 5)]))
    ledger = settle(deliveries.log, deliveries, 1, 5_000)
    found, _ = listed(tmp_path, dataclasses.replace(deliveries, outside=np.array([False])))
    with pytest.raises(LedgerError, match="lists 0 conversions outside the attribution window, the ledger has 1"):
        found.check(ledger)


def test_a_run_leaves_it_and_tells_of_it(capsys):
    feed = {"kind": "exponential", "latency": "2h"}
    result = played(frame(), changed(clock={"attribution_window": "12h"}, feed=feed))
    counts = result.late.groupby(["reason", "kind"]).size()
    assert counts["outside_window", "conversion"] == result.ledger["conversions"]["outside_window"] > 50
    assert 0 < counts["behind_watermark", "conversion"] < 0.03 * result.ledger["conversions"]["delivered"]
    money = result.late[result.late["reason"] == "outside_window"]["amount"].sum()
    assert money == Decimal(result.ledger["money"]["conversion"]["outside_window"])
    told = result.record["late"]["outside_window"]
    assert told["outcomes"] == {"conversion": counts["outside_window", "conversion"]}
    assert Decimal(told["money"]["conversion"]) == money
    assert "outcomes later than stated: " in result.report.read_text(encoding="utf-8")


def test_an_outage_of_a_segment_is_judged_by_that_segment():
    outage = {"kind": "outage", "at": "1d", "until": "3d", "column": "campaign", "value": "a"}
    result = played(frame(), changed(feed={"latency": "5m", "fault": [outage]}))
    assert set(result.late["reason"]) <= {"outside_window"}  # the watermark stands still, so nothing is behind it


def test_a_cell_of_a_grid_has_the_file_of_its_run(tmp_path):
    frame().to_parquet(tmp_path / "clicks.parquet")
    scenario = changed(
        log={"path": [str(tmp_path / "clicks.parquet")]}, grid={"clock.attribution_window": ["6h", "1d"]}
    )
    grid = run_grid(load_grid(scenario), out=tmp_path / "grid")
    for cell, window in zip(grid.cells, ("6h", "1d"), strict=True):
        alone = run(load({**scenario, "grid": {}}, [f"clock.attribution_window={window}"]), out=tmp_path / window)
        assert Path(cell.result.folder / late.FILE).read_bytes() == (alone.folder / late.FILE).read_bytes()
        assert cell.result.record["late"] == alone.record["late"]
        assert len(alone.late) > 5
