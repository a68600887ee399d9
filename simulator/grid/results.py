"""What a grid leaves, opened again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simulator.folder import OutputError
from simulator.grid.store import RECORD, Store, is_whole
from simulator.results import Result

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
TABLE = "grid.parquet"


class CellResult(NamedTuple):
    """One cell that is done."""

    choice: Mapping[str, Any]  # the value of each axis
    plays: Mapping[str, str]  # method -> digest of its play, which other cells may share
    log: str  # fingerprint of the prepared log
    result: Result  # as of the same scenario run alone


@dataclass(frozen=True)
class GridResult:
    """A grid, as its folder holds it.

    Parameters
    ----------
    folder : Path
        Holds grid.json, grid.parquet, report.html, cells/ and plays/.
    """

    folder: Path

    @classmethod
    def load(cls, folder: str | Path) -> "GridResult":
        """Open the folder of a grid.

        Raises
        ------
        OutputError
            If it is not one.
        """
        folder = Path(folder)
        if not (folder / RECORD).is_file():
            raise OutputError(f"{folder}: expected the folder of a grid, found no {RECORD}")
        return cls(folder)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The whole of grid.json: the axes, and every cell with its values, its folder and why it failed, if it did."""
        try:
            record: dict[str, Any] = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        except ValueError as error:
            raise OutputError(f"{self.folder / RECORD}: expected JSON, found {error}; run it again") from error
        return record

    @cached_property
    def axes(self) -> Mapping[str, Sequence[Any]]:
        """The values of each axis, in the order of the scenario file."""
        axes: dict[str, list[Any]] = self.record["axes"]
        return axes

    @cached_property
    def cells(self) -> Sequence[CellResult]:
        """The cells that are done, in the order of the grid."""
        store = Store(self.folder)
        there = [one for one in self.record["cells"] if one["cell"] and is_whole(store.cell(one["cell"]))]
        return [
            CellResult(one["choice"], one["plays"], one["log"], Result.load(store.cell(one["cell"]))) for one in there
        ]

    @cached_property
    def failures(self) -> Sequence[tuple[Mapping[str, Any], str]]:
        """The cells that failed, by their values, each with the reason."""
        return [(one["choice"], one["failure"]) for one in self.record["cells"] if one["failure"]]

    @property
    def overall(self) -> "pd.DataFrame":
        """One row per cell and method: a column per axis, the method, and a column per metric on mature labels."""
        import pandas as pd  # noqa: PLC0415  (only who looks at frames pays for it)

        rows = [
            {**cell.choice, "method": method, **row.to_dict()}
            for cell in self.cells
            for method, row in cell.result.overall.iterrows()
        ]
        return pd.DataFrame(rows)

    @property
    def report(self) -> Path:
        """The report's path; it is one file that needs nothing else."""
        return self.folder / "report.html"


def write_table(result: GridResult) -> None:
    """Write grid.parquet: the overall rows of every cell's metrics, with a column per axis before them."""
    tables = [_overall(cell, result.axes) for cell in result.cells]
    path = result.folder / TABLE
    beside = path.with_name(f".{TABLE}")
    pq.write_table(pa.concat_tables(tables), beside, compression="zstd", write_page_checksum=True)
    beside.replace(path)


def _overall(cell: CellResult, axes: Mapping[str, Sequence[Any]]) -> pa.Table:
    table = pq.read_table(cell.result.folder / "metrics.parquet", filters=pc.field("span") == "overall")
    table = table.drop_columns(["span", "window_start", "window_end"])
    columns = {axis: pa.repeat(_scalar(cell.choice[axis], axes[axis]), table.num_rows) for axis in axes}
    names = [*columns, "cell", *table.column_names]
    key = pa.repeat(cell.result.folder.name, table.num_rows)
    return pa.table([*columns.values(), key, *table.columns], names=names)


def _scalar(value: Any, values: Sequence[Any]) -> pa.Scalar:
    """Return an axis' value as its column has it: numbers where all are, else text."""
    if all(isinstance(one, bool) for one in values):
        return pa.scalar(value, pa.bool_())
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values):
        return pa.scalar(value, pa.int64() if all(isinstance(one, int) for one in values) else pa.float64())
    return pa.scalar(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
