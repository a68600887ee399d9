"""What goes wrong on the trainer's side: what is lost, repeated and waiting, and nothing else, makes the difference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learners_for_tests import PlainLogistic
from logs import WINDOW, delivered, feeds, logs, make_log

from learners.base import MAIN
from scenarios import Scenario, ScenarioError
from simulator.clock import Clock
from simulator.engine import replay
from simulator.methods import METHODS, Timing
from simulator.operator import Operator
from simulator.pipeline import Fault, Pipeline
from simulator.trainer import Trainer

TIMING = Timing(WINDOW, 1_500)
GIVEN = {"hazard": {"ages": "50us,100us,350us"}, "es_dfm": {"window": 100}, "two_stage": {}, "oracle": {}, "fnw": {}}
EVERY = 100  # us
DELIVERIES = ("exactly_once", "at_least_once", "at_most_once")
methods = pytest.mark.parametrize("name", GIVEN)
moments, lengths = st.integers(0, 4_000), st.integers(0, 900)


def operated(log, name, pipeline=None, feed=None, lag=0):
    """Return the operator of a finished run."""
    method = METHODS[name](TIMING, **GIVEN[name])
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    trainer = Trainer(log, delivered(log, feed), method, PlainLogistic(), 3, prediction, shown)
    clock = Clock.of(log, EVERY, lag, 3)
    operator = Operator(trainer, clock, pipeline)
    replay(trainer, clock, lambda _: None, operator)
    return operator


def fresh(log, name="oracle"):
    """Return a trainer that has learned nothing."""
    prediction, shown = np.zeros(log.n_clicks, np.float32), np.zeros(log.n_clicks, np.bool_)
    return Trainer(log, delivered(log), METHODS[name](TIMING), PlainLogistic(), 3, prediction, shown)


def crash(start, lasts, delivery):
    return Fault("crash", start, start + lasts, delivery)


@st.composite
def pipelines(draw):
    """One or two faults apart, checkpoints now and then, and perhaps a capacity."""
    faults, at = [], draw(st.integers(0, 1_000))
    for _ in range(draw(st.integers(1, 2))):
        kind, lasts = draw(st.sampled_from(["crash", "poison", "unpublished"])), draw(st.integers(1, 700))
        rollback = at + lasts + draw(st.integers(0, 300)) if kind == "poison" and draw(st.booleans()) else None
        faults.append(Fault(kind, at, at + lasts, draw(st.sampled_from(DELIVERIES)), rollback))
        at = (rollback or at + lasts) + draw(st.integers(1, 800))
    capacity = draw(st.none() | st.integers(1, 12))
    return Pipeline(capacity, draw(st.sampled_from([150, 400, 1_000, 10_000])), tuple(faults))


@methods
@settings(max_examples=12)
@given(log=logs(), feed=feeds, start=moments, delivery=st.sampled_from(DELIVERIES), lag=st.sampled_from([0, 90]))
def test_a_restart_between_two_publishes(name, log, feed, start, delivery, lag):
    """Exactly once is as if nothing had happened; the others differ by what they count."""
    steady = operated(log, name, None, feed, lag)
    hit = operated(log, name, Pipeline(None, 400, (crash(start, 0, delivery),)), feed, lag)
    learned, told = hit.trainer.tally.examples, hit.accidents
    assert learned == steady.trainer.tally.examples + told.repeated - told.lost
    if delivery == "exactly_once" or not (told.lost or told.repeated):
        np.testing.assert_array_equal(hit.trainer.prediction, steady.trainer.prediction)
        np.testing.assert_array_equal(hit.trainer.shown_positive, steady.trainer.shown_positive)
        assert hit.trainer.tally == steady.trainer.tally
    if delivery != "at_most_once":
        assert not told.lost
    if delivery != "at_least_once":
        assert not told.repeated


@methods
@settings(max_examples=12)
@given(log=logs(), feed=feeds, pipeline=pipelines())
def test_examples_are_accounted_for(name, log, feed, pipeline):
    came_due = operated(log, name, None, feed).trainer.tally.examples
    hit = operated(log, name, pipeline, feed)
    told = hit.accidents
    assert hit.trainer.tally.examples + told.lost + told.waiting - told.repeated == came_due
    assert hit.trainer.tally.served == log.n_clicks
    assert np.isfinite(hit.trainer.prediction).all()


@methods
@settings(max_examples=10)
@given(log=logs(), start=moments, lasts=lengths)
def test_after_a_crash_that_loses_nothing_all_is_as_if_there_had_been_none(name, log, start, lasts):
    steady = operated(log, name)
    hit = operated(log, name, Pipeline(None, 400, (crash(start, lasts, "exactly_once"),)))
    first = log.click_time[0] // EVERY * EVERY
    back = first + -(-(start + lasts - first) // EVERY) * EVERY  # the drain at which it is up again
    before = first + -(-(start - first) // EVERY) * EVERY  # the first that it misses
    same = (log.click_time < before) | (log.click_time >= max(back, first + EVERY))
    np.testing.assert_array_equal(hit.trainer.prediction[same], steady.trainer.prediction[same])


def test_while_the_trainer_is_down_the_last_model_serves():
    log = make_log(range(0, 1_000, 20), [(row, 20 * row + 10) for row in range(0, 50, 2)], slots=np.zeros((50, 1)))
    served = operated(log, "fnw", Pipeline(None, 200, (crash(300, 400, "exactly_once"),))).trainer.prediction
    assert len(set(served[15:35].tolist())) < len(set(operated(log, "fnw").trainer.prediction[15:35].tolist()))
    assert len(set(served[15:35].tolist())) == 1


@methods
@settings(max_examples=10)
@given(log=logs(), start=moments, lasts=st.integers(1, 900))
def test_an_unpublished_model_changes_what_is_served_and_nothing_that_is_learned(name, log, start, lasts):
    steady = operated(log, name)
    hit = operated(log, name, Pipeline(faults=(Fault("unpublished", start, start + lasts),)))
    assert hit.trainer.tally == steady.trainer.tally
    x = log.slots.take(np.arange(log.n_clicks))
    for part, other in zip(hit.trainer.parts, steady.trainer.parts, strict=True):
        own = part.own(x)
        np.testing.assert_array_equal(part.learner.predict(own), other.learner.predict(own))
    outside = (log.click_time < start) | (log.click_time >= start + lasts + EVERY)
    np.testing.assert_array_equal(hit.trainer.prediction[outside], steady.trainer.prediction[outside])


def test_poison_is_learned_and_a_rollback_takes_it_back():
    log = make_log(range(0, 2_000, 10), [(row, 10 * row + 5) for row in range(0, 200, 4)], slots=np.zeros((200, 1)))
    steady = operated(log, "oracle").trainer.prediction
    bad = Fault("poison", 800, 1_000)
    poisoned = operated(log, "oracle", Pipeline(None, 300, (bad,)))
    assert poisoned.accidents.poisoned == 20
    assert poisoned.trainer.prediction[105] > steady[105] + 0.1
    mended = operated(log, "oracle", Pipeline(None, 300, (Fault("poison", 800, 1_000, rollback=1_200),)))
    assert mended.accidents.lost == 20
    clean = fresh(log)
    for start in range(0, 2_000, EVERY):
        clean.serve(start, start + EVERY)
        if not 800 <= start < 1_000:
            clean.learn(start, start + EVERY)
    np.testing.assert_array_equal(mended.trainer.prediction[130:], clean.prediction[130:])


@given(log=logs(), capacity=st.integers(1, 40))
def test_what_is_over_capacity_waits_and_comes_in_order(log, capacity):
    steady = operated(log, "oracle")
    tight = operated(log, "oracle", Pipeline(capacity))
    assert tight.accidents.waiting == steady.trainer.tally.examples - tight.trainer.tally.examples
    due = tight.trainer.shown(tight.trainer.models[MAIN], tight.clock.start, tight.clock.end)
    twin = fresh(log)
    learned = tight.trainer.tally.examples
    twin.learn(tight.clock.start, int(due.due[learned]) if learned < len(due.due) else tight.clock.end)
    state, other = (one.models[MAIN].learner.state()["weights"] for one in (tight.trainer, twin))
    np.testing.assert_array_equal(state, other)


BARE = {"name": "t", "log": {"kind": "synthetic", "days": 10}, "method": [{"name": "fnw"}]}


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        (
            {"fault": [{"kind": "poison", "at": "1d", "lasts": "1h", "delivery": "exactly_once"}]},
            "pipeline.fault[0].delivery: expected no delivery, which only kind = \"crash\" has, got 'exactly_once'",
        ),
        (
            {"fault": [{"kind": "crash", "at": "1d", "rollback_after": "1h"}]},
            "pipeline.fault[0].rollback_after: expected no rollback_after, which only kind = \"poison\" has, got '1h'",
        ),
        (
            {"fault": [{"kind": "poison", "at": "1d"}]},
            "pipeline.fault[0].lasts: expected a duration above 0s, got '0s'",
        ),
        (
            {"fault": [{"kind": "crash", "at": "2d", "lasts": "1d"}, {"kind": "crash", "at": "60h"}]},
            "pipeline.fault[1].at: expected a time after pipeline.fault[0] is over, 3d, got '60h'",
        ),
        (
            {"fault": [{"kind": "crash", "at": "20d"}]},
            "pipeline.fault[0].at: expected less than the 10 days of the log, got '20d'",
        ),
        (
            {"fault": [{"kind": "crush", "at": "2d"}]},
            "no kind of pipeline fault is called 'crush'; did you mean",
        ),
        ({"capacity": 0}, "pipeline.capacity: expected"),
    ],
)
def test_what_is_wrong_with_a_pipeline_is_told(pipeline, message):
    with pytest.raises(ScenarioError) as caught:
        Scenario.load({**BARE, "pipeline": pipeline})
    assert message in str(caught.value)


def test_event_by_event_knows_no_faults():
    with pytest.raises(ScenarioError, match=r"clock\.publish_every: expected a duration above 0s, as the pipeline has"):
        Scenario.load({**BARE, "clock": {"publish_every": "0s"}, "pipeline": {"capacity": 5}})
