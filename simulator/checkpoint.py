"""Checkpoints of a run on disk, so that one that was stopped or killed goes on where it was."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from learners.errors import LearnerError
from simulator.interruption import StoppedError
from simulator.operator import Operator
from simulator.pipeline import Accidents
from simulator.trainer import Tally, Trainer

FORMAT = 2
_SHOWN = "/shown"  # no model has an empty name


@dataclass(frozen=True)
class Keeper:
    """Where the checkpoints of a run are, and who may stop it.

    Parameters
    ----------
    folder : Path
    identity : mapping
        What must be the same for a run to go on: scenario, log, versions.  Plain data.
    every : float
        Seconds of wall time between two checkpoints of a method; they never change a result.
    asked_to_stop : callable
        Whether somebody has asked the run to stop.
    """

    folder: Path
    identity: Mapping[str, Any]
    every: float
    asked_to_stop: Callable[[], bool] = lambda: False

    def checkpoint(self, label: str) -> "Checkpoint":
        """Return a method's checkpoint."""
        return Checkpoint(self.folder / label, {**self.identity, "method": label}, self.every)


@contextmanager
def kept_beside(folder: Path) -> Iterator[None]:
    """Remove a run's checkpoints if it fails before there is any."""
    try:
        yield
    except BaseException:
        if not any(folder.glob("*/checkpoint.json")):
            shutil.rmtree(folder, ignore_errors=True)
        raise


@dataclass
class Checkpoint:
    """One method's progress, in a folder of its own.

    Columns that a run fills (predictions and the like) are mapped from files there, and are written as they are filled;
    a checkpoint brings them to disk, writes the models beside as ``.npz`` and then, in one rename, the note that says
    how far the run is and what everything must look like.  A note whose promises the files do not keep is not used.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    identity : mapping
        As the keeper's, and the method.
    every : float
        As the keeper's.
    """

    folder: Path
    identity: Mapping[str, Any]
    every: float
    unable: str = ""  # why nothing can be kept, if so
    _columns: dict[str, NDArray[Any]] = field(default_factory=dict)
    _last: float = field(default_factory=time.monotonic)

    def column(self, name: str, length: int, dtype: Any) -> NDArray[Any]:
        """Return a column of the log's length, mapped from a file that keeps what an earlier run wrote into it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{name}.column"
        size = length * np.dtype(dtype).itemsize
        if not path.is_file() or path.stat().st_size != size:
            with path.open("wb") as file:
                file.truncate(size)
        column = np.memmap(path, dtype, "r+", shape=(length,)) if length else np.zeros(0, dtype)
        self._columns[name] = column
        return np.asarray(column)  # a plain array is quicker to cut

    def note(self) -> dict[str, Any] | None:
        """Return what the last checkpoint says, or None if there is none that is whole and of this very run."""
        try:
            note: dict[str, Any] = json.loads((self.folder / "checkpoint.json").read_text(encoding="utf-8"))
            models = (self.folder / note["models"]).read_bytes()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if note.get("format") != FORMAT or note.get("identity") != json.loads(json.dumps(self.identity)):
            return None
        return note if note.get("digests") == self._digests(models, note.get("served", 0)) else None

    def resume(self, trainer: Trainer, operator: Operator) -> int:
        """Bring a fresh trainer and operator to the last checkpoint, if any; return how many drains are done."""
        note = self.note()
        if note is None:
            for column in self._columns.values():
                column[:] = 0
            return 0
        with np.load(self.folder / note["models"], allow_pickle=False) as arrays:
            trainer.shown_positive[:] = np.unpackbits(arrays[_SHOWN], count=len(trainer.shown_positive)).view(np.bool_)
            for name, part in trainer.models.items():
                own = f"{name}/"
                part.learned = name in note["learned"]
                part.learner.restore({key.removeprefix(own): arrays[key] for key in arrays if key.startswith(own)})
        trainer.tally = Tally.of(note["tally"])
        done: int = note["drains"]
        operator.go_on(done, note["position"], Accidents(**note["accidents"]))
        return done

    def keeping(self, trainer: Trainer, operator: Operator, asked_to_stop: Callable[[], bool]) -> Callable[[int], None]:
        """Return what to call after every drain: it saves when it is time, and stops the run when that is asked for.

        Raises
        ------
        StoppedError
            From the function, once the checkpoint is made.
        """

        def keep(drains: int) -> None:
            stopping = asked_to_stop()
            if stopping or self.due():
                self.save(drains, trainer, operator)
            if stopping:
                raise StoppedError(self.unable and f"nothing could be kept: {self.unable}")

        return keep

    def due(self) -> bool:
        """Return whether it is time for another one."""
        return not self.unable and time.monotonic() - self._last >= self.every

    def save(self, drains: int, trainer: Trainer, operator: Operator) -> None:
        """Keep where a run is, unless its trainer has models aside or a model cannot say what it has learned."""
        if operator.busy or self.unable:
            return
        try:
            states = {name: part.learner.state() for name, part in trainer.models.items()}
        except LearnerError as error:
            self.unable = str(error)
            return
        served = trainer.tally.served
        models = self.folder / f"models-{drains}.npz"
        arrays = {f"{name}/{key}": array for name, state in states.items() for key, array in state.items()}
        arrays[_SHOWN] = np.packbits(trainer.shown_positive)
        with models.open("wb") as file:
            np.savez(file, **arrays)
            _to_disk(file)
        for column in self._columns.values():
            if isinstance(column, np.memmap):
                column.flush()
        note = {
            "format": FORMAT,
            "identity": dict(self.identity),
            "drains": drains,
            "served": served,
            "position": operator.position,
            "tally": asdict(trainer.tally),
            "learned": [name for name, part in trainer.models.items() if part.learned],
            "accidents": asdict(operator.accidents),
            "models": models.name,
            "digests": self._digests(models.read_bytes(), served),
        }
        self._write(note)
        for old in self.folder.glob("models-*.npz"):
            if old != models:
                old.unlink(missing_ok=True)
        self._last = time.monotonic()

    def _digests(self, models: bytes, served: int) -> dict[str, str]:
        """Return digests of the models, and of what columns hold of the clicks served."""
        parts = {name: xxhash.xxh3_128_hexdigest(column[:served].data) for name, column in self._columns.items()}
        return {"models": xxhash.xxh3_128_hexdigest(models), **parts}

    def _write(self, note: Mapping[str, Any]) -> None:
        beside = self.folder / f"checkpoint-{os.getpid()}.json"
        with beside.open("w", encoding="utf-8") as file:
            json.dump(note, file)
            _to_disk(file)
        beside.replace(self.folder / "checkpoint.json")
        if os.name == "posix":
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
