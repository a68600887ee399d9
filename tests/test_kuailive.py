"""The KuaiLive reader, on files of the published shape that the tests write."""

import csv
import gzip
import shutil
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.encoding import Encoding
from replay.errors import LogError
from replay.hashing import NO_ID
from replay.log import MICROS, NEVER
from replay.prepare import prepare
from replay.readers import KuaiLiveReader
from replay.readers.id_table import IdTable, distinct
from replay.readers.kuailive_gifts import NO_PAIR, Visits, click_ids, link, pairs
from scenarios import Scenario
from simulator import run

START = 1_746_374_400_000  # ms: 2025-05-05 00:00 in China
MINUTE, HOUR = 60_000, 3_600_000
CLICK = ("user_id", "live_id", "streamer_id", "timestamp", "watch_live_time")
GIFT = ("user_id", "live_id", "streamer_id", "timestamp", "gift_price")
ROOM = (
    "p_date",
    "live_id",
    "streamer_id",
    "live_type",
    "start_timestamp",
    "end_timestamp",
    "live_content_category",
    "live_name_id",
)
USER = (
    "user_id",
    "age",
    "gender",
    "country",
    "device_brand",
    "device_price",
    "reg_timestamp",
    "fans_num",
    "follow_num",
    "first_watch_live_timestamp",
    "accu_watch_live_cnt",
    "accu_watch_live_duration",
    "is_live_streamer",
    "is_photo_author",
    "onehot_feat0",
)
STREAMER = (
    "streamer_id",
    "gender",
    "age",
    "live_operation_tag",
    "fans_user_num",
    "first_live_timestamp",
    "accu_live_cnt",
    "reg_timestamp",
    "onehot_feat0",
)
CLICKS = [
    (1, 10, 7, START, 5 * MINUTE),
    (2, 10, 7, START + MINUTE, 1_000),
    (1, 10, 7, START + HOUR, 2 * MINUTE),
    (1, 11, 8, START + HOUR + 1, 3 * MINUTE),
    (3, 11, 8, START + 2 * HOUR, 9_000),
]
GIFTS = [
    (1, 10, 7, START, 5),  # bears the time of its click
    (1, 10, 7, START + 2 * MINUTE, 2),
    (1, 10, 7, START + HOUR + MINUTE, 10),  # after the second visit began
    (3, 11, 8, START + 2 * HOUR + HOUR, 1),  # long after the visit ended
]
ROOMS = [
    (20250505, 10, 7, 1, START - 30 * MINUTE, START + 5 * HOUR, "shop", 0),
    (20250505, 11, 8, -124, START + HOUR, START + 5 * HOUR, "other", 1),
    (20250506, 10, 7, 2, START + 20 * HOUR, START + 25 * HOUR, "music", 0),  # the room again, on the next day
    (20250505, 12, 9, 1, START, START, "shop", 2),
]
USERS = [
    (1, "18-23", "M", "China", "APPLE", "5000+", "2025-05-01", "0-10", "10-100", "2025-05-06", "0-50", "0-1", 0, 1, 1),
    (3, "50+", "F", "China", "OPPO", "0", "2020-01-01", "0-10", "10-100", "2020-01-02", "0-50", "0-1", 1, 1, 0),
]
STREAMERS = [(7, "F", "24-30", "Chat", "0-10", "2018-02-04", "0-50", "2014-07-03", 1)]


def write(path, names, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *rows])


def folder(tmp_path, clicks=CLICKS, gifts=GIFTS, rooms=ROOMS, users=USERS, streamers=STREAMERS):
    """Write the five files, and return their folder."""
    here = tmp_path / "kuailive"
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir()
    tables = {"click": (CLICK, clicks), "gift": (GIFT, gifts), "room": (ROOM, rooms)}
    for name, (names, rows) in (tables | {"user": (USER, users), "streamer": (STREAMER, streamers)}).items():
        if rows is not None:
            write(here / f"{name}.csv", names, rows)
    return here


def prepared(here, tmp_path, **options):
    return prepare(
        KuaiLiveReader(here, **options),
        encoding=Encoding(),
        cache=tmp_path / "cache",
        max_quarantined=1.0,
        keep_columns=True,
    )


