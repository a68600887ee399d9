"""What a run leaves, opened again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.folder import OutputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Result:
    """A finished run, as its folder holds it.

    Parameters
    ----------
    folder : Path
        Holds run.json, metrics.parquet, late.parquet, predictions/ and report.html.
    keep : object, optional
        Whatever must live as long as the result, such as a temporary folder.
    """

    folder: Path
    keep: Any = None

    @classmethod
    def load(cls, folder: str | Path) -> "Result":
        """Open the folder of a finished run.

        Raises
        ------
        OutputError
            If it is not one.
        """
        folder = Path(folder)
        missing = [name for name in ("run.json", "metrics.parquet") if not (folder / name).is_file()]
        if missing:
            raise OutputError(f"{folder}: expected the folder of a finished run, found no {' and no '.join(missing)}")
        return cls(folder)

    @cached_property
    def record(self) -> Mapping[str, Any]:
        """The whole of run.json: resolved scenario, versions, log, ledger, what each method was shown."""
        try:
            record: dict[str, Any] = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        except ValueError as error:
            raise OutputError(f"{self.folder / 'run.json'}: expected JSON, found {error}; run it again") from error
        return record

    @cached_property
    def metrics(self) -> "pd.DataFrame":
        """All metrics, long: method, span, window_start, window_end, segment, curve, metric, value, low, high, ..."""
        import pyarrow.parquet as pq  # noqa: PLC0415  (only who looks at metrics pays for it)

        frame: pd.DataFrame = pq.read_table(self.folder / "metrics.parquet").to_pandas()
        return frame

    @property
    def overall(self) -> "pd.DataFrame":
        """One row per method, one column per metric: mature labels, all evaluated clicks."""
        metrics = self.metrics
        chosen = metrics[(metrics["span"] == "overall") & (metrics["segment"] == "") & (metrics["curve"] == "true")]
        wide = chosen.pivot_table(index="method", columns="metric", values="value", dropna=False, sort=False)
        return wide.reindex(list(self.record["methods"]))

    @property
    def ledger(self) -> Mapping[str, Any]:
        """Every click, outcome and all money accounted for."""
        return dict(self.record["ledger"])

    @property
    def late(self) -> "pd.DataFrame":
        """One row per outcome that came later than stated: click, click_time, kind, time, arrival, amount, reason, ...

        The last is late_by: how much later than the attribution window, or than the feed's watermark, by reason.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415  (as above)

        frame: pd.DataFrame = pq.read_table(self.folder / "late.parquet").to_pandas()
        return frame

    def predictions(self, method: str) -> "pd.DataFrame":
        """One row per click: click, click_time, prediction, label (null while immature), true_probability, true_value.

        The last two are there where they are known.

        Of a method that predicts money also its stages, such as probability and amount, and the value of each click,
        null while immature.

        Raises
        ------
        KeyError
            If no method of the run has that label.
        """
        import pyarrow.parquet as pq  # noqa: PLC0415

        if method not in self.record["methods"]:
            raise KeyError(f"no method is called {method!r}; the run has {', '.join(self.record['methods'])}")
        path = self.folder / "predictions" / f"method={method}" / "part-0.parquet"
        frame: pd.DataFrame = pq.ParquetFile(path, page_checksum_verification=True).read().to_pandas()
        return frame

    @property
    def report(self) -> Path:
        """The report's path; it is one file that needs nothing else."""
        return self.folder / "report.html"
