"""Many tasks on many processes: joblib's, or those of whatever backend is in force, and what to do when one dies."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from joblib import Parallel, delayed, effective_n_jobs
from joblib.externals.loky import ProcessPoolExecutor
from joblib.parallel import SequentialBackend, get_active_backend

from simulator.grid.plan import Play
from simulator.grid.work import Failure, Place, told

Job = Callable[[Play, Place], Failure | None]
Item = TypeVar("Item")


def each(job: Job, plays: Sequence[Play], place: Place, jobs: int | None) -> Iterator[tuple[Play, Failure | None]]:
    """Do a job for every play and yield each with its failure, if any, as it ends.

    A process that dies (killed, out of memory) takes what it was at with it.  Those plays are tried once more, each in
    a process of its own, so that the one that kills its process is found and the others are done.

    Parameters
    ----------
    job : callable
        Catches what goes wrong with its play.
    plays : sequence of Play
    place : Place
    jobs : int, optional
        Processes of this machine; None for what `joblib.parallel_backend` says, and one where it says nothing.
    """
    left = {play.key: play for play in plays}
    while left:
        try:
            for key, failure in _in_parallel(job, list(left.values()), place, jobs):
                yield left.pop(key), failure
        except Exception:  # noqa: BLE001  (jobs catch their own, so it is a worker that was lost, by whatever name)
            suspects = list(left.values())[: max(2, effective_n_jobs(jobs))]  # they are begun in this order
            for play in suspects:
                yield left.pop(play.key), _apart(job, play, place)


def _in_parallel(job: Job, plays: Sequence[Play], place: Place, jobs: int | None) -> Iterator[tuple[str, Any]]:
    backend, _ = get_active_backend()
    streams = isinstance(backend, SequentialBackend) or backend.supports_return_generator  # Ray's and Spark's do not
    run = Parallel(n_jobs=jobs, return_as="generator_unordered" if streams else "list", batch_size=1)
    with warnings.catch_warnings():
        # a worker that maps a larger log than before looks to loky as if it leaked, and is replaced: no news to a user
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs were given", category=UserWarning)
        yield from run(delayed(_named)(job, play, place) for play in plays)


def _named(job: Job, play: Play, place: Place) -> tuple[str, Failure | None]:
    return play.key, job(play, place)


def _apart(job: Job, play: Play, place: Place) -> Failure | None:
    with ProcessPoolExecutor(max_workers=1) as pool:
        try:
            failure: Failure | None = pool.submit(job, play, place).result()
        except Exception as error:  # noqa: BLE001  (as above)
            return Failure(play.key, f"its process died, as when it is killed or memory runs out ({told(error)[:100]})")
    return failure
