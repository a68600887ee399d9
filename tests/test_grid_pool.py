"""Workers that die: on this machine and on a Dask cluster, a grid is finished by the others."""

import os
import signal
from collections import Counter

import joblib
import pytest
from frames import changed, frame
from joblib.parallel import ThreadingBackend
from jobs_for_tests import deadly
from test_grid import all_cells

from simulator import load_grid, run_grid
from simulator.grid.plan import Play
from simulator.grid.pool import each
from simulator.grid.work import Place

METHODS = [{"name": "oracle"}, {"name": "waiting_window"}, {"name": "es_dfm"}]
AXES = {
    "waiting_window.window": ["15m", "30m", "1h", "3h", "6h", "12h"],
    "clock.publish_every": ["1h", "2h"],
    "seed": [1, 2],
}


def test_a_play_that_kills_its_process_fails_alone(tmp_path):
    keys = ["a", "poison", "b", "fails", "c"]
    plays = [Play(key, None, "") for key in keys]
    found = {play.key: failure for play, failure in each(deadly, plays, Place(tmp_path, tmp_path), 2)}
    assert found.keys() == set(keys)
    failed = {key: failure.why for key, failure in found.items() if failure}
    assert failed.keys() == {"poison", "fails"}
    assert failed["fails"] == "as asked"
    assert "process died" in failed["poison"]
    tries = Counter({path.name: len(path.read_text()) for path in tmp_path.iterdir()})
    assert max(tries.values()) <= 3


class Listing(ThreadingBackend):
    """A backend that gives its results all at once, as those of Ray and Spark do."""

    supports_return_generator = False


def test_a_backend_that_cannot_stream_results(tmp_path):
    joblib.register_parallel_backend("listing", Listing)
    grid, log = load_grid(changed(method=METHODS, grid={"waiting_window.window": ["15m", "1h"]})), frame(600)
    with joblib.parallel_config(backend="listing", n_jobs=2):
        found = run_grid(grid, log=log, out=tmp_path / "out")
    assert all_cells(found) == all_cells(run_grid(grid, log=log, out=tmp_path / "alone"))


class Killer:
    """Kills a worker of the cluster once some plays are done."""

    def __init__(self, client):
        self.client, self.killed = client, None

    def preparing(self, done, logs):
        """Nothing is killed while logs are prepared."""

    def playing(self, cells, of_cells, plays, of_plays):
        assert of_cells == 24
        if plays >= 5 and self.killed is None:
            assert plays < of_plays
            self.killed = next(iter(self.client.run(os.getpid).values()))
            os.kill(self.killed, signal.SIGKILL)


@pytest.mark.filterwarnings("ignore")  # of Dask's own, when a worker is lost
def test_a_dask_worker_is_killed_in_the_middle_of_24_cells(tmp_path):
    distributed = pytest.importorskip("distributed")
    grid = load_grid(changed(method=METHODS, grid=AXES, metrics={"bootstrap": 0}))
    log = frame(600)
    expected = run_grid(grid, log=log, out=tmp_path / "alone")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=tmp_path / "dask"
    )
    with cluster, distributed.Client(cluster) as client, joblib.parallel_config(backend="dask"):
        killer = Killer(client)
        found = run_grid(grid, log=log, out=tmp_path / "out", watcher=killer)
    assert killer.killed
    assert len(found.cells) == 24
    assert all_cells(found) == all_cells(expected)
