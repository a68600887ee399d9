"""The report of a finished run: folder -> plain dict (summary) -> figures (charts) -> one HTML file (html)."""

from pathlib import Path

from simulator.folder import write_text
from simulator.report.charts import charts
from simulator.report.html import page, rendered
from simulator.report.market import is_market, summarize_market
from simulator.report.market_charts import market_charts
from simulator.report.summary import summarize


def write_report(run_folder: Path) -> Path:
    """Write ``report.html`` into the folder of a finished run, and return its path.

    The page depends on run.json and metrics.parquet alone: the same files give the same page.  It is written beside
    its place and renamed.

    Parameters
    ----------
    run_folder : Path
        Holds run.json and metrics.parquet.

    Raises
    ------
    FileNotFoundError
        If the folder does not hold a finished run.
    ValueError
        If run.json is of another format.
    """
    path = run_folder / "report.html"
    if is_market(run_folder):
        market = summarize_market(run_folder)
        write_text(path, rendered("market.html", market, market_charts(market)))
        return path
    summary = summarize(run_folder)
    write_text(path, page(summary, charts(summary)))
    return path
