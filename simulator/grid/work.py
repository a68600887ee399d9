"""What a worker does: open the prepared log once, and play methods on it."""

import dataclasses
import threading
from pathlib import Path
from typing import NamedTuple

from replay.errors import LogError
from replay.log import ClickLog
from replay.store import DamagedError, open_entry
from scenarios import ScenarioError
from simulator import build
from simulator.folder import OutputError
from simulator.grid.plan import Play, family
from simulator.grid.store import Store, is_whole, written
from simulator.play import perform
from simulator.preparation import read_log, with_aggregates
from simulator.stage import Stage, set_stage
from simulator.watcher import Unwatched


class Place(NamedTuple):
    """Where workers find logs and leave plays; on a cluster both folders must be on all machines."""

    out: Path
    cache: Path


class Failure(NamedTuple):
    """Why something could not be done."""

    key: str  # of the play
    why: str


class _Last:
    """The log and the stage that this process used last; one is enough, since plays come family by family.

    A log that is mapped twice counts twice in a process' memory, and loky ends processes that seem to leak: so stages
    of one log, that follow one another, share its mapping.
    """

    def __init__(self) -> None:
        self._key: tuple[str, str, Place] | None = None
        self._log: ClickLog | None = None
        self._stage: Stage | None = None
        self._lock = threading.Lock()

    def of(self, play: Play, place: Place) -> Stage:
        key = (family(play.scenario), play.fingerprint, place)
        with self._lock:
            if self._stage is None or key != self._key:
                self._stage = None  # before the next is made, so that there is never room for two
                if self._log is None or self._log.fingerprint != play.fingerprint:
                    self._log = _log(play, place)
                self._stage, self._key = _set(play, place, self._log), key
            return self._stage


_STAGES = _Last()


def prepare_one(scenario_and_key: Play, place: Place) -> Failure | None:
    """Read and encode a log into the cache, unless it is there."""
    try:
        _log(scenario_and_key, place)
    except Exception as error:  # noqa: BLE001  (one log of many: the others go on)
        return Failure(scenario_and_key.fingerprint, told(error))
    return None


def play_one(play: Play, place: Place) -> Failure | None:
    """Play a method and keep what came of it, unless that is there."""
    target = Store(place.out).play(play.key)
    if is_whole(target):
        return None
    try:
        stage = _STAGES.of(play, place)
        with written(target) as folder:
            own = dataclasses.replace(stage, scenario=play.scenario, folder=folder)
            perform(own, build.methods(play.scenario), jobs=1)
    except Exception as error:  # noqa: BLE001  (as above)
        return Failure(play.key, told(error))
    return None


def told(error: Exception) -> str:
    """Return what a failure is told with: a message for users as it stands, of others the type too."""
    if isinstance(error, ScenarioError):
        return "; ".join(f"{problem.key}: {problem.message}" for problem in error.problems)
    return str(error) if isinstance(error, LogError | OutputError) else f"{type(error).__name__}: {error}"


def _set(play: Play, place: Place, log: ClickLog) -> Stage:
    whole = with_aggregates(play.scenario, log, place.cache)
    return set_stage(play.scenario, whole, build.learner(play.scenario), place.out, Unwatched())


def _log(play: Play, place: Place) -> ClickLog:
    try:
        return open_entry(place.cache / play.fingerprint)
    except (FileNotFoundError, DamagedError):
        return read_log(play.scenario, None, build.learner(play.scenario), Unwatched(), place.cache)
