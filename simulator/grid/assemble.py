"""A cell from the plays of its methods: the same files as when its scenario is run alone."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from replay.arrays import text_array
from simulator.folder import write_text
from simulator.grid.plan import Planned
from simulator.grid.store import Store, written
from simulator.late import FILE as LATE
from simulator.results import Result


def assemble(planned: Planned, store: Store) -> None:
    """Write a cell whose plays are all there; predictions are hard links to theirs, and take no room of their own."""
    plays = {label: Result(store.play(key)) for label, key in planned.plays.items()}
    with written(store.cell(planned.key)) as folder:
        for label, play in plays.items():
            _link_own_files(play, label, folder)
        _link(next(iter(plays.values())).folder / LATE, folder / LATE)  # all plays of a cell have the same
        _write_metrics(plays, folder / "metrics.parquet")
        record = _record(planned, {label: play.record for label, play in plays.items()})
        write_text(folder / "run.json", json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _link_own_files(play: Result, label: str, folder: Path) -> None:
    (name,) = play.record["methods"]
    for path in play.folder.rglob(f"method={name}/*"):
        target = folder / path.parent.parent.relative_to(play.folder) / f"method={label}" / path.name
        _link(path, target)


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(path, target)


def _write_metrics(plays: Mapping[str, Result], path: Path) -> None:
    files = {label: pq.ParquetFile(play.folder / "metrics.parquet") for label, play in plays.items()}
    schema = next(iter(files.values())).schema_arrow
    with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as writer:
        for label, file in files.items():
            with file:
                for group in range(file.num_row_groups):  # as a run writes them, for the same bytes
                    writer.write_table(_renamed(file.read_row_group(group).combine_chunks(), label))


def _renamed(table: pa.Table, label: str) -> pa.Table:
    at = table.schema.get_field_index("method")
    return table.set_column(at, table.schema.field(at), text_array([label] * table.num_rows))


def _record(planned: Planned, records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a cell's run.json: what plays say of their method under its label, and the rest as any of them has it."""
    scenario = planned.cell.scenario
    merged: dict[str, Any] = {}
    for label, record in records.items():
        (name,) = record["methods"]
        for key, value in record.items():
            merged[key] = _joined(merged.get(key, {}), _relabelled(value, name, label))
    own = {"name": scenario.name, "title": scenario.title, "hash": scenario.hash(), "scenario": scenario.resolved()}
    return merged | own


def _relabelled(value: Any, name: str, label: str, depth: int = 2) -> Any:
    """Return part of a play's run.json with what is said of its method under another label."""
    if not isinstance(value, Mapping) or not depth:
        return value
    return {label if key == name else key: _relabelled(one, name, label, depth - 1) for key, one in value.items()}


def _joined(first: Any, second: Any) -> Any:
    """Return what two records say: tables have the keys of both, and of the rest they say the same."""
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        return second
    return {**first, **{key: _joined(first.get(key), one) for key, one in second.items()}}
