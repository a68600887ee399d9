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
from simulator.runner import Stage, Unwatched, perform, prepare_log, set_stage

_KEPT = 2  # stages of a process: plays come family by family


class Place(NamedTuple):
    """Where workers find logs and leave plays; on a cluster both folders must be on all machines."""

    out: Path
    cache: Path


class Failure(NamedTuple):
    """Why something could not be done."""

    key: str  # of the play
    why: str


class _Stages:
    """The stages that this process used last."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, Place], Stage] = {}
        self._lock = threading.Lock()

    def of(self, play: Play, place: Place) -> Stage:
        key = (family(play.scenario), play.fingerprint, place)
        with self._lock:
            stage = self._kept.pop(key, None) or _set(play, place)
            self._kept[key] = stage  # the last is the one used last
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
            return stage


_STAGES = _Stages()


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


def _set(play: Play, place: Place) -> Stage:
    learner = build.learner(play.scenario)
    return set_stage(play.scenario, _log(play, place), learner, place.out, Unwatched())


def _log(play: Play, place: Place) -> ClickLog:
    try:
        return open_entry(place.cache / play.fingerprint)
    except (FileNotFoundError, DamagedError):
        return prepare_log(play.scenario, None, build.learner(play.scenario), Unwatched(), place.cache)
