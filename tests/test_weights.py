"""Weights are honest: finite or a clear error; what they cost and how many were cut off is told."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import feeds, logs
from targets import CONVERSION, VALUE
from test_engine import BUILT, trained

from learners.base import MAIN, Clipping, Parts, Shown
from learners.corrections import ByHazard, Defer, Dual, FakeNegativeWeight, FeedbackShift, Plain, TelescopedDelay
from learners.corrections.auxiliary import DELAYED, LATE, REAL_NEGATIVE
from simulator.cli import FAILED, main
from simulator.clock import Clock
from simulator.methods import METHODS, Timing
from simulator.report.summary import _weighing
from simulator.terminal_figures import weights as weights_table
from simulator.trainer import Tally, Trainer
from simulator.weights import NotFiniteError, Weights, weighed

TIMING = Timing(1_000, 1_500)
numbers = st.floats(-1e6, 1e6, width=32)


def built(name):
    return METHODS[name](TIMING, **BUILT.get(name, {}))


@pytest.mark.parametrize("name", CONVERSION)
@settings(max_examples=6)
@given(log=logs(), feed=feeds, every=st.sampled_from([50, 400]))
def test_what_is_told_is_what_the_learners_were_shown(name, log, feed, every):
    shown = {}
    step = Trainer.step

    def spied(trainer, part, examples, x, seen):
        learn = part.learner.learn

        def spy(x, positive, negative, *arm):
            shown.setdefault(part.name, []).extend(zip(positive.tolist(), negative.tolist(), strict=True))
            learn(x, positive, negative, *arm)

        part.learner.learn = spy
        try:
            step(trainer, part, examples, x, seen)
        finally:
            del part.learner.learn

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Trainer, "step", spied)
        tally = trained(log, feed, built(name), Clock.of(log, every)).tally
    assert set(tally.weights) == set(shown)
    for model, rows in shown.items():
        found, by_hand = tally.weights[model], [abs(a) + abs(b) for a, b in rows]
        squared = sum(weight * weight for weight in by_hand)
        assert (found.examples, found.total, found.squared) == (len(rows), sum(by_hand), squared)
        share = sum(by_hand) ** 2 / (len(rows) * squared) if squared else 1
        assert found.effective_share == pytest.approx(share, rel=1e-12)
        assert found.clipped <= found.examples


@pytest.mark.parametrize("name", VALUE)
@settings(max_examples=6)
@given(log=logs())
def test_money_is_no_weight(name, log):
    assert trained(log, None, built(name), Clock.of(log, 400)).tally.weights == {}


def test_a_method_that_weighs_nothing_says_so():
    even = Weights()
    even.add_ones(7)
    assert (even.effective_share, even.clipped_share) == (1.0, 0.0)
    assert weighed({MAIN: even}) == {"effective_share": 1.0, "clipped_share": 0.0}
    assert weighed({}) is None


@given(st.lists(st.tuples(numbers, numbers), max_size=30), st.integers(0, 30), st.integers(0, 5))
def test_cuts_and_checkpoints_change_no_bit(rows, cut, ones):
    parts = np.array(rows, np.float32).reshape(-1, 2)
    whole, pieces, added = Weights(), Weights(), Weights()
    whole.add(Parts(parts[:, 0], parts[:, 1]))
    for piece in (parts[:cut], parts[cut:]):
        pieces.add(Parts(piece[:, 0], piece[:, 1]))
        tally = Tally.of(json.loads(json.dumps(asdict(Tally(weights={MAIN: pieces})))))
        pieces = tally.weights[MAIN]
    assert whole == pieces
    whole.add_ones(ones)
    pieces.add(Parts(np.ones(ones, np.float32), np.zeros(ones, np.float32)))
    assert whole == pieces
    added.add_ones(ones)
    assert added.examples == ones


@given(st.lists(numbers, min_size=1, max_size=10), st.integers(0, 9), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_weight_that_is_not_finite_is_found_and_nothing_is_entered(parts, at, wrong):
    at = min(at, len(parts) - 1)
    good = np.array(parts, np.float32)
    bad = good.copy()
    bad[at] = wrong
    for pair in ((good, bad), (bad, good)):
        weights = Weights(3, 3.0, 3.0, 1)
        with pytest.raises(NotFiniteError) as error:
            weights.add(Parts(*pair))
        assert error.value.args == (at,)
        assert weights == Weights(3, 3.0, 3.0, 1)


def seen(n, **told):
    return {name: np.full(n, value, np.float32) for name, value in told.items()}


def test_a_bound_is_told_where_it_binds():
    label, kind = np.array([True, True, False, False]), np.array([0, 1, 0, 2], np.int8)
    shown = Shown(label, kind, np.zeros(4, np.int64))
    late = {LATE: np.array([0.5, 0.96, 0.96, 0.96], np.float32), REAL_NEGATIVE: np.full(4, 0.9, np.float32)}
    loose, tight = FeedbackShift(clip=1e6), FeedbackShift(clip=20.0)
    moved = np.count_nonzero(loose.parts(shown, late).positive != tight.parts(shown, late).positive)
    assert tight.clipped(shown, tight.parts(shown, late)) == moved == 1
    assert loose.clipped(shown, loose.parts(shown, late)) == 0
    for delayed, cut in ((0.3, 2), (0.1, 0)):
        told = {MAIN: np.full(4, 0.2, np.float32), DELAYED: np.full(4, delayed, np.float32)}
        assert Defer().clipped(shown, Defer().parts(shown, told)) == cut
        told[REAL_NEGATIVE] = np.full(4, 0.9, np.float32)
        assert Dual().clipped(shown, Dual().parts(shown, told)) == cut / 2
    steep = Parts(np.array([-10, 3, 10], np.float32), np.array([10, -3, -10], np.float32))
    assert TelescopedDelay().clipped(shown, steep) == 2


def test_a_hazard_in_the_place_of_heads_leaves_the_bound_in_place():
    parts = Parts(np.array([5.0, 2.0], np.float32), np.zeros(2, np.float32))
    shown = Shown(np.ones(2, np.bool_), np.zeros(2, np.int8), np.zeros(2, np.int64))
    assert ByHazard(FeedbackShift(clip=5.0), 1).clipped(shown, parts) == 1
    assert ByHazard(FakeNegativeWeight(), 1).clipped(shown, parts) == 0
    assert not isinstance(Plain(), Clipping)


def test_the_run_fails_and_names_the_method_whose_weights_are_not_finite(monkeypatch, tmp_path, capsys):
    def parts(correction, shown, seen):
        return Parts(shown.label / seen[MAIN] * np.float32(np.nan), np.zeros(len(shown.label), np.float32))

    monkeypatch.setattr(FakeNegativeWeight, "parts", parts)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LATELABEL_CACHE", str(tmp_path / "cache"))
    asked = ["--set", "log.clicks=3000", "--set", "metrics.bootstrap=0", "--out", "out", "--quiet"]
    methods = 'method=[{name="oracle"}, {name="fnw", label="weighed"}]'
    assert main(["run", "quickstart", *asked, "--set", methods]) == FAILED
    told = capsys.readouterr().err
    assert "WeightError: weighed: expected finite weights, and FakeNegativeWeight gives an example" in told
    assert "main said 0.5" in told
    assert not (tmp_path / "out").exists()


EVEN = {"effective_share": 1.0, "clipped_share": 0.0}
CUT = {"effective_share": 0.72, "clipped_share": 0.0123, "heads": {"rate": {**EVEN, "clipped_share": 0.2}}}


def test_uneven_weights_and_cuts_are_told_in_the_report_and_even_ones_are_not():
    assert _weighing({"weights": EVEN, "examples": 10}) is None
    assert _weighing({"weights": None, "examples": 10}) is None
    assert _weighing({"weights": {"effective_share": 0.97}, "examples": 10}) is not None  # an earlier run's
    assert _weighing({"weights": CUT, "examples": 1_000}).replace("\u00a0", " ") == (
        "1,000 examples, as telling as 72 % of them weighted evenly. 1.2 % of the weights were cut off. "
        "20 % of the weights of its model rate were cut off."
    )


def test_the_terminal_tells_them_too():
    assert weights_table({"a": {"weights": EVEN}, "b": {}, "c": {"weights": None}}).row_count == 0
    columns = weights_table({"a": {"weights": EVEN}, "b": {"weights": CUT}}).columns
    rows = list(zip(*([str(cell).replace("\u00a0", " ") for cell in column.cells] for column in columns), strict=True))
    assert rows == [("b", "72 %", "1.2 %"), ("b: rate", "100 %", "20 %")]