def outcomes(log):
    """Return row, minutes after the click and price of every gift."""
    row, _, time, amount = log.outcomes
    return [
        (int(r), (int(t) - int(log.click_time[r])) / 60e6, a / MICROS)
        for r, t, a in zip(row, time, amount.tolist(), strict=True)
    ]


def refused(log):
    """Return the refused rows as (file, row, reason)."""
    rows = pq.read_table(log.description["quarantine"]).to_pylist() if "quarantine" in log.description else []
    return {(row["source"].rsplit("/", 1)[1], row["row"], row["reason"]) for row in rows}


def test_gifts_belong_to_the_last_visit_before_them(tmp_path):
    log = prepared(folder(tmp_path), tmp_path)
    assert log.click_time.tolist() == [1000 * click[3] for click in CLICKS]
    assert outcomes(log) == [(0, 2.0, 2.0), (0, 5.0, 5.0), (2, 1.0, 10.0), (4, 60.0, 1.0)]
    assert log.intake.outcomes_read["gift"] == 4
    assert not refused(log)
    assert log.true_value is None


def test_the_log_ends_with_its_last_record(tmp_path):
    clicks = [*CLICKS[:-1], (*CLICKS[-1][:4], 24 * HOUR)]  # a visit that ends long after the log
    log = prepared(folder(tmp_path, clicks, [*GIFTS[:3], (3, 11, 8, START + 2 * HOUR, 1)]), tmp_path)
    assert outcomes(log)[-1] == (4, 24 * 60.0, 1.0)
    assert log.observed_until == 1000 * (START + 2 * HOUR)


def test_gifts_may_stay_at_their_click(tmp_path):
    log = prepared(folder(tmp_path), tmp_path, gift_time="recorded")
    assert outcomes(log)[:2] == [(0, 0.0, 5.0), (0, 2.0, 2.0)]
    assert "gifts that bear the very time of their click: 1 of 4; they stay at it" in log.intake.notes


@pytest.mark.parametrize("watched", ["", "-5", "x", "nan", "1e18"])
def test_a_visit_whose_end_is_not_known_moves_no_gift(tmp_path, watched):
    clicks = [(*CLICKS[0][:4], watched), *CLICKS[1:]]
    log = prepared(folder(tmp_path, clicks), tmp_path)
    assert outcomes(log)[0] == (0, 0.0, 5.0)
    assert "gifts that bear the very time of their click: 1 of 4; 0 count from the end of the visit" in log.intake.notes


LENGTHS = (
    "visits end within so many minutes: 50 % of them 2.0, 90 % of them 4.2, 99 % of them 4.9, 99.9 % of them 5.0; "
    "a longer attribution window mostly waits"
)


def test_what_the_reader_tells(tmp_path):
    notes = prepared(folder(tmp_path), tmp_path).intake.notes
    assert notes[0] == (
        "categorical features, chosen by type and name: user_id, live_id, streamer_id, live_type, "
        "live_content_category, user_age, user_gender, user_country, user_device_brand, user_device_price, "
        "user_is_live_streamer, user_is_photo_author, user_onehot_feat0, streamer_gender, streamer_age, "
        "streamer_live_operation_tag, streamer_onehot_feat0"
    )
    assert notes[1] == (
        "not chosen, since they may count what came after a click: user_fans_num, user_follow_num, "
        "user_accu_watch_live_cnt, user_accu_watch_live_duration, streamer_fans_user_num, streamer_accu_live_cnt; "
        "name them under categorical if that is no matter"
    )
    assert notes[2] == (
        "numeric features, chosen by name: live_minutes, user_reg_days, user_first_watch_live_days, "
        "streamer_first_live_days, streamer_reg_days"
    )
    assert notes[3:6] == (
        "gifts that bear the very time of their click: 1 of 4; 1 count from the end of the visit",
        "gifts after the end of their click's visit: 1; they keep their time",
        LENGTHS,
    )
    assert set(notes[6:]) == {
        "room.csv: the live_id had been read, and the first counts (1 row)",
        "clicks whose user_id is not in user.csv (1 row)",
        "clicks whose streamer_id is not in streamer.csv (2 rows)",
    }


