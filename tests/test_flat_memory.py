"""Peak memory depends on the drain and the weights, not on the length of the log; a method that hoards is caught."""

import gc
import tracemalloc
from dataclasses import replace

import pytest
from frames import changed

from replay.policies import NegativeFirst
from simulator import build, load
from simulator.play import perform
from simulator.preparation import prepare_log
from simulator.stage import set_stage
from simulator.watcher import Unwatched

PER_DAY = 4_000
MOST = 60  # bytes that a further click may cost: the metrics hold 4, the few columns of what came of it the rest


class Hoarder(NegativeFirst):
    """A policy that keeps what it has shown in a queue, as many trainers do."""

    def due(self, view, start, end):
        examples = super().due(view, start, end)
        QUEUE.extend({"row": row, "due": due} for row, due in zip(examples.row, examples.due, strict=True))
        return examples


QUEUE = []


def peak(folder, days, method):
    """Return the most bytes that playing a prepared log of some days takes at a time; mapped files do not count."""
    world = {"kind": "synthetic", "clicks": PER_DAY * days, "days": days, "conversion_rate": 0.2}
    scenario = load({**changed(), "log": world, "method": [{"name": method if method != "hoarder" else "fnw"}]})
    learner, methods = build.learner(scenario), build.methods(scenario)
    log = prepare_log(scenario, None, learner, Unwatched())
    if method == "hoarder":
        methods = {"fnw": replace(methods["fnw"], policy=Hoarder())}
    place = folder / f"{method}{days}"
    place.mkdir()
    gc.collect()
    QUEUE.clear()
    tracemalloc.start()
    try:
        perform(set_stage(scenario, log, learner, place, Unwatched()), methods, 1)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def cost_of_a_click(folder, method):
    peak(folder, 5, method)  # whatever is made once
    short, long = peak(folder, 6, method), peak(folder, 30, method)
    return (long - short) / (24 * PER_DAY)


@pytest.mark.parametrize("method", ["fnw", "es_dfm", "waiting_window"])
def test_a_longer_log_takes_hardly_more(tmp_path, method):
    assert cost_of_a_click(tmp_path, method) < MOST


def test_a_queue_of_all_clicks_would_be_seen(tmp_path):
    assert cost_of_a_click(tmp_path, "hoarder") > 2 * MOST
    QUEUE.clear()
