"""Files in the shape of KuaiLive, of any size: the same columns, counts, spellings and concentration."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

CLICKS, GIFTS, ROOMS, USERS, STREAMERS = 4_909_515, 72_646, 11_613_708, 23_772, 452_621  # as published
START, DAYS = 1_746_374_400_000, 21  # ms since 1970: 2025-05-05 in China
_BLOCK = 1 << 20
_RANGES = ("0-10", "10-100", "100-1000", "1000-10000", "10000-100000")
_AGES = ("12-17", "18-23", "24-30", "31-40", "41-49", "50+")
_BRANDS = ("APPLE", "HUAWEI", "HONOR", "OPPO", "VIVO", "XIAOMI", "DESKTOP")
_PRICES = ("0", "0-1000", "1000-2000", "2000-4000", "4000-5000", "5000+")
_CATEGORIES = ("shop", "chat", "game", "music", "other")
_LATE = 0.08  # share of gifts that do not bear their click's time


def write_folder(folder: Path, scale: float = 1.0, seed: int = 0) -> Path:
    """Write the five files unless they are there, at a share of the published size, and return their folder."""
    if (folder / "gift.csv").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    clicks, gifts, rooms, users, streamers = (
        max(1, round(scale * n)) for n in (CLICKS, GIFTS, ROOMS, USERS, STREAMERS)
    )
    owner = np.random.default_rng([seed, 0]).integers(0, streamers, rooms)
    _write(folder / "user.csv", [_people(np.random.default_rng([seed, 1]), "user_id", users)])
    _write(folder / "streamer.csv", [_people(np.random.default_rng([seed, 2]), "streamer_id", streamers)])
    _write(folder / "room.csv", (_rooms(seed, at, owner) for at in range(0, rooms, _BLOCK)))
    blocks = [(at, min(_BLOCK, clicks - at)) for at in range(0, clicks, _BLOCK)]
    _write(folder / "click.csv", (_clicks(seed, at, n, clicks, owner, users) for at, n in blocks))
    given = (_gifts(seed, at, n, clicks, owner, users, gifts) for at, n in blocks)
    _write(folder / "gift.csv", given)
    return folder


def _write(path: Path, tables: Iterable[pa.Table]) -> None:
    partial, writer = path.with_suffix(".partial"), None
    for table in tables:
        writer = writer or csv.CSVWriter(partial, table.schema, write_options=csv.WriteOptions(quoting_style="none"))
        writer.write_table(table)
    if writer is not None:
        writer.close()
    partial.replace(path)


def _people(rng: np.random.Generator, key: str, n: int) -> pa.Table:
    def some(values: tuple[str, ...]) -> pa.Array:
        return pa.DictionaryArray.from_arrays(rng.integers(0, len(values), n).astype(np.int32), pa.array(values)).cast(
            pa.string()
        )

    def day() -> pa.Array:
        return pa.array(rng.integers(15_000, 20_000, n).astype(np.int32)).view(pa.date32())

    common = {key: pa.array(rng.permutation(n)), "age": some(_AGES), "gender": some(("M", "F"))}
    common |= {"country": some(("China", "Other")), "device_brand": some(_BRANDS), "device_price": some(_PRICES)}
    if key == "user_id":
        own = {"reg_timestamp": day(), "fans_num": some(_RANGES), "follow_num": some(_RANGES)}
        own |= {"first_watch_live_timestamp": day(), "accu_watch_live_cnt": some(_RANGES)}
        own |= {"accu_watch_live_duration": some(_RANGES)}
        own |= {name: pa.array(rng.integers(0, 2, n)) for name in ("is_live_streamer", "is_photo_author")}
    else:
        own = {"live_operation_tag": some(_CATEGORIES)}
        names = ("fans_user_num", "fans_group_fans_num", "follow_user_num")
        own |= {name: some(_RANGES) for name in names} | {"first_live_timestamp": day()}
        names = ("accu_live_cnt", "accu_live_duration", "accu_play_cnt", "accu_play_duration")
        own |= {name: some(_RANGES) for name in names} | {"reg_timestamp": day()}
    hot = {f"onehot_feat{i}": pa.array(rng.integers(0, 2, n)) for i in range(7)}
    return pa.table(common | own | hot)


def _rooms(seed: int, at: int, owner: np.ndarray) -> pa.Table:
    n = min(_BLOCK, len(owner) - at)
    rng = np.random.default_rng([seed, 3, at])
    opened = START + rng.integers(0, DAYS * 86_400_000, n)
    category = pa.DictionaryArray.from_arrays(rng.integers(0, 5, n).astype(np.int32), pa.array(_CATEGORIES))
    return pa.table(
        {
            "p_date": pa.array(20250505 + (opened - START) // 86_400_000),
            "live_id": pa.array(at + np.arange(n)),
            "streamer_id": pa.array(owner[at : at + n]),
            "live_type": pa.array(rng.choice([1, 2, -124], n)),
            "start_timestamp": pa.array(opened),
            "end_timestamp": pa.array(opened + rng.integers(60_000, 14_400_000, n)),
            "live_content_category": category.cast(pa.string()),
            "live_name_id": pa.array(rng.integers(0, len(owner) // 10 + 1, n)),
        }
    )


def _visits(seed: int, at: int, n: int, clicks: int, owner: np.ndarray, users: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng([seed, 4, at])
    step = DAYS * 86_400_000 / clicks
    room = (len(owner) * rng.random(n) ** 2).astype(np.int64)
    return {
        "user_id": (users * rng.random(n) ** 1.5).astype(np.int64),
        "live_id": room,
        "streamer_id": owner[room],
        "timestamp": START + ((at + np.arange(n)) * step).astype(np.int64),
        "watch_live_time": np.rint(rng.lognormal(8.5, 2.0, n)).astype(np.int64) % 20_000_000,
    }


def _clicks(seed: int, at: int, n: int, clicks: int, owner: np.ndarray, users: int) -> pa.Table:
    return pa.table(_visits(seed, at, n, clicks, owner, users))


def _gifts(seed: int, at: int, n: int, clicks: int, owner: np.ndarray, users: int, gifts: int) -> pa.Table:
    visits = _visits(seed, at, n, clicks, owner, users)
    rng = np.random.default_rng([seed, 5, at])
    rows = np.sort(rng.choice(n, round(gifts * (at + n) / clicks) - round(gifts * at / clicks), replace=False))
    later = rng.random(len(rows)) < _LATE
    after = np.where(later, rng.integers(1, 600_000, len(rows)), 0)
    price = np.maximum(np.rint(2 * np.exp(2.85 * rng.standard_normal(len(rows)))), 1).astype(np.int64)
    who = {name: visits[name][rows] for name in ("user_id", "live_id", "streamer_id")}
    who["live_id"] = np.where(later & (rng.random(len(rows)) < 0.5), len(owner) + 1, who["live_id"])  # of no click
    return pa.table({**who, "timestamp": visits["timestamp"][rows] + after, "gift_price": np.minimum(price, 56_246)})
