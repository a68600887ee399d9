"""A cell from the plays of its methods: the same files as when its scenario is run alone."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from replay.arrays import text_array
from simulator.folder import write_text
from simulator.grid.plan import Planned
from simulator.grid.store import Store, written
from simulator.results import Result


def assemble(planned: Planned, store: Store) -> None:
    """Write a cell whose plays are all there; predictions are hard links to theirs, and take no room of their own."""
    plays = {label: Result(store.play(key)) for label, key in planned.plays.items()}
    with written(store.cell(planned.key)) as folder:
        for label, play in plays.items():
            _link_own_files(play, label, folder)
        _write_metrics(plays, folder / "metrics.parquet")
        record = _record(planned, {label: play.record for label, play in plays.items()})
        write_text(folder / "run.json", json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _link_own_files(play: Result, label: str, folder: Path) -> None:
    (name,) = play.record["methods"]
    for path in play.folder.rglob(f"method={name}/*"):
        target = folder / path.parent.parent.relative_to(play.folder) / f"method={label}" / path.name
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
                table = file.read().combine_chunks()
            at = table.schema.get_field_index("method")
            writer.write_table(table.set_column(at, schema.field(at), _same(label, table.num_rows)))


def _same(label: str, length: int) -> pa.Array:
    return text_array([label] * length)


def _record(planned: Planned, records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a cell's run.json: what plays say of their method under its label, and the rest as any of them has it."""
    scenario = planned.cell.scenario
    first = next(iter(records.values()))
    merged = {key: dict(_merged(key, records)) if _by_method(key, first) else value for key, value in first.items()}
    own = {"name": scenario.name, "title": scenario.title, "hash": scenario.hash(), "scenario": scenario.resolved()}
    return merged | own


def _by_method(key: str, record: Mapping[str, Any]) -> bool:
    (name,) = record["methods"]
    return key != "scenario" and isinstance(record[key], Mapping) and name in record[key]


def _merged(key: str, records: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Any]]:
    for label, record in records.items():
        (name,) = record["methods"]
        yield from ((label if at == name else at, value) for at, value in record[key].items())
