"""The logs of a grid's cells: each distinct one is read and encoded once, before anything is played."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from replay.errors import LogError
from scenarios import Cell, Scenario
from simulator import build
from simulator.grid.plan import Play, family
from simulator.grid.playing import GridWatcher
from simulator.grid.pool import each
from simulator.grid.work import Place, prepare_one
from simulator.preparation import fingerprint, read_log
from simulator.watcher import Unwatched


class Prepared(NamedTuple):
    """The logs of some cells."""

    fingerprints: list[str]  # of each cell's
    failures: dict[str, str]  # fingerprint of a log that cannot be read -> why


def prepare_logs(
    cells: Sequence[Cell], frame: Any, place: Place, jobs: int | None, watcher: GridWatcher | None
) -> Prepared:
    """Read and encode every distinct log that is not in the cache yet.

    Raises
    ------
    LogError
        If no cell's log can be read.
    """
    known: dict[tuple[str, bool], str] = {}
    failures: dict[str, str] = {}
    logs: dict[str, Play] = {}
    fingerprints = []
    for cell in cells:
        same = family(cell.scenario), build.wants_columns(cell.scenario, build.learner(cell.scenario))
        if same not in known:
            known[same] = _fingerprint(cell.scenario, frame, place, failures)
        fingerprints.append(known[same])
        logs.setdefault(known[same], Play(known[same], cell.scenario, known[same]))
    missing = [log for key, log in logs.items() if key not in failures and not (place.cache / key).exists()]
    if frame is not None:
        _prepare_frame(missing, frame, place)
        missing = []
    for done, (_, failure) in enumerate(each(prepare_one, missing, place, jobs if len(missing) > 1 else 1), 1):
        failures |= {failure.key: failure.why} if failure else {}
        if watcher:
            watcher.preparing(done, len(missing))
    if failures.keys() >= logs.keys():
        raise LogError(next(iter(failures.values())))
    return Prepared(fingerprints, failures)


def _fingerprint(scenario: Scenario, frame: Any, place: Place, failures: dict[str, str]) -> str:
    try:
        return fingerprint(scenario, frame, build.learner(scenario), place.cache)
    except LogError as error:
        failures[str(error)] = str(error)
        return str(error)


def _prepare_frame(logs: Sequence[Play], frame: Any, place: Place) -> None:
    """Prepare a dataframe, which workers cannot read: they find it in the cache."""
    for log in logs:
        read_log(log.scenario, frame, build.learner(log.scenario), Unwatched(), place.cache)