def test_features_are_what_was_known_at_the_click(tmp_path):
    log = prepared(folder(tmp_path), tmp_path)
    columns = log.columns.to_pydict()
    assert columns["user_id"] == ["1", "2", "1", "1", "3"]
    assert columns["live_type"] == ["1", "1", "1", "-124", "-124"]
    assert columns["live_content_category"] == ["shop", "shop", "shop", "other", "other"]
    assert columns["live_minutes"] == pytest.approx([30, 31, 90, 1 / 60_000, 60])
    assert columns["user_age"] == ["18-23", None, "18-23", "18-23", "50+"]
    assert columns["user_onehot_feat0"] == ["1", None, "1", "1", "0"]
    assert columns["user_reg_days"][:2] == [4.0, None]  # days of China
    assert columns["user_first_watch_live_days"][:3] == [None, None, None]  # not yet
    assert columns["streamer_live_operation_tag"] == ["Chat", "Chat", "Chat", None, None]
    assert not {"watch_live_time", "end_timestamp", "p_date", "timestamp"} & set(columns)


def test_what_follows_a_click_changes_no_feature(tmp_path):
    log = prepared(folder(tmp_path), tmp_path)
    clicks = [(*click[:4], 77_777 * number) for number, click in enumerate(CLICKS)]
    rooms = [(*room[:5], room[5] + HOUR, *room[6:]) for room in ROOMS]
    other = prepared(folder(tmp_path, clicks, GIFTS[:1], rooms), tmp_path)
    assert other.slots.slice(0, 5).tobytes() == log.slots.slice(0, 5).tobytes()
    assert other.fingerprint != log.fingerprint


