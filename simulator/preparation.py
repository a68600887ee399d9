"""A scenario's log, read and encoded as a learner needs it."""

from pathlib import Path
from typing import Any

from learners.base import Learner
from replay.aggregates import derive, key_columns
from replay.log import ClickLog
from replay.prepare import fingerprint_of, prepare
from replay.store import cache_folder
from scenarios import Scenario
from simulator import build
from simulator.feed_faults import segments_kept
from simulator.sources import reader_of
from simulator.watcher import Watcher


def prepare_log(
    scenario: Scenario, frame: Any, learner: Learner, watcher: Watcher, *, keep_columns: bool = False
) -> ClickLog:
    """Return the scenario's log, or a dataframe in its place, read and encoded as a learner needs it."""
    log = read_log(scenario, frame, learner, watcher, keep_columns=keep_columns)
    return with_aggregates(scenario, log, cache_folder())


def with_aggregates(scenario: Scenario, log: ClickLog, cache: Path) -> ClickLog:
    """Return a log that was read with its aggregates, which hang on the feed."""
    return derive(log, build.aggregates(scenario), build.feed(scenario, log), build.encoding(scenario), cache)


def read_log(
    scenario: Scenario,
    frame: Any,
    learner: Learner,
    watcher: Watcher,
    cache: Path | None = None,
    *,
    keep_columns: bool = False,
) -> ClickLog:
    """Return the same without its aggregates."""
    cache = cache or cache_folder()
    return prepare(
        reader_of(scenario, frame, cache),
        cache=cache,
        max_quarantined=getattr(scenario.log, "max_quarantined", 0.0),
        progress=watcher.reading,
        **_preparation(scenario, learner, keep_columns=keep_columns),
    )


def fingerprint(scenario: Scenario, frame: Any, learner: Learner, cache: Path) -> str:
    """Return the name by which the scenario's log, once prepared, is kept in the cache."""
    return fingerprint_of(reader_of(scenario, frame, cache), **_preparation(scenario, learner))


def _preparation(scenario: Scenario, learner: Learner, *, keep_columns: bool = False) -> dict[str, Any]:
    """Return what decides, beside the reader, what a prepared log is."""
    return {
        "encoding": build.encoding(scenario),
        "segments": segments_kept(scenario),
        "keys": key_columns(build.aggregates(scenario)),
        "keep_columns": keep_columns or build.wants_columns(scenario, learner),
        "clock_skew": getattr(scenario.log, "clock_skew", 0),
        "duplicates": getattr(scenario.log, "duplicates", "ids"),
    }
