"""Sessions as natural censoring: when KuaiLive's rooms and visits end, and a world whose rooms close."""

import numpy as np
import pytest
from logs import WINDOW
from test_kuailive import CLICKS, HOUR, ROOMS, START, folder, prepared

from replay.encoding import Encoding
from replay.errors import LogError
from replay.log import NEVER
from replay.prepare import prepare
from replay.worlds.giving import GiftRefunds
from replay.worlds.livestream import LivestreamWorld
from scenarios import ScenarioError
from simulator import load, run

MILLI, DAY = 1_000, 86_400_000_000  # us


def ends(tmp_path, **options):
    log = prepared(folder(tmp_path), tmp_path, **options)
    return log.outcomes_until


def test_rooms_visits_or_nothing_end_a_clicks_outcomes(tmp_path):
    """In the order of the clicks: rooms 10, 10, 10, 11, 11."""
    room = np.array([START + 5 * HOUR] * 5) * MILLI
    visit = np.array([at + watched for _, _, _, at, watched in CLICKS]) * MILLI
    np.testing.assert_array_equal(ends(tmp_path), room)
    np.testing.assert_array_equal(ends(tmp_path, outcomes_until="visit_end"), visit)
    assert ends(tmp_path, outcomes_until="window") is None
    with pytest.raises(LogError, match="outcomes_until: expected room_end, visit_end or window, got 'end'"):
        ends(tmp_path, outcomes_until="end")


def test_a_room_that_is_not_known_or_was_over_ends_nothing(tmp_path):
    rooms = [(*ROOMS[0][:5], START - 1, *ROOMS[0][6:])]
    log = prepared(folder(tmp_path, rooms=rooms), tmp_path)
    assert (log.outcomes_until == NEVER).all()
    assert "clicks after the end of their outcomes: 3; they wait for the attribution window" in log.intake.notes
    without = prepared(folder(tmp_path, rooms=None), tmp_path)
    assert without.outcomes_until is None
    told = "no column end_timestamp in room.csv: labels are sure after the attribution window alone"
    assert told in without.intake.notes


def test_a_gift_after_its_visit_is_told(tmp_path):
    notes = prepared(folder(tmp_path), tmp_path, outcomes_until="visit_end").intake.notes
    assert any(note.startswith("outcomes after the end that their click's outcomes_until says: 1;") for note in notes)


def test_a_run_confirms_negatives_when_their_room_closes(tmp_path):
    """Of the three clicks on room 10, which closes half an hour before the log ends, one brings no gift."""
    here = folder(tmp_path, rooms=[(*ROOMS[0][:5], START + 3 * HOUR // 2, *ROOMS[0][6:])])
    shown = {}
    for until in ("room_end", "window"):
        log = {"kind": "kuailive", "path": str(here), "max_quarantined": 1.0, "outcomes_until": until}
        clock = {"attribution_window": "1d", "publish_every": "30m"}
        more = {"method": [{"name": "fnc_rn"}], "clock": clock, "metrics": {"bootstrap": 0}}
        shown[until] = run(load({"name": "a", "log": log, **more})).record["methods"]["fnc_rn"]["examples"]
    assert shown["room_end"] == shown["window"] + 1


def world(**options):
    reader = LivestreamWorld(clicks=120_000, seed=5, users=800, streamers=900, attribution_window=DAY, **options)
    blocks = list(reader.clicks())
    columns = [np.concatenate([getattr(b, name) for b in blocks]) for name in ("click_time", "true_probability")]
    value = np.concatenate([b.true_value for b in blocks])
    first = np.cumsum([0, *(len(b.click_time) for b in blocks)])
    gifts = [(b.outcome_row + at, b.outcome_time, b.outcome_amount) for b, at in zip(blocks, first, strict=False)]
    row, time, amount = (np.concatenate(column) for column in zip(*gifts, strict=True))
    until = None if blocks[0].outcomes_until is None else np.concatenate([b.outcomes_until for b in blocks])
    return *columns, value, row, time, amount, until


def test_no_gift_comes_after_its_room_has_closed_and_all_others_are_as_they_were():
    time, _, _, row, when, amount, until = world(rooms_close=True)
    assert ((until > time) & (until <= time + 4 * HOUR * MILLI)).all()
    assert (when < until[row]).all()
    plain = world()
    assert plain[-1] is None
    kept = plain[4] < until[plain[3]]
    assert 0.05 < 1 - kept.mean() < 0.2
    for column, other in zip((row, when, amount), plain[3:6], strict=True):
        np.testing.assert_array_equal(column, other[kept])


def test_the_truth_knows_when_rooms_close():
    """In fifths of the clicks, by how much time their room has left: within four standard errors."""
    time, chance, value, row, _, amount, until = world(rooms_close=True, spread=0.5, whales=0.5)
    gave, money = np.zeros(len(time)), np.bincount(row, amount, len(time))
    gave[row] = 1
    for part in np.array_split(np.argsort(until - time), 5):
        error = np.sqrt((chance[part] * (1 - chance[part])).sum())
        assert abs(gave[part].sum() - chance[part].sum()) < 4 * error
        assert abs(money[part].sum() - value[part].sum()) < 4 * np.sqrt((money[part] ** 2).sum())
    first, last = (chance[part].mean() for part in np.array_split(np.argsort(until - time), 20)[::19])
    assert first < 0.8 * last


def test_refunds_come_after_rooms_have_closed():
    with pytest.raises(LogError, match="rooms_close: expected no refunds"):
        LivestreamWorld(rooms_close=True, refunds=GiftRefunds(0.1, DAY))
    log = {"kind": "livestream", "clicks": 100, "rooms_close": True, "refunds": {"share": 0.1}}
    with pytest.raises(ScenarioError, match=r"log\.rooms_close: expected false beside \[log\.refunds\]"):
        load({"name": "a", "log": log, "method": [{"name": "oracle"}]})


def test_the_log_on_disk_has_it(tmp_path):
    reader = LivestreamWorld(clicks=2_000, rooms_close=True, attribution_window=WINDOW)
    log = prepare(reader, encoding=Encoding(bits=10), cache=tmp_path)
    assert log.outcomes_until is not None
    assert ((log.outcomes_until > log.click_time) & (log.outcomes_until != NEVER)).all()