def test_what_is_wrong_is_refused_and_counted(tmp_path):
    clicks = [
        *CLICKS,
        CLICKS[0],  # the same again
        (4, 12, 9, "soon", 5),
        (4, 13, 9, "", 5),
        ("", 12, 9, START + 3 * HOUR, 5),  # nobody knows who: kept, without gifts
        (5, 14, 9, START // 1000, 5),  # seconds among milliseconds
    ]
    gifts = [
        *GIFTS,
        GIFTS[1],  # the same again
        (9, 10, 7, START, 100),  # of somebody who never clicked
        (1, 99, 7, START, 0.25),  # in a room never clicked on
        (2, 10, 7, START, 3),  # before the click
        (4, 12, 9, START, 4),  # of a click without a time
        (1, 10, 7, "now", 7),
        (1, 10, 7, START + 3, "much"),
        (1, 10, 7, START + 4, ""),
        ("", 12, 9, START + HOUR, 1.01),
    ]
    log = prepared(folder(tmp_path, clicks, gifts), tmp_path)
    assert refused(log) == {
        ("click.csv", 5, "duplicate_click"),
        ("click.csv", 6, "missing_click_time"),
        ("click.csv", 7, "missing_click_time"),
        ("click.csv", 9, "missing_click_time"),
        ("gift.csv", 4, "duplicate_outcome"),
        ("gift.csv", 5, "outcome_without_click"),
        ("gift.csv", 6, "outcome_without_click"),
        ("gift.csv", 7, "outcome_before_click"),
        ("gift.csv", 8, "click_quarantined"),
        ("gift.csv", 9, "outcome_time_invalid"),
        ("gift.csv", 10, "amount_invalid"),
        ("gift.csv", 11, "amount_invalid"),
        ("gift.csv", 12, "outcome_without_click"),
    }
    assert outcomes(log) == outcomes(prepared(folder(tmp_path), tmp_path))
    assert log.intake.clicks_read == log.n_clicks + sum(log.intake.clicks_quarantined.values()) == 10
    kept = int(log.outcomes.amount.sum())
    lost = log.intake.money_quarantined["gift"]
    assert log.intake.money_read["gift"] == kept + sum(lost.values()) == 13_526 * MICROS // 100
    assert lost["outcome_without_click"] == 101_260_000


def test_a_little_before_the_click_may_be_its_own(tmp_path):
    here = folder(tmp_path, gifts=[(2, 10, 7, START + MINUTE - 500, 3)])
    reader = KuaiLiveReader(here)
    log = prepare(reader, encoding=Encoding(), cache=tmp_path / "cache", clock_skew=MICROS)
    assert outcomes(log) == [(1, 0.0, 3.0)]


def test_the_files_of_features_are_optional(tmp_path):
    here = folder(tmp_path, rooms=None, users=None, streamers=None)
    log = prepared(here, tmp_path)
    assert log.feature_names == ("user_id", "live_id", "streamer_id")
    assert log.intake.notes[:3] == tuple(
        f"{name}.csv is not there: no features of it" for name in ("room", "user", "streamer")
    )
    assert "numeric features, chosen by name: none" in log.intake.notes
    assert outcomes(log) == outcomes(prepared(folder(tmp_path), tmp_path))


def test_a_room_without_its_columns(tmp_path):
    here = folder(tmp_path)
    write(here / "room.csv", ("live_id", "live_type"), [(10, 1)])
    names = KuaiLiveReader(here).categorical
    assert "live_type" in names
    assert "live_content_category" not in names
    assert "live_minutes" not in KuaiLiveReader(here).numeric
    write(here / "room.csv", ("live_id", "other"), [(10, 1)])
    assert prepared(here, tmp_path).n_clicks == 5


def test_columns_in_another_order_and_by_another_name(tmp_path):
    here, plain = folder(tmp_path), prepared(folder(tmp_path), tmp_path)
    other = ("timestamp", "author_id", "more", "user_id", "live_id")
    write(here / "click.csv", other, [(c[3], c[2], "x", c[0], c[1]) for c in CLICKS])
    log = prepared(here, tmp_path)
    assert log.slots.slice(0, 5).tobytes() == plain.slots.slice(0, 5).tobytes()
    assert outcomes(log)[0] == (0, 0.0, 5.0)
    assert "no column watch_live_time among the clicks: gifts keep the time that is recorded" in log.intake.notes


def test_files_are_read_in_pieces(tmp_path, monkeypatch):
    clicks = [(user, 10 + user % 3, 7, START + user * MINUTE, 1_000 * user) for user in range(200)]
    gifts = [(*click[:4], 1 + click[0]) for click in clicks[::3]]
    rooms = [(20250505, 10 + number, 7, number % 3, START - number * HOUR, START, "shop", 0) for number in range(60)]
    here = folder(tmp_path, clicks, gifts, rooms)
    whole = prepared(here, tmp_path)
    monkeypatch.setattr("replay.readers.delimited._BLOCK", 400)
    assert sum(1 for _ in KuaiLiveReader(here).clicks()) > 10
    assert sum(1 for _ in KuaiLiveReader(here).outcomes()) > 3
    pieces = prepare(KuaiLiveReader(here), encoding=Encoding(), cache=tmp_path / "other", keep_columns=True)
    assert len(outcomes(pieces)) == len(gifts)
    assert outcomes(pieces) == outcomes(whole)
    assert pieces.slots.slice(0, 200).tobytes() == whole.slots.slice(0, 200).tobytes()
    assert pieces.columns.to_pydict() == whole.columns.to_pydict()
    assert pieces.intake == whole.intake


def test_files_packed_and_as_parquet(tmp_path):
    here = folder(tmp_path)
    plain = prepared(here, tmp_path)
    (here / "click.csv.gz").write_bytes(gzip.compress((here / "click.csv").read_bytes()))
    (here / "click.csv").unlink()
    for name in ("gift", "room", "user"):
        pq.write_table(pacsv.read_csv(here / f"{name}.csv"), here / f"{name}.parquet")
        (here / f"{name}.csv").unlink()
    log = prepared(here, tmp_path)
    assert log.columns.to_pydict() == plain.columns.to_pydict()
    assert outcomes(log) == outcomes(plain)


def test_features_and_segments_that_are_asked_for(tmp_path):
    here = folder(tmp_path)
    reader = KuaiLiveReader(
        here, categorical=["streamer_id", "user_fans_num"], numeric=["live_minutes"], segments=["user_gender"]
    )
    log = prepare(reader, encoding=Encoding(), cache=tmp_path / "cache", segments=["user_gender"])
    assert log.feature_names == ("streamer_id", "user_fans_num", "live_minutes")
    assert log.segments["user_gender"].values == ("M", "(missing)", "F")
    nothing = prepared(here, tmp_path, categorical=[], numeric=[])
    assert (nothing.n_clicks, nothing.feature_names) == (5, ())


MESSAGES = [
    ({"categorical": ["user_agee", "zzz"]}, ["categorical: no column 'user_agee'; did you mean 'user_age'?"]),
    (
        {"numeric": ["watch_live_time"], "categorical": ["end_timestamp", "user_id", "user_id"]},
        [
            "categorical: 'end_timestamp' is not known at the click, so nothing may be learned from it",
            "numeric: 'watch_live_time' is not known at the click, so nothing may be learned from it",
            "column 'user_id' is named twice as a feature; once is enough",
        ],
    ),
    ({"segments": ["gendr"]}, ["segments: no column 'gendr'; did you mean 'user_gender'?"]),
    ({"numeric": ["qqqq"]}, ["numeric: no column 'qqqq'; there are live_minutes, user_reg_days, "]),
    ({"gift_time": "late"}, ["gift_time: expected session_end or recorded, got 'late'"]),
]


@pytest.mark.parametrize(("options", "expected"), MESSAGES)
def test_what_is_asked_in_vain(tmp_path, options, expected):
    here = folder(tmp_path)
    with pytest.raises(LogError) as error:
        list(KuaiLiveReader(here, **options).categorical)
    for said in expected:
        assert any(problem.startswith(said) for problem in error.value.problems), error.value.problems


def test_folders_that_are_none(tmp_path):
    here = folder(tmp_path)
    with pytest.raises(LogError, match=r"expected the folder with click\.csv and gift\.csv, found a file"):
        KuaiLiveReader(here / "click.csv")
    with pytest.raises(LogError, match=r"expected the folder with click\.csv and gift\.csv, found nothing"):
        KuaiLiveReader(here / "there")
    with pytest.raises(LogError, match="only local files are read"):
        KuaiLiveReader("https://example.org/kuailive")
    with pytest.raises(LogError, match="expected one folder with the files of KuaiLive, got 2 paths"):
        KuaiLiveReader([here, here])
    (here / "gift.csv").unlink()
    (here / "click.tsv").write_text("x\n")
    with pytest.raises(LogError) as error:
        KuaiLiveReader(here)
    assert [problem.removeprefix(f"{here}: ") for problem in error.value.problems] == [
        "expected one file of clicks, found click.csv, click.tsv; keep one",
        "expected a file gift.csv, found none; there are click.csv, click.tsv, room.csv, streamer.csv, user.csv",
    ]


def test_columns_that_are_missing(tmp_path):
    here = folder(tmp_path)
    write(here / "click.csv", ("user_id", "live", "streamer_id", "timestamp"), [])
    write(here / "gift.csv", ("user_id", "live_id", "timestamp", "price", "price"), [])
    with pytest.raises(LogError) as error:
        next(KuaiLiveReader(here).clicks())
    assert [problem.rsplit("/", 1)[1] for problem in error.value.problems] == [
        "click.csv: expected a column 'live_id', found none; did you mean 'live'?",
        "gift.csv: expected a column 'gift_price', found none; did you mean 'price'?",
        "gift.csv: expected one column 'price', found 2; rename all but one",
    ]


def test_an_empty_log(tmp_path):
    log = prepared(folder(tmp_path, [], [], [], [], []), tmp_path)
    assert log.n_clicks == len(log.outcomes.row) == 0


def test_where_the_files_lie_is_no_part_of_the_log(tmp_path):
    here = folder(tmp_path)
    first = KuaiLiveReader(here).fingerprint()
    moved = here.rename(tmp_path / "elsewhere")
    assert KuaiLiveReader(moved).fingerprint() == first
    others = [{"gift_time": "recorded"}, {"categorical": ["user_id"]}, {"numeric": []}, {"segments": ["user_age"]}]
    prints = {KuaiLiveReader(moved, **option).fingerprint() for option in others}
    assert len(prints | {first}) == 5


IDS = st.sampled_from([1, 2, None])
VISITS = st.lists(st.tuples(IDS, IDS, st.integers(0, 6) | st.just(NEVER)), max_size=12)


@given(VISITS, VISITS)
def test_links_are_those_of_a_search(clicks, gifts):
    def columns(rows):
        user, room, time = zip(*rows, strict=True) if rows else ((), (), ())
        return pairs(pa.array(user, pa.int64()), pa.array(room, pa.int64())), np.array(time, dtype=np.int64)

    pair, time = columns(clicks)
    given_pair, given_time = columns(gifts)
    found = link(given_pair, given_time, Visits(pair, time, np.arange(len(time))))  # ends tell which click it was
    for number, (user, room, when) in enumerate(gifts):
        mine = [(t, at) for at, (u, r, t) in enumerate(clicks) if (u, r) == (user, room) and None not in (u, r)]
        earlier = [click for click in mine if click[0] <= when]
        assert found.known[number] == bool(mine)
        assert found.earlier[number] == bool(earlier)
        expected = max(earlier) if earlier else (min(mine) if mine else (NEVER, NEVER))
        assert found.click_time[number] == expected[0]
        assert found.end[number] == (expected[1] if earlier else NEVER)


HASHES = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9) | st.integers(2**64 - 9, 2**64 - 1), max_size=30)


@given(HASHES, HASHES)
def test_a_table_of_ids_finds_what_is_in_it(known, others):
    hashes = distinct(np.array(known, dtype=np.uint64))
    assert hashes.tolist() == sorted(set(known))
    table = IdTable(hashes)
    wanted = np.array([*known, *others], dtype=np.uint64)
    expected = [sorted(set(known)).index(one) if one in known and one != NO_ID else -1 for one in wanted.tolist()]
    assert table.find(wanted).tolist() == expected
    assert table.among(wanted).tolist() == [place >= 0 for place in expected]


def test_ids_of_clicks():
    users, rooms = pa.array([1, 2, 1, None, 1, 2]), pa.array([2, 1, 2, 1, None, 1])
    pair = pairs(users, rooms)
    assert Counter(pair.tolist())[int(NO_PAIR)] == 2
    assert len(set(pair.tolist())) == 3
    assert pair[0] == pair[2]
    ids = click_ids(pair, np.array([5, 5, 6, 7, 8, 5]))
    assert ids.null_count == 2
    assert len(set(ids.drop_null().to_pylist())) == 3
    assert pairs(pa.array(["1"]), pa.array(["2"]))[0] == pair[0]


def test_a_run_balances(tmp_path):
    rng = np.random.default_rng(0)
    n = 4_000
    time = START + np.sort(rng.integers(0, 10 * 24 * HOUR, n))
    clicks = [
        (u, r, r % 5, t, w)
        for u, r, t, w in zip(
            rng.integers(0, 40, n), rng.integers(0, 30, n), time, rng.integers(0, 20 * MINUTE, n), strict=True
        )
    ]
    at = rng.choice(n, 600)
    gifts = [
        (*clicks[i][:3], clicks[i][3] + late, price)
        for i, late, price in zip(
            at, rng.choice([0, 0, 0, -HOUR, 5 * MINUTE], 600), rng.integers(1, 900, 600) / 4, strict=True
        )
    ]
    gifts += [(77, 1, 1, START, 12.34), *gifts[:5]]
    here = folder(tmp_path, clicks, gifts)
    scenario = Scenario.load(
        {
            "name": "kuailive",
            "log": {"kind": "kuailive", "path": str(here), "max_quarantined": 0.5},
            "clock": {"attribution_window": "15m", "evaluate_from": "2d", "publish_every": "1h"},
            "method": [{"name": "oracle"}, {"name": "waiting_window", "window": "5m"}],
        }
    )
    result = run(scenario, out=tmp_path / "out")
    accounts = result.ledger
    assert accounts["clicks"]["read"] == accounts["clicks"]["served"] == n
    cents = sum(round(gift[4] * 100) for gift in gifts)
    money = accounts["money"]["gift"]
    assert money["read"] == f"{cents // 100}.{cents % 100:02d}"
    assert set(money["quarantined"]) == {"outcome_without_click", "outcome_before_click", "duplicate_outcome"}
    assert float(money["outside_window"]) > 0
    assert float(money["delivered"]) > 0
